import "../ui/parts.css";
import { useState } from "preact/hooks";
import { api, type Listed, type Pairs } from "../api";
import type { Page, PageProps } from "../page";
import { note, to } from "../router";
import { refusal, session } from "../session";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Field } from "../ui/field";
import { useLoad } from "../ui/load";
import { Once } from "../ui/once";
import { Problem } from "../ui/problem";
import { announce } from "../ui/said";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { NewToken } from "./tokens/new";
import type { ApiToken } from "./tokens/token";

export const tokens: Page = { path: "tokens", title: "Tokens", inSide: true, needs: "environment", View: Tokens };

const PAGE = "50";
const KINDS: [string, string][] = [
  ["environment", "Of the environment"],
  ["account", "Accounts' own"],
  ["", "All"],
];
const STATES: { [state: string]: { label: string; kind: string } } = {
  active: { label: "Active", kind: "good" },
  over: { label: "Over", kind: "" },
  revoked: { label: "Revoked", kind: "" },
};

function Tokens({ query, token }: PageProps) {
  // Accounts' own are many and short-lived, so they are shown where they are asked for.
  const kind = query.get("type") ?? "environment";
  const state = query.get("state") ?? "";
  const cursor = query.get("next_cursor") ?? "";
  const asked: Pairs = [
    ["type", kind === "all" ? "" : kind],
    ["state", state],
    ["next_cursor", cursor],
  ];
  const given = asked.filter(([, value]) => value !== "");
  const page = useLoad(JSON.stringify(given), (signal) => api<Listed<ApiToken>>("GET", "/api-token", { query: [...given, ["limit", PAGE]], signal }));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<(ApiToken & { token: string }) | null>(null);
  const [ending, setEnding] = useState<ApiToken | null>(null);
  const place = (kind: string, state: string): Pairs => [
    ["type", kind === "environment" ? "" : kind],
    ["state", state],
  ];
  const refused = refusal(token, "environment", true);
  return (
    <>
      <div class="head with-act">
        <div>
          <h1>Tokens</h1>
          <p class="lead">Who may call this server, and what for.</p>
        </div>
        <Button kind="send" refused={refused} onClick={() => (setMaking(true), setMade(null))}>
          New token
        </Button>
      </div>
      {made !== null && (
        <Once secret={made.token} what="API token" done={() => setMade(null)}>
          <p>
            <b>
              <Text>{made.name}</Text>
            </b>{" "}
            counts from now on{made.expires_at === null ? ", without end" : ""}.
          </p>
        </Once>
      )}
      {making && (
        <NewToken
          mine={token}
          close={() => setMaking(false)}
          made={(token) => {
            setMaking(false);
            setMade(token);
            page.reload();
            announce("The token is made. It is shown this once.");
          }}
        />
      )}
      <form class="filters" role="search" aria-label="Tokens" onSubmit={(event) => event.preventDefault()}>
        <Field label="Kind">
          {(field) => (
            <select {...field} value={kind} onChange={(event) => note(to("tokens", place(event.currentTarget.value, state)))}>
              {KINDS.map(([name, label]) => (
                <option key={name} value={name === "" ? "all" : name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="State">
          {(field) => (
            <select {...field} value={state} onChange={(event) => note(to("tokens", place(kind, event.currentTarget.value)))}>
              <option value="">All</option>
              {Object.entries(STATES).map(([name, { label }]) => (
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
          <p>No token fits these filters.</p>
          <a href={to("tokens", { type: "all" })}>Show all</a>
        </div>
      ) : (
        <List tokens={page.data?.result ?? null} busy={page.loading} refused={refused} end={setEnding} />
      )}
      <nav class="paging" aria-label="Pages of tokens">
        {cursor !== "" && <a href={to("tokens", place(kind, state))}>First page</a>}
        {page.data?.next_cursor != null && <a href={to("tokens", [...place(kind, state), ["next_cursor", page.data.next_cursor]])}>Next page</a>}
      </nav>
      {ending !== null && <Revoke token={ending} close={() => setEnding(null)} done={page.reload} />}
    </>
  );
}

function List({ tokens, busy, refused, end }: { tokens: ApiToken[] | null; busy: boolean; refused: string | null; end: (token: ApiToken) => void }) {
  return (
    <Table label="List of tokens" columns={["Name", "May", "State", "Last used", "Ends", "Made", <span class="unseen">What can be done</span>]} busy={busy} waiting={tokens === null}>
      {tokens?.map((token) => {
        const known = STATES[token.state] ?? { label: token.state, kind: "wait" };
        return (
          <tr key={token.id}>
            <th scope="row">
              {token.name === "" ? <span class="dim">no name</span> : <Text most={120}>{token.name}</Text>} {token.is_current && <span class="tag">yours</span>}
              <div class="said">
                <code>{token.hint}…</code> · <a href={to("log", { token_id: token.id })}>its calls</a>
              </div>
            </th>
            <td>
              {token.read_only ? "Read" : "Read and change"}
              <div class="said">
                <Reach token={token} />
              </div>
            </td>
            <td>
              <span class={`state ${known.kind}`}>{known.label}</span>
            </td>
            <td>
              <Time at={token.last_used_at} />
            </td>
            <td>
              <Time at={token.expires_at} />
            </td>
            <td>
              <Time at={token.created_at} />
            </td>
            <td class="act">
              {token.state === "active" && (
                <Button refused={refused} onClick={() => end(token)}>
                  Revoke<span class="unseen"> {token.name || token.hint}</span>
                </Button>
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

function Reach({ token }: { token: ApiToken }) {
  const { integrated_account_id: own, integrated_account_ids: some } = token;
  if (own !== null) return <a href={to(`accounts/${encodeURIComponent(own)}`)}>one account's calls</a>;
  if (some === null) return <>the whole environment</>;
  if (some.length === 1 && some[0] !== undefined) return <a href={to(`accounts/${encodeURIComponent(some[0])}`)}>one account</a>;
  return <span title={some.slice(0, 20).join("\n")}>{some.length} accounts</span>;
}

function Revoke({ token, close, done }: { token: ApiToken; close: () => void; done: () => void }) {
  const act = async () => {
    const gone = await api<ApiToken>("DELETE", `/api-token/${encodeURIComponent(token.id)}`);
    if (gone.is_current) {
      session.end("You revoked the token that you were signed in with.");
      return;
    }
    announce("The token is revoked");
    done();
  };
  return (
    <Confirm title="Revoke this token?" does="Revoke" act={act} close={close}>
      <p>
        <b>{token.name === "" ? <code>{token.hint}…</code> : <Text>{token.name}</Text>}</b> ends at once, and for good: whoever uses it is refused.
      </p>
      {token.is_current && (
        <p class="notice">
          It is the token that <b>you are signed in with</b>. You will need another one to come back.
        </p>
      )}
    </Confirm>
  );
}
