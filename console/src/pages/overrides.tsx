import "../ui/parts.css";
import "./overrides/overrides.css";
import { useState } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Page, PageProps } from "../page";
import { note, to } from "../router";
import { refusal } from "../session";
import type { Account } from "../ui/account";
import { AccountInput } from "../ui/account-input";
import { connectors, labelOf } from "../ui/connectors";
import { Field } from "../ui/field";
import { useLoad } from "../ui/load";
import { Problem } from "../ui/problem";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { PATH, storedFor, type Layer, type Method, type Stored } from "./overrides/stored";
import { Work } from "./overrides/work";

export const overrides: Page = { path: "overrides", title: "Overrides", inSide: true, needs: "accounts", View: Overrides };

function Overrides({ query, token }: PageProps) {
  const mayAll = refusal(token, "environment");
  const layer: Layer = query.get("layer") === "environment" && mayAll === null ? "environment" : "account";
  const method: Method = query.get("method") === "get" ? "get" : "list";
  const id = query.get("account") ?? "";
  const integration = query.get("integration") ?? "";
  const [round, again] = useState(0);
  const known = useLoad("", connectors);
  const stored = useLoad(`${round}`, async (signal) => (mayAll === null ? (await api<Listed<Stored>>("GET", PATH, { signal })).result : []));
  // Overrides of an environment are tried on any account of their CRM.
  const account = useLoad(`${id} ${integration} ${round}`, async (signal): Promise<Account | null> => {
    if (id !== "") return api<Account>("GET", `/integrated-account/${encodeURIComponent(id)}`, { signal });
    if (integration === "") return null;
    const page = await api<Listed<Account>>("GET", "/integrated-account", { query: [["integration", integration], ["limit", "1"]], signal });
    return page.result[0] ?? null;
  });
  const shown = account.data;
  const change = (values: { [name: string]: string }) => note(to("overrides", { account: shown?.id ?? id, layer: layer === "account" ? "" : layer, method: method === "list" ? "" : method, ...values }));
  const crm = shown === null ? "" : labelOf(known.data, shown.integration);
  const loaded = stored.data !== null && shown !== null;
  return (
    <>
      <div class="head">
        <h1>Overrides</h1>
        <p class="lead">What you change of a connector's mapping, tried on a real record before it is kept.</p>
      </div>
      <form class="filters" aria-label="What to override" onSubmit={(event) => event.preventDefault()}>
        <Field label="Account" hint={shown === null ? undefined : `${shown.tenant_id.slice(0, 60)} · ${crm}`}>
          {(field) => <Chosen key={shown?.id ?? id} field={field} given={shown?.id ?? id} take={(account) => change({ account })} />}
        </Field>
        <Field label="For" hint={mayAll ?? undefined}>
          {(field) => (
            <select {...field} value={layer} onChange={(event) => change({ layer: event.currentTarget.value === "account" ? "" : event.currentTarget.value })}>
              <option value="account">This account</option>
              {mayAll === null && <option value="environment">{crm === "" ? "All accounts of the CRM" : `All ${crm} accounts`}</option>}
            </select>
          )}
        </Field>
        <Field label="Call">
          {(field) => (
            <select {...field} value={method} onChange={(event) => change({ method: event.currentTarget.value === "list" ? "" : event.currentTarget.value })}>
              <option value="list">list and get</option>
              <option value="get">get alone</option>
            </select>
          )}
        </Field>
      </form>
      <Problem error={account.error ?? stored.error} retry={() => (account.reload(), stored.reload())} />
      {loaded ? (
        <Work
          // What was written belongs to one layer of one call.
          key={`${shown.id} ${layer} ${method} ${shown.updated_at} ${storedFor(stored.data ?? [], shown.integration, method)?.updated_at ?? ""}`}
          token={token}
          account={shown}
          crm={crm}
          layer={layer}
          method={method}
          stored={storedFor(stored.data ?? [], shown.integration, method)}
          kept={() => again((last) => last + 1)}
        />
      ) : (
        id === "" &&
        !account.loading && (
          <>
            {integration !== "" && <p class="notice">There is no account of {labelOf(known.data, integration)} to try overrides on. Connect one first.</p>}
            {mayAll === null && <Known stored={stored.data} label={(name) => labelOf(known.data, name)} />}
          </>
        )
      )}
    </>
  );
}

function Chosen({ field, given, take }: { field: Parameters<Parameters<typeof Field>[0]["children"]>[0]; given: string; take: (id: string) => void }) {
  const [text, setText] = useState(given);
  return <AccountInput field={field} value={text} change={setText} pick={(id) => id !== given && take(id)} />;
}

/** What the environment overrides now. */
function Known({ stored, label }: { stored: Stored[] | null; label: (name: string) => string }) {
  if (stored === null) return null;
  if (stored.length === 0) {
    return (
      <div class="empty">
        <p>The environment overrides nothing. Choose an account to begin.</p>
      </div>
    );
  }
  return (
    <>
      <h2 class="part">Of the environment</h2>
      <Table label="Overrides of the environment" columns={["CRM", "Call", "Says something of", "Changed"]}>
        {stored.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              <a href={to("overrides", { integration: one.integration, layer: "environment", method: one.method === "get" ? "get" : "" })}>{label(one.integration)}</a>
            </th>
            <td>
              <code>
                {one.unified_model}/{one.resource} {one.method}
              </code>
            </td>
            <td>
              <Text most={120}>{Object.keys(one.override).join(", ")}</Text>
            </td>
            <td>
              <Time at={one.updated_at} />
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}
