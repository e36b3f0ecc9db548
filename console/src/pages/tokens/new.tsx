import { useState } from "preact/hooks";
import { ApiError, api } from "../../api";
import type { Token } from "../../session";
import { AccountInput } from "../../ui/account-input";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Problem } from "../../ui/problem";
import { Text } from "../../ui/text";
import type { ApiToken } from "./token";

const DAY = 24 * 60 * 60;
const LIVES: [string, number | null][] = [
  ["1 day", DAY],
  ["30 days", 30 * DAY],
  ["90 days", 90 * DAY],
  ["1 year", 365 * DAY],
  ["No end", null],
];

interface Props {
  /** The token that makes it. */
  mine: Token;
  made: (token: ApiToken & { token: string }) => void;
  close: () => void;
}

/** Makes a token. */
export function NewToken({ mine, made, close }: Props) {
  const [name, setName] = useState("");
  const [life, setLife] = useState(2);
  const [readOnly, setReadOnly] = useState(false);
  const [some, setSome] = useState(false);
  const [accounts, setAccounts] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const isAbout = (member: string) => error instanceof ApiError && error.message.startsWith(`\`${member}\``);
  const missing = some && accounts.length === 0;
  const make = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (missing) {
      setError(new Error("Add the accounts that the token is to reach."));
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const body = { name, read_only: readOnly, expires_in: LIVES[life]?.[1] ?? null, integrated_account_ids: some ? accounts : null };
      made(await api<ApiToken & { token: string }>("POST", "/api-token", { body }));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title="New token" close={close}>
      <form class="stack" onSubmit={make}>
        <Field label="Name" hint="What it is for, to know it again in the list." problem={isAbout("name") ? "This is not accepted." : null}>
          {(field) => <input {...field} value={name} required maxLength={100} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)} />}
        </Field>
        <Field label="Ends after" hint={mine.expires_at === null ? undefined : "No token outlives the one that makes it: yours ends too."}>
          {(field) => (
            <select {...field} value={String(life)} onChange={(event) => setLife(Number(event.currentTarget.value))}>
              {LIVES.map(([label], at) => (
                <option key={label} value={String(at)}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <fieldset>
          <legend>It may</legend>
          <label>
            <input type="radio" name="may" checked={!readOnly} onChange={() => setReadOnly(false)} /> read and change
          </label>
          <label>
            <input type="radio" name="may" checked={readOnly} onChange={() => setReadOnly(true)} /> read only
          </label>
        </fieldset>
        <fieldset>
          <legend>It reaches</legend>
          <label>
            <input type="radio" name="reach" checked={!some} onChange={() => setSome(false)} /> the whole environment
          </label>
          <label>
            <input type="radio" name="reach" checked={some} onChange={() => setSome(true)} /> some accounts
          </label>
          {some && <Chosen accounts={accounts} change={setAccounts} wrong={isAbout("integrated_account_ids")} />}
        </fieldset>
        <Problem error={error} />
        <div class="acts end">
          <button type="button" onClick={close} disabled={busy}>
            Cancel
          </button>
          <button class="send" aria-busy={busy}>
            Make it
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Chosen({ accounts, change, wrong }: { accounts: string[]; change: (accounts: string[]) => void; wrong: boolean }) {
  const [next, setNext] = useState("");
  const add = (id: string) => {
    if (id.trim() !== "" && !accounts.includes(id.trim())) change([...accounts, id.trim()]);
    setNext("");
  };
  return (
    <div class="chosen">
      <Field label="Account" problem={wrong ? "One of them is not known here." : null}>
        {(field) => <AccountInput field={field} value={next} change={setNext} pick={add} />}
      </Field>
      <button type="button" onClick={() => add(next)}>
        Add
      </button>
      {accounts.length > 0 && (
        <ul class="picked" aria-label="Accounts that it reaches">
          {accounts.map((id) => (
            <li key={id}>
              <Text most={40}>{id}</Text>
              <button type="button" aria-label={`Leave out ${id}`} onClick={() => change(accounts.filter((other) => other !== id))}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
