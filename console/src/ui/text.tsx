import type { JSX } from "preact";

/** So many letters of a text stand on one line of a list; the rest is reached by opening the record. */
const SHOWN = 300;

/** Cuts between letters as people see them, never inside of one. */
export function cut(text: string, most = SHOWN): string {
  if (text.length <= most) return text;
  let end = most;
  const code = text.charCodeAt(end);
  if (code >= 0xdc00 && code <= 0xdfff) end -= 1;
  // Marks that belong to the letter before them go with it.
  while (end > 0 && end > most - 20 && /^[\p{M}\u200d\ufe0f]/u.test(text.slice(end, end + 2))) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** What somebody else wrote: always text, in its own direction, cut where it is long. */
export function Text({ children, most }: { children: string; most?: number }): JSX.Element {
  return <bdi class="text">{cut(children, most)}</bdi>;
}
