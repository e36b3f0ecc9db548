import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { pretty } from "./json";
import type { Preview, Said } from "./stored";

/** How each field comes about now, by `GET /unified/crm/users/meta`. */
export interface Mapping {
  [field: string]: { expression: string; from: string };
}

interface Props {
  preview: Preview;
  mapping: Mapping;
  /** Whether what is shown is of an earlier text. */
  stale: boolean;
  /** Takes a field's expression into the text, to be changed there. */
  take: ((field: string) => void) | null;
}

const FROM: { [layer: string]: string } = { connector: "the connector", environment: "the environment", account: "the account" };

/** A record before and after. */
export function Shown({ preview, mapping, stale, take }: Props) {
  const fields = [...new Set([...Object.keys(preview.after), ...Object.keys(preview.before ?? {})])];
  return (
    <>
      {preview.before === null && <p class="notice">What is saved now does not fit this version any more: calls of this account are refused until it is changed.</p>}
      <Table label="The record before and after" columns={["Field", "Now", "With them"]} busy={stale} kind="compare">
        {fields.map((field) => {
          const how = change(preview.before, preview.after, field);
          const known = mapping[field];
          return (
            <tr key={field} class={how === null ? "" : "differs"}>
              <th scope="row">
                <div class="named">
                  <code>{field}</code>
                  {how !== null && <span class="tag">{how}</span>}
                  {take !== null && known !== undefined && (
                    <button type="button" class="small" onClick={() => take(field)}>
                      Change<span class="unseen"> {field}</span>
                    </button>
                  )}
                </div>
                {known !== undefined && (
                  <div class="said">
                    <code title={`Said by ${FROM[known.from] ?? known.from}`}>
                      <Text most={70}>{known.expression}</Text>
                    </code>
                  </div>
                )}
              </th>
              <td>
                <Value of={preview.before} field={field} />
              </td>
              <td>
                <Value of={preview.after} field={field} />
              </td>
            </tr>
          );
        })}
      </Table>
      {Object.keys(preview.request).length > 0 && (
        <section>
          <h3>Added to each request to the CRM</h3>
          <pre class="source" tabIndex={0}>
            {JSON.stringify(preview.request, null, 2)}
          </pre>
        </section>
      )}
      <section>
        <h3>The CRM's record</h3>
        <pre class="source" tabIndex={0}>
          {pretty(preview.record).slice(0, 50_000)}
        </pre>
      </section>
    </>
  );
}

function change(before: Said | null, after: Said, field: string): string | null {
  if (before === null) return null;
  if (!(field in before)) return "added";
  if (!(field in after)) return "gone";
  return JSON.stringify(before[field]) === JSON.stringify(after[field]) ? null : "changed";
}

function Value({ of, field }: { of: Said | null; field: string }) {
  if (of === null || !(field in of)) return <span class="dim">–</span>;
  const value = of[field];
  if (value === null) return <span class="dim">null</span>;
  return <Text most={400}>{typeof value === "string" ? value : JSON.stringify(value)}</Text>;
}
