import "./playground/playground.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, address, api, type Listed, type Pairs } from "../api";
import type { Page, PageProps } from "../page";
import { AskForm } from "./playground/form";
import { pairs, read, type Asked, type Meta } from "./playground/asked";
import { Grid } from "./playground/grid";
import { Json } from "./playground/json";
import { Picture } from "./playground/picture";
import { useWalk, type Walked } from "./playground/walk";
import { here, note, to } from "../router";
import { refusal, type Token } from "../session";
import type { Account } from "../ui/account";
import { Button } from "../ui/button";
import { connectors, labelOf } from "../ui/connectors";
import { Copy } from "../ui/copy";
import { Field } from "../ui/field";
import { useLoad } from "../ui/load";
import { Problem } from "../ui/problem";
import { announce } from "../ui/said";

export const playground: Page = { path: "playground", title: "Playground", inSide: true, needs: "any", View: Playground };

const DEFAULT = "crm/users";
/** So many records are kept in the page at most. */
const MOST = 50_000;

function Playground({ query, token }: PageProps) {
  const id = token.integrated_account_id ?? query.get("integrated_account_id") ?? "";
  const resource = query.get("resource") ?? DEFAULT;
  const accounts = useLoad(token.id, (signal) => reached(token, signal));
  const known = useLoad("", connectors);
  const current = accounts.data?.result.find((account) => account.id === id);
  const label = current === undefined ? "the CRM" : labelOf(known.data, current.integration);
  const choose = (account: string) => note(to("playground", { integrated_account_id: account, ...(resource === DEFAULT ? {} : { resource }) }));
  // The first account that lives is as good as any.
  useEffect(() => {
    const first = accounts.data?.result.find(({ status }) => status === "active") ?? accounts.data?.result[0];
    // The place may have changed since this was drawn.
    const place = here();
    if (id === "" && first !== undefined && place.path === "playground" && !place.query.has("integrated_account_id")) choose(first.id);
  }, [accounts.data]);

  if (accounts.error !== null) return <Frame>{<Problem error={accounts.error} retry={accounts.reload} />}</Frame>;
  if (accounts.data !== null && accounts.data.result.length === 0 && id === "") {
    return (
      <Frame>
        <div class="empty">
          <p>There is no account to ask yet.</p>
          <a href={to("connect")}>Connect the first one</a>
        </div>
      </Frame>
    );
  }
  return (
    <Frame>
      <div class="target">
        {token.integrated_account_id === null && (
          <Field label="Account">
            {(field) => (
              <select {...field} value={id} onChange={(event) => choose(event.currentTarget.value)}>
                {current === undefined && <option value={id}>{id === "" ? "…" : id}</option>}
                {accounts.data?.result.map((account) => (
                  <option key={account.id} value={account.id}>
                    {`${labelOf(known.data, account.integration)} · ${account.tenant_id.slice(0, 60)}${account.status === "active" ? "" : ` (${account.status})`}`}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        {accounts.data?.next_cursor != null && (
          <Field label="Another account's id">
            {(field) => <input {...field} autocomplete="off" spellcheck={false} onChange={(event) => choose(event.currentTarget.value.trim())} />}
          </Field>
        )}
        {current !== undefined && (
          <Resource
            token={token}
            account={current}
            resource={resource}
            choose={(name) => note(to("playground", { integrated_account_id: id, ...(name === DEFAULT ? {} : { resource: name }) }))}
          />
        )}
      </div>
      {id !== "" && <Call key={`${id} ${resource}`} account={id} resource={resource} label={label} query={query} token={token} />}
    </Frame>
  );
}

function Frame({ children }: { children: preact.ComponentChildren }) {
  return (
    <>
      <div class="head">
        <h1>Playground</h1>
        <p class="lead">Ask an account's CRM, see the records, and how the answer came about.</p>
      </div>
      {children}
    </>
  );
}

async function reached(token: Token, signal: AbortSignal): Promise<Listed<Account>> {
  if (token.integrated_account_id === null) return api("GET", "/integrated-account", { query: [["limit", "1000"]], signal });
  const own = await api<Account>("GET", "/integrated-account/me", { signal });
  return { result: [own], next_cursor: null, result_count: 1, is_partial_response: false };
}

interface Capability {
  resource: string;
  methods: string[];
}

/** Which unified resource is asked, of those that the account has. */
function Resource({ token, account, resource, choose }: { token: Token; account: Account; resource: string; choose: (name: string) => void }) {
  // An account's own token may ask for its connector's.
  const path = token.integrated_account_id === null ? `/integrated-account/${encodeURIComponent(account.id)}/capabilities` : `/integration/${encodeURIComponent(account.integration)}/capabilities`;
  const loaded = useLoad(path, (signal) => api<{ capabilities: Capability[] }>("GET", path, { query: [["type", "unified"], ["methods", "list"]], signal }));
  const names = loaded.data?.capabilities.map((one) => one.resource) ?? [];
  const all = names.includes(resource) ? names : [resource, ...names];
  return (
    <Field label="Resource">
      {(field) => (
        <select {...field} value={resource} onChange={(event) => choose(event.currentTarget.value)}>
          {all.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Call({ account, resource, label, query, token }: { account: string; resource: string; label: string; query: URLSearchParams; token: Token }) {
  const path = `/unified/${resource}`;
  const meta = useLoad(`${account} ${resource}`, (signal) => api<Meta>("GET", `${path}/meta/list`, { query: [["integrated_account_id", account]], signal }));
  const [asked, setAsked] = useState<Asked | null>(null);
  const [ran, setRan] = useState<Pairs>([]);
  const [most, setMost] = useState("1000");
  const walk = useWalk();
  const problem = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (meta.data !== null) setAsked(read(query, meta.data));
  }, [meta.data]);
  useEffect(() => {
    if (walk.state.error === null) return;
    const wrong = document.querySelector<HTMLElement>('.call [aria-invalid="true"]');
    (wrong ?? problem.current)?.focus();
  }, [walk.state.error]);

  if (asked === null || meta.data === null) return meta.error === null ? <p class="dim">Loading…</p> : <Problem error={meta.error} retry={meta.reload} />;
  const { state } = walk;
  const named = state.error instanceof ApiError && !state.error.isRemote ? state.error.parameters : [];
  const base: Pairs = [["integrated_account_id", account]];
  const shown = [...base, ...pairs(asked), ["limit", asked.limit.trim()] as [string, string]];
  const until = Math.min(MOST, Math.max(1, Number.parseInt(most.replace(/\D/g, ""), 10) || 1000));
  const tell = (done: Walked | undefined) => done !== undefined && done.error === null && announce(`${done.rows.length} records${done.next === null ? ", the whole list" : ""}`);
  const run = async (all: boolean) => {
    const now = pairs(asked);
    setRan(now);
    // The address keeps what is asked: a reload, a sign-in or a friend comes back to it.
    note(to("playground", [...base, ...(resource === DEFAULT ? [] : [["resource", resource] as [string, string]]), ...now, ["limit", asked.limit.trim()]]));
    tell(await walk.begin(path, [...base, ...now], asked.limit.trim(), all ? until : null));
  };
  const goOn = async (all: boolean) => tell(await walk.goOn(path, [...base, ...ran], asked.limit.trim(), all ? until : null));
  return (
    <>
      <form
        class="panel call"
        onSubmit={(event) => {
          event.preventDefault();
          void run(false);
        }}
      >
        <AskForm meta={meta.data} label={label} asked={asked} change={setAsked} named={named} problem={state.error === null ? null : String(state.error)} />
        <div class="acts">
          <Button type="submit" kind="send" busy={state.running && state.answers.length === 0}>
            Run
          </Button>
          <Button onClick={() => void run(true)} busy={state.running}>
            Run to the end
          </Button>
          <label class="up-to">
            up to <input inputMode="numeric" value={most} aria-label="Records to load at most" onInput={(event) => setMost(event.currentTarget.value)} /> records
          </label>
          {state.running && (
            <button type="button" onClick={walk.stop}>
              Stop
            </button>
          )}
        </div>
        <div class="curl">
          <pre tabIndex={0} aria-label="The request as a curl line">
            <code>{curl(path, shown)}</code>
          </pre>
          <Copy text={curl(path, shown)} what="the curl line" />
        </div>
      </form>
      <div id="playground-problem" ref={problem} tabIndex={-1}>
        <Problem error={state.error} />
      </div>
      {state.isBegun && state.answers.length > 0 && <Results state={state} meta={meta.data} label={label} until={until} goOn={goOn} token={token} />}
    </>
  );
}

function curl(path: string, query: Pairs): string {
  return `curl -sg -H "Authorization: Bearer $CROSSWALK_TOKEN" \\\n  '${address(path, query)}'`;
}

function Results({ state, meta, label, until, goOn, token }: { state: Walked; meta: Meta; label: string; until: number; goOn: (all: boolean) => void; token: Token }) {
  const [selected, setSelected] = useState(0);
  const [view, setView] = useState<"record" | "answer">("record");
  const [turned, setTurned] = useState<number | null>(null);
  const first = state.answers[0];
  // Another walk begins at its own beginning.
  useEffect(() => {
    setSelected(0);
    setTurned(null);
  }, [first]);
  const last = state.answers.length - 1;
  const page = turned === null || turned > last ? last : turned;
  const answer = state.answers[page];
  const columns = Object.entries(meta.schema.properties).filter(([name]) => name !== "remote_data" && state.rows.some((row) => name in row));
  // Who it is comes first.
  columns.sort(([one], [other]) => Number(other === "name") - Number(one === "name"));
  const took = state.answers.reduce((sum, one) => sum + one.milliseconds, 0);
  const text = state.answers[last]?.text ?? "";
  return (
    <>
      <div class="summary">
        <p>
          <b>{state.rows.length.toLocaleString("en")}</b> {state.rows.length === 1 ? "record" : "records"} in {took.toLocaleString("en")} ms, {state.answers.length}{" "}
          {state.answers.length === 1 ? "page" : "pages"}
          {state.next === null && !state.running ? ": the whole list" : ""}
          {state.answers[last]?.isPartial === true ? "; the last page was cut short near the deadline" : ""}
        </p>
        {state.next !== null && !state.running && (
          <>
            <button type="button" onClick={() => goOn(false)}>
              Next page
            </button>
            {state.rows.length < until && (
              <button type="button" onClick={() => goOn(true)}>
                All up to {until.toLocaleString("en")}
              </button>
            )}
          </>
        )}
        {state.running && <span class="dim">Reading on…</span>}
      </div>
      {state.rows.length === 0 ? (
        <div class="empty">No record fits what was asked.</div>
      ) : (
        <div class="results">
          <Grid rows={state.rows} columns={columns} selected={selected} select={setSelected} busy={state.running} />
          <div class="beside">
            <div class="beside-head">
              <div class="switch" role="group" aria-label="What is shown as JSON">
                <button type="button" aria-pressed={view === "record"} onClick={() => setView("record")}>
                  Record {selected + 1}
                </button>
                <button type="button" aria-pressed={view === "answer"} onClick={() => setView("answer")}>
                  Last answer
                </button>
              </div>
              {view === "answer" && <Copy text={text} what="the answer" />}
            </div>
            <pre tabIndex={0} aria-label={view === "record" ? "The record as JSON" : "The last answer as it came"}>
              {view === "record" ? <Json value={state.rows[selected] ?? null} /> : <code>{text.length > 60_000 ? `${text.slice(0, 60_000)}…` : text}</code>}
            </pre>
          </div>
        </div>
      )}
      {answer?.explain != null && <Picture explain={answer.explain} label={label} page={page} pages={state.answers.length} turn={setTurned} logged={refusal(token, "environment") === null ? answer.requestId : null} />}
    </>
  );
}
