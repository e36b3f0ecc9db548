import { useLayoutEffect, useRef } from "preact/hooks";
import { Field } from "../../ui/field";
import { OPERATORS, condition, fields, isMeant, parameter, type Asked, type Condition, type Meta, type Parameter } from "./asked";

interface Props {
  meta: Meta;
  label: string;
  asked: Asked;
  change: (next: Asked) => void;
  /** The parameters that the server's error names, and what it says. */
  named: string[];
  problem: string | null;
}

/** Filters, sort and limit, made from the model as this account gives it. */
export function AskForm({ meta, label, asked, change, named, problem }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const fresh = useRef<number | null>(null);
  const known = fields(meta);
  const sorts = meta.query_schema.properties.sort_by;
  const wrong = (name: string) => problem !== null && isMeant(named, name);
  const add = (name: string, told: Parameter) => {
    const preferred = told.operators?.includes("contains") ? "contains" : (told.operators?.[0] ?? "eq");
    const added = condition(name, preferred, told.type === "boolean" ? "true" : "");
    // Its value is what is typed next.
    fresh.current = added.key;
    change({ ...asked, conditions: [...asked.conditions, added] });
  };
  const edit = (key: number, part: Partial<Condition>) => change({ ...asked, conditions: asked.conditions.map((one) => (one.key === key ? { ...one, ...part } : one)) });
  const drop = (key: number) => {
    change({ ...asked, conditions: asked.conditions.filter((one) => one.key !== key) });
    box.current?.querySelector<HTMLElement>(".chip")?.focus();
  };
  return (
    <>
      <div class="ask" ref={box}>
        <fieldset class="conditions">
          <legend>Filters</legend>
          {asked.conditions.map((one) => (
            <Line key={one.key} one={one} isFresh={one.key === fresh.current} told={known.find(([name]) => name === one.field)?.[1]} isWrong={wrong(parameter(one))} edit={(part) => edit(one.key, part)} drop={() => drop(one.key)} />
          ))}
          <ul class="chips" aria-label="Add a filter">
            {known.map(([name, told]) => (
              <li key={name}>
                <button type="button" class="chip" title={told.description} onClick={() => add(name, told)} aria-label={`Filter by ${name}${told.filtered_by === "vendor" ? `, which ${label} filters` : ""}`}>
                  + {name}
                  {told.filtered_by === "vendor" && <span class="dot" />}
                </button>
              </li>
            ))}
          </ul>
          {known.some(([, told]) => told.filtered_by === "vendor") ? (
            <p class="note">
              <span class="dot" /> {label} filters by these itself; all else is filtered here.
            </p>
          ) : (
            <p class="note">{label} filters by none of these itself; all is filtered here.</p>
          )}
        </fieldset>
      </div>
      <div class="order">
        <Field label="Sort by" problem={wrong("sort_by") || (asked.sort !== "" && wrong(`sort_by[${asked.sort}]`)) ? "See the message below." : null}>
          {(field) => (
            <select {...field} value={asked.sort} onChange={(event) => change({ ...asked, sort: event.currentTarget.value })}>
              <option value="">nothing</option>
              {sorts?.enum?.map((name) => (
                <option key={name} value={name}>
                  {name}
                  {sorts.sorted_by_vendor?.includes(name) === true ? ` (by ${label})` : ""}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Direction">
          {(field) => (
            <select {...field} value={asked.direction} disabled={asked.sort === ""} onChange={(event) => change({ ...asked, direction: event.currentTarget.value })}>
              <option value="asc">ascending</option>
              <option value="desc">descending</option>
            </select>
          )}
        </Field>
        <Field label="Limit" problem={wrong("limit") ? "See the message below." : null}>
          {(field) => <input {...field} inputMode="numeric" value={asked.limit} autocomplete="off" onInput={(event) => change({ ...asked, limit: event.currentTarget.value })} />}
        </Field>
        <Field label="Further parameters" problem={isFurther(asked, named) && problem !== null ? "See the message below." : null}>
          {(field) => (
            <input {...field} value={asked.further} placeholder="as remote_query[expand]=teams" autocomplete="off" spellcheck={false} onInput={(event) => change({ ...asked, further: event.currentTarget.value })} />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" checked={asked.ignoresRemoteData} onChange={(event) => change({ ...asked, ignoresRemoteData: event.currentTarget.checked })} />
          <span>
            Leave out <code>remote_data</code>
          </span>
        </label>
      </div>
    </>
  );
}

const isFurther = (asked: Asked, named: string[]) => [...new URLSearchParams(asked.further).keys()].some((name) => isMeant(named, name));

function Line({ one, told, isFresh, isWrong, edit, drop }: { one: Condition; told: Parameter | undefined; isFresh: boolean; isWrong: boolean; edit: (part: Partial<Condition>) => void; drop: () => void }) {
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isFresh) line.current?.querySelector<HTMLElement>("[data-value]")?.focus();
  }, []);
  const operators = told?.operators ?? [];
  const isTruth = told?.type === "boolean";
  const value = {
    "data-value": "",
    "aria-label": `Value of ${one.field}`,
    "aria-invalid": isWrong ? true : undefined,
    "aria-describedby": isWrong ? "playground-problem" : undefined,
    value: one.value,
  };
  const example = one.operator === "in" ? "a, b, c" : told?.format === "date-time" ? "2024-05-06 or 2024-05-06T07:08:09Z" : typeof told?.example === "string" ? told.example : "";
  return (
    <div class="condition" ref={line} data-parameter={parameter(one)}>
      <code>{one.field}</code>
      {operators.length > 1 ? (
        <select aria-label={`How ${one.field} is compared`} value={one.operator} onChange={(event) => edit({ operator: event.currentTarget.value })}>
          {operators.map((name) => (
            <option key={name} value={name}>
              {OPERATORS[name] ?? name}
            </option>
          ))}
        </select>
      ) : (
        <span class="dim">is</span>
      )}
      {isTruth ? (
        <select {...value} onChange={(event) => edit({ value: event.currentTarget.value })}>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      ) : (
        <input {...value} placeholder={example} autocomplete="off" spellcheck={false} dir="auto" onInput={(event) => edit({ value: event.currentTarget.value })} />
      )}
      <button type="button" class="drop" aria-label={`Leave out the filter on ${one.field}`} onClick={drop}>
        ×
      </button>
    </div>
  );
}
