import type { ComponentChildren } from "preact";

interface Props {
  /** What is listed, for those who hear it. */
  label: string;
  columns: ComponentChildren[];
  /** Whether it is being asked for, and whether nothing has come yet. */
  busy?: boolean;
  waiting?: boolean;
  /** So many of its last columns are left out where there is little room; so are the cells of class `further`. */
  further?: number;
  /** Whether it is scrolled within a height of its own. */
  tall?: boolean;
  /** Further classes of the table. */
  kind?: string;
  /** The rows. */
  children: ComponentChildren;
}

/** A list; what is too wide for the page is moved inside of it. */
export function Table({ label, columns, busy = false, waiting = false, further = 0, tall = false, kind = "", children }: Props) {
  return (
    <div class={tall ? "scroll tall" : "scroll"} tabIndex={0} role="region" aria-label={label} aria-busy={busy}>
      <table class={`list ${kind}`}>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col" class={at < columns.length - further ? undefined : "further"}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {waiting && (
            <tr>
              <td colSpan={columns.length} class="dim">
                Loading…
              </td>
            </tr>
          )}
          {children}
        </tbody>
      </table>
    </div>
  );
}
