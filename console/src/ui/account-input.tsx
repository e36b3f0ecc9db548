import { useId } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Account } from "./account";
import { connectors, labelOf } from "./connectors";
import { useLoad } from "./load";

/** So many accounts are offered; others are named by their id. */
const OFFERED = "200";

interface Props {
  field: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined };
  value: string;
  /** What stands there now. */
  change: (value: string) => void;
  /** An account was chosen, or its id was typed to the end. */
  pick: (id: string) => void;
}

/** An account's id, typed or chosen. */
export function AccountInput({ field, value, change, pick }: Props) {
  const id = useId();
  const known = useLoad("", connectors);
  const accounts = useLoad("", (signal) => api<Listed<Account>>("GET", "/integrated-account", { query: [["limit", OFFERED]], signal }));
  const offered = accounts.data?.result ?? [];
  return (
    <>
      <input
        {...field}
        value={value}
        list={id}
        placeholder="Choose one, or paste its id"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          const text = event.currentTarget.value;
          change(text);
          if (offered.some((account) => account.id === text)) pick(text);
        }}
        onChange={(event) => pick(event.currentTarget.value.trim())}
      />
      <datalist id={id}>
        {offered.map((account) => (
          <option key={account.id} value={account.id}>
            {`${account.tenant_id.slice(0, 60)} · ${labelOf(known.data, account.integration)}`}
          </option>
        ))}
      </datalist>
    </>
  );
}
