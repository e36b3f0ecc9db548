import { useEffect, useState } from "preact/hooks";
import { api, type Listed, type Pairs } from "../api";
import type { Page, PageProps } from "../page";
import { note, to } from "../router";
import { refusal } from "../session";
import { STATUSES, Status, type Account } from "../ui/account";
import { connectors, labelOf } from "../ui/connectors";
import { Field } from "../ui/field";
import { useLoad } from "../ui/load";
import { AccountView } from "./account";
import { Problem } from "../ui/problem";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { Time } from "../ui/time";

const PAGE = "50";
const FILTERS = ["tenant_id", "integration", "status"] as const;

export const accounts: Page = { path: "accounts", title: "Accounts", inSide: true, needs: "any", View: AccountsOrOne };

/** An account's own token sees that one. */
function AccountsOrOne(props: PageProps) {
  const own = props.token.integrated_account_id;
  return own === null ? <Accounts {...props} /> : <AccountView id={own} token={props.token} />;
}

function Accounts({ query, token }: PageProps) {
  const given: Pairs = FILTERS.map((name) => [name, query.get(name) ?? ""]);
  const cursor = query.get("next_cursor") ?? "";
  const asked: Pairs = [...given, ["next_cursor", cursor] as [string, string]].filter((pair): pair is [string, string] => pair[1] !== "");
  const known = useLoad("", connectors);
  const page = useLoad(JSON.stringify(asked), (signal) => api<Listed<Account>>("GET", "/integrated-account", { query: [...asked, ["limit", PAGE]], signal }));
  const filter = (name: string, value: string) => note(to("accounts", given.map(([one, old]) => [one, one === name ? value.trim() : old])));
  const value = (name: string) => query.get(name) ?? "";

  // Typing asks once it rests.
  const [tenant, setTenant] = useState(value("tenant_id"));
  useEffect(() => {
    if (tenant.trim() === value("tenant_id")) return;
    const timer = setTimeout(() => filter("tenant_id", tenant), 350);
    return () => clearTimeout(timer);
  }, [tenant]);

  const isFiltered = given.some(([, text]) => text !== "");
  const mayConnect = refusal(token, "environment", true) === null;
  return (
    <>
      <div class="head">
        <h1>Accounts</h1>
        <p class="lead">Your customers' connections to their CRMs, and how they fare.</p>
      </div>
      <form class="filters" role="search" aria-label="Accounts" onSubmit={(event) => event.preventDefault()}>
        <Field label="Tenant">
          {(field) => <input {...field} type="search" value={tenant} placeholder="All" autocomplete="off" spellcheck={false} onInput={(event) => setTenant(event.currentTarget.value)} />}
        </Field>
        <Field label="CRM">
          {(field) => (
            <select {...field} value={value("integration")} onChange={(event) => filter("integration", event.currentTarget.value)}>
              <option value="">All</option>
              {(known.data ?? []).map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Status">
          {(field) => (
            <select {...field} value={value("status")} onChange={(event) => filter("status", event.currentTarget.value)}>
              <option value="">All</option>
              {Object.entries(STATUSES).map(([name, { label }]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </form>
      <Problem error={page.error} retry={page.reload} />
      {page.data !== null && page.data.result.length === 0 ? (
        <div class="empty">
          <p>{isFiltered || cursor !== "" ? "No account fits these filters." : "There is no account yet."}</p>
          {isFiltered || cursor !== "" ? <a href={to("accounts")}>Show all</a> : mayConnect && <a href={to("connect")}>Connect the first one</a>}
        </div>
      ) : (
        <List accounts={page.data?.result ?? null} busy={page.loading} label={(name) => labelOf(known.data, name)} />
      )}
      <nav class="paging" aria-label="Pages of accounts">
        {cursor !== "" && <a href={to("accounts", given)}>First page</a>}
        {page.data?.next_cursor != null && <a href={to("accounts", [...given, ["next_cursor", page.data.next_cursor]])}>Next page</a>}
      </nav>
    </>
  );
}

function List({ accounts, busy, label }: { accounts: Account[] | null; busy: boolean; label: (name: string) => string }) {
  return (
    <Table label="List of accounts" columns={["Tenant", "CRM", "Status", "Last used", "Quota left"]} further={2} busy={busy} waiting={accounts === null}>
      {accounts?.map((account) => (
        <tr key={account.id}>
          <th scope="row">
            <a href={to(`accounts/${encodeURIComponent(account.id)}`)}>
              <Text>{account.tenant_id}</Text>
            </a>
          </th>
          <td>{label(account.integration)}</td>
          <td>
            <Status status={account.status} />
            {account.last_error !== null && (
              <div class="said">
                <Text most={160}>{account.last_error}</Text>
              </div>
            )}
          </td>
          <td class="further">
            <Time at={account.last_used_at} />
          </td>
          <td class="further">{account.quota === null ? <span class="dim">not told</span> : <Text most={40}>{account.quota.remaining}</Text>}</td>
        </tr>
      ))}
    </Table>
  );
}
