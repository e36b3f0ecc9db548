// Where in the log one is: the filters as they stand in the address.
import type { Pairs } from "../../api";

/** The filters that the server takes, as they are. */
export const FILTERS = ["integration", "integrated_account_id", "method", "status", "path", "slower_than", "token_id", "request_id"] as const;

/** Spans of time that end now, in milliseconds. */
export const SPANS: [string, string, number][] = [
  ["1h", "Last hour", 3_600_000],
  ["24h", "Last 24 hours", 86_400_000],
  ["7d", "Last 7 days", 7 * 86_400_000],
  ["30d", "Last 30 days", 30 * 86_400_000],
];
export const USUAL = "24h";

export interface Time {
  /** A name of `SPANS`, or `own`. */
  span: string;
  since: string | null;
  until: string | null;
}

/** The time that is asked for; spans are counted back from `now`. */
export function timeOf(query: URLSearchParams, now: number): Time {
  const [since, until] = [query.get("since"), query.get("until")];
  if (since !== null || until !== null) return { span: "own", since, until };
  const span = SPANS.find(([name]) => name === query.get("span")) ?? SPANS.find(([name]) => name === USUAL);
  return { span: span?.[0] ?? USUAL, since: new Date(now - (span?.[2] ?? 86_400_000)).toISOString(), until: null };
}

/** The filters that are set. */
export function filtersOf(query: URLSearchParams): Pairs {
  return FILTERS.map((name): [string, string] => [name, query.get(name) ?? ""]).filter(([, value]) => value !== "");
}

/** All that decides what is shown but the page, as it stands in the address. */
export function placeOf(query: URLSearchParams): Pairs {
  return ["span", "since", "until", ...FILTERS].map((name): [string, string] => [name, query.get(name) ?? ""]).filter(([, value]) => value !== "");
}

/** The same with other values; an empty one takes it away. The page begins anew. */
export function changed(query: URLSearchParams, values: { [name: string]: string }): Pairs {
  const pairs = placeOf(query).filter(([name]) => !(name in values));
  return [...pairs, ...Object.entries(values)];
}

/** An instant as a field for local times has it, and back. */
export function toLocal(at: string | null): string {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
export function fromLocal(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
