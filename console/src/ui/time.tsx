import { useEffect, useState } from "preact/hooks";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** How long ago, or how long until, in words. */
export function ago(at: number, now = Date.now()): string {
  const seconds = (at - now) / 1000;
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return seconds > 5 ? "in less than a minute" : "just now";
}

/** An instant of the API's, in words; its exact time on hovering. */
export function Time({ at, none = "never" }: { at: string | null; none?: string }) {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((count) => count + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  const millis = at === null ? Number.NaN : Date.parse(at);
  if (at === null || Number.isNaN(millis)) return <span class="dim">{at ?? none}</span>;
  return (
    <time dateTime={at} title={exact.format(millis)}>
      {ago(millis)}
    </time>
  );
}
