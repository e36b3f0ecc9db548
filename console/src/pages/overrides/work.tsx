import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../../api";
import { refusal, type Token as ApiToken } from "../../session";
import type { Account } from "../../ui/account";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Field } from "../../ui/field";
import { useLoad } from "../../ui/load";
import { Problem } from "../../ui/problem";
import { announce } from "../../ui/said";
import { Editor } from "./editor";
import { NoJson, readJson, type Read } from "./json";
import { markOf, problemsOf, type Mark } from "./problems";
import { Shown, type Mapping } from "./shown";
import { keep, nameOf, preview, saidNow, type Layer, type Method, type Preview, type Said, type Stored } from "./stored";

const EMPTY = '{\n  "response_mapping": {\n  }\n}';
/** Typing asks once it rests. */
const REST = 400;
/** What was written and not saved, by what it is for: another layer or page may be looked at meanwhile. */
const drafts = new Map<string, string>();

interface Props {
  token: ApiToken;
  account: Account;
  /** The account's CRM, as people call it. */
  crm: string;
  layer: Layer;
  method: Method;
  stored: Stored | undefined;
  /** What is kept has changed. */
  kept: () => void;
}

interface Trial {
  shown: Preview | null;
  error: unknown;
  busy: boolean;
  /** The text that `shown` or `error` is of. */
  of: string;
}

/** Writes one layer's override of one call, with a record of the account beside it. */
export function Work({ token, account, crm, layer, method, stored, kept }: Props) {
  const now = saidNow(layer, method, account, stored);
  const begun = now === null ? EMPTY : JSON.stringify(now, null, 2);
  const mine = `${token.id} ${account.id} ${layer} ${method}`;
  const [text, setText] = useState(drafts.get(mine) ?? begun);
  const [trial, setTrial] = useState<Trial>({ shown: null, error: null, busy: true, of: "" });
  const [record, setRecord] = useState<string | null>(null);
  const [wanted, setWanted] = useState("");
  const [round, again] = useState(0);
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [asking, ask] = useState(false);
  const isChanged = text !== begun;
  useEffect(() => {
    if (isChanged) drafts.set(mine, text);
    else drafts.delete(mine);
  }, [text]);
  // Leaving the console would lose it.
  useEffect(() => {
    if (!isChanged) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, [isChanged]);

  const read = useMemo((): Read | NoJson => {
    try {
      return readJson(text);
    } catch (problem) {
      if (problem instanceof NoJson) return problem;
      throw problem;
    }
  }, [text]);
  const isJson = !(read instanceof NoJson);

  useEffect(() => {
    if (!isJson) return;
    const abort = new AbortController();
    setTrial((last) => ({ ...last, busy: true }));
    const timer = setTimeout(
      () => {
        const of = record !== null ? { record } : wanted.trim() !== "" ? { id: wanted.trim() } : null;
        preview(layer, method, account, (read as Read).value, of, abort.signal).then(
          (shown) => {
            if (abort.signal.aborted) return;
            setRecord(shown.record);
            setTrial({ shown, error: null, busy: false, of: text });
          },
          (error: unknown) => abort.signal.aborted || setTrial((last) => ({ ...last, error, busy: false, of: text })),
        );
      },
      trial.shown === null ? 0 : REST,
    );
    return () => (clearTimeout(timer), abort.abort());
  }, [text, round]);

  const meta = useLoad(`${account.id} ${method} ${account.updated_at} ${stored?.updated_at ?? ""}`, (signal) =>
    api<{ mapping: Mapping }>("GET", `/unified/crm/users/meta/${method}`, { query: [["integrated_account_id", account.id]], signal }),
  );

  const told = problemsOf(trial.of === text ? trial.error : null) ?? problemsOf(failure);
  const marks: Mark[] = read instanceof NoJson ? [{ message: read.message, spot: { start: read.at, end: read.at + 1 } }] : (told ?? []).map((problem) => markOf(problem, nameOf(layer, method), read));
  const fetchAnew = (event: Event) => {
    event.preventDefault();
    setRecord(null);
    again((last) => last + 1);
  };
  const change = (next: string) => {
    setText(next);
    setFailure(null);
  };
  const save = async () => {
    if (!isJson) return;
    setSaving(true);
    setFailure(null);
    try {
      await keep(layer, method, account, stored, (read as Read).value);
      announce("The overrides are saved");
      drafts.delete(mine);
      kept();
    } catch (problem) {
      setFailure(problem);
    }
    setSaving(false);
  };
  const take = (field: string) => {
    const expression = meta.data?.mapping[field]?.expression;
    if (!isJson || expression === undefined) return;
    const said = (read as Read).value as Said;
    const fields = typeof said.response_mapping === "object" && said.response_mapping !== null ? (said.response_mapping as Said) : {};
    change(JSON.stringify({ ...said, response_mapping: { ...fields, [field]: fields[field] ?? expression } }, null, 2));
    announce(`${field} stands in the text now`);
  };

  const refused = refusal(token, layer === "environment" ? "environment" : "accounts", true);
  const whose = layer === "environment" ? `all ${crm} accounts` : "this account";
  return (
    <div class="work">
      <section aria-label="Overrides">
        <Editor label={`Overrides of ${method} for ${whose}`} text={text} tokens={read.tokens} marks={marks} change={change} />
        {told === null && <Problem error={failure} />}
        <div class="acts">
          <Button kind="send" refused={refused ?? (isJson ? null : "This is no JSON yet.")} busy={saving} onClick={save}>
            Save for {whose}
          </Button>
          {isChanged && (
            <button type="button" onClick={() => change(begun)}>
              Undo the changes
            </button>
          )}
          {now !== null && refused === null && (
            <button type="button" onClick={() => ask(true)}>
              Remove
            </button>
          )}
          {isChanged && <span class="tag">not saved</span>}
        </div>
        <details class="further">
          <summary>What can be written</summary>
          <ul>
            <li>
              <code>response_mapping</code>: JSONata by field, over one record of the CRM's. A field that the model does not have is added; <code>{'{"value", "kind", "read"}'}</code> says of what kind it is.
            </li>
            <li>
              <code>query_mapping</code>: by filter, how the CRM is asked for it; <code>false</code>, so that it is not.
            </li>
            <li>
              <code>query</code>, <code>headers</code>, <code>body</code>: what is added to each request to the CRM.
            </li>
            <li>
              <code>null</code> takes an earlier layer's word back. The account's word wins over the environment's, and that over the connector's.
            </li>
          </ul>
        </details>
      </section>
      <section aria-label="Preview">
        <form class="preview-head" onSubmit={fetchAnew}>
          <h2>On a real record</h2>
          <Field label="Record by its id">
            {(field) => <input {...field} value={wanted} placeholder="The first of the list" autocomplete="off" spellcheck={false} onInput={(event) => setWanted(event.currentTarget.value)} />}
          </Field>
          <button aria-busy={trial.busy && record === null}>Ask the CRM</button>
        </form>
        {problemsOf(trial.error) === null && <Problem error={trial.error} />}
        {trial.shown === null ? trial.error === null && <p class="dim">Asking the CRM for a record…</p> : <Shown preview={trial.shown} mapping={meta.data?.mapping ?? {}} stale={trial.busy || trial.of !== text} take={isJson ? take : null} />}
      </section>
      {asking && (
        <Confirm
          title="Remove these overrides?"
          does="Remove"
          close={() => ask(false)}
          act={async () => {
            await keep(layer, method, account, stored, null);
            announce("The overrides are removed");
            drafts.delete(mine);
            kept();
          }}
        >
          <p>
            What they say of <code>{method}</code> for {whose} counts no more; fields that they added are gone from its answers.
          </p>
        </Confirm>
      )}
    </div>
  );
}
