import type { ComponentChildren } from "preact";

interface Props {
  /** What is listed, for those who hear it. */
  label: string;
  columns: ComponentChildren[];
  /** Whether it is being asked for, and whether nothing has come yet. */
  busy?: boolean;
  waiting?: boolean;
  /** Further classes of the table. */
  kind?: string;
  /** The rows. */
  children: ComponentChildren;
}

/** A list; what is too wide for the page is moved inside of it. */
export function Table({ label, columns, busy = false, waiting = false, kind = "", children }: Props) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label} aria-busy={busy}>
      <table class={`list ${kind}`}>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col">
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
