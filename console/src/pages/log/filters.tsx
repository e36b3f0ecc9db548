import { useEffect, useState } from "preact/hooks";
import { to } from "../../router";
import { AccountInput } from "../../ui/account-input";
import type { Connector } from "../../ui/connectors";
import { Field } from "../../ui/field";
import { FILTERS, SPANS, USUAL, fromLocal, toLocal, type Time } from "./place";

const METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"];
const STATUSES: [string, string][] = [
  ["2xx", "2xx: answered"],
  ["4xx", "4xx: refused, or the client left"],
  ["5xx", "5xx: failed"],
  ["401", "401"],
  ["404", "404"],
  ["429", "429: too many"],
  ["499", "499: the client left"],
  ["502", "502: the CRM failed"],
  ["504", "504: too late"],
];
/** Filters that are seldom set by hand. */
const FURTHER = ["path", "slower_than", "token_id", "request_id"];

interface Props {
  query: URLSearchParams;
  time: Time;
  connectors: Connector[];
  change: (values: { [name: string]: string }) => void;
}

/** What is asked of the log. */
export function Filters({ query, time, connectors, change }: Props) {
  const value = (name: string) => query.get(name) ?? "";
  const isFiltered = FILTERS.some((name) => value(name) !== "") || time.span !== USUAL;
  const statuses = STATUSES.some(([name]) => name === value("status")) || value("status") === "" ? STATUSES : [...STATUSES, [value("status"), value("status")] as [string, string]];
  const takeSpan = (span: string) => {
    if (span !== "own") change({ span: span === USUAL ? "" : span, since: "", until: "" });
    else change({ span: "", since: time.since ?? "", until: new Date().toISOString() });
  };
  return (
    <form class="log-filters" role="search" aria-label="Calls" onSubmit={(event) => event.preventDefault()}>
      <div class="filters">
        <Field label="Time">
          {(field) => (
            <select {...field} value={time.span} onChange={(event) => takeSpan(event.currentTarget.value)}>
              {SPANS.map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
              <option value="own">From … to …</option>
            </select>
          )}
        </Field>
        <Field label="CRM">
          {(field) => (
            <select {...field} value={value("integration")} onChange={(event) => change({ integration: event.currentTarget.value })}>
              <option value="">All</option>
              {connectors.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Method">
          {(field) => (
            <select {...field} value={value("method")} onChange={(event) => change({ method: event.currentTarget.value })}>
              <option value="">All</option>
              {METHODS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Status">
          {(field) => (
            <select {...field} value={value("status")} onChange={(event) => change({ status: event.currentTarget.value })}>
              <option value="">All</option>
              {statuses.map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Account">
          {(field) => <Account key={value("integrated_account_id")} field={field} given={value("integrated_account_id")} take={(id) => change({ integrated_account_id: id })} />}
        </Field>
      </div>
      {time.span === "own" && (
        <div class="filters">
          <Field label="From">
            {(field) => <input {...field} type="datetime-local" value={toLocal(time.since)} onChange={(event) => change({ since: fromLocal(event.currentTarget.value) })} />}
          </Field>
          <Field label="To">
            {(field) => <input {...field} type="datetime-local" value={toLocal(time.until)} onChange={(event) => change({ until: fromLocal(event.currentTarget.value) })} />}
          </Field>
        </div>
      )}
      <details class="further" open={FURTHER.some((name) => value(name) !== "")}>
        <summary>More filters</summary>
        <div class="filters">
          <Typed label="Path begins with" name="path" placeholder="/unified/crm/users" given={value("path")} change={change} />
          <Typed label="Took at least (ms)" name="slower_than" placeholder="1000" given={value("slower_than")} change={change} numeric />
          <Typed label="Token id" name="token_id" placeholder="All" given={value("token_id")} change={change} />
          <Typed label="Request id" name="request_id" placeholder="All" given={value("request_id")} change={change} />
        </div>
      </details>
      {isFiltered && (
        <p class="note">
          <a href={to("log")}>Take all filters away</a>
        </p>
      )}
    </form>
  );
}

interface TypedProps {
  label: string;
  name: string;
  placeholder: string;
  given: string;
  change: (values: { [name: string]: string }) => void;
  numeric?: boolean;
}

/** Typing asks once it rests. */
function Typed({ label, name, placeholder, given, change, numeric = false }: TypedProps) {
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text.trim() === given) return;
    const timer = setTimeout(() => change({ [name]: text.trim() }), 400);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <Field label={label}>
      {(field) => (
        <input {...field} type="search" inputMode={numeric ? "numeric" : "text"} value={text} placeholder={placeholder} autocomplete="off" spellcheck={false} onInput={(event) => setText(event.currentTarget.value)} />
      )}
    </Field>
  );
}

function Account({ field, given, take }: { field: Parameters<Parameters<typeof Field>[0]["children"]>[0]; given: string; take: (id: string) => void }) {
  const [text, setText] = useState(given);
  return <AccountInput field={field} value={text} change={setText} pick={(id) => id !== given && take(id)} />;
}
