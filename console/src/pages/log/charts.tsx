import { useMemo, useState } from "preact/hooks";
import { count, took } from "../../ui/numbers";
import { Table } from "../../ui/table";
import { MEASURES, NO_ACCOUNT, type Measure, type Summary } from "./call";
import { Chart, type Line } from "./chart";

/** So many lines are drawn at first, those of the most calls. */
const AT_FIRST = 5;
/** So many are listed at first. */
const LISTED = 8;
/** So many colours there are; lines beyond them are told apart by their dashes. */
const COLOURS = 8;

/** What the figures of calls are headed. */
const MEASURED = ["Calls", "4xx", "5xx", "Median", <abbr title="95 of a hundred took no longer">p95</abbr>];

interface Props {
  summary: Summary;
  label: (integration: string | null) => string;
  busy: boolean;
  /** Asks for a shorter time. */
  zoom: (since: string, until: string) => void;
  choose: (integration: string) => void;
}

/** How calls fared: three charts over time, and the same in figures. */
export function Charts({ summary, label, busy, zoom, choose }: Props) {
  const ranked = useMemo(() => [...summary.result].sort((a, b) => Number(a.integration === null) - Number(b.integration === null) || b.calls - a.calls), [summary]);
  const names = ranked.map((one) => one.integration ?? NO_ACCOUNT);
  // What was switched by hand; the others are shown by their rank.
  const [switched, switchOver] = useState<{ [name: string]: boolean }>({});
  const [isLong, setLong] = useState(false);
  const isShown = (name: string) => switched[name] ?? (name !== NO_ACCOUNT && names.indexOf(name) < AT_FIRST);
  const times = useMemo(() => {
    const [since, until, step] = [Date.parse(summary.since), Date.parse(summary.until), summary.interval_seconds * 1000];
    return Array.from({ length: Math.round((until - since) / step) }, (_, at) => (since + at * step) / 1000);
  }, [summary]);
  if (ranked.length === 0) return null;
  const linesOf = (measure: Measure): Line[] =>
    ranked.flatMap((one, at) => {
      const name = names[at] ?? "";
      if (!isShown(name)) return [];
      const byTime = new Map(one.intervals.map((interval) => [Date.parse(interval.at) / 1000, measure.of(interval)]));
      // No call is no time taken, which is a gap and not a zero.
      const none = measure.unit === "" ? 0 : null;
      return [{ name: label(one.integration), colour: at % COLOURS, dashed: at >= COLOURS, values: times.map((time) => byTime.get(time) ?? none) }];
    });
  return (
    <section class="charts-part" aria-label="How calls fared" aria-busy={busy}>
      <div class="charts">
        {MEASURES.map((measure) => (
          <Chart
            key={measure.name}
            title={measure.title}
            unit={measure.unit}
            times={times}
            step={summary.interval_seconds}
            lines={linesOf(measure)}
            zoom={(from, until) => zoom(new Date(from * 1000).toISOString(), new Date(until * 1000).toISOString())}
          />
        ))}
      </div>
      <Table label="Calls by CRM" columns={["CRM", ...MEASURED, "Longest", "CRM requests"]} kind="tally">
        {ranked.slice(0, isLong ? ranked.length : LISTED).map((one, at) => {
          const name = names[at] ?? "";
          return (
            <tr key={name}>
              <th scope="row">
                <label class="line">
                  <input type="checkbox" checked={isShown(name)} onChange={(event) => switchOver({ ...switched, [name]: event.currentTarget.checked })} />
                  <span class={`swatch c${at % COLOURS}`} data-dashed={at >= COLOURS} />
                  <span class="unseen">Draw </span>
                  {label(one.integration)}
                </label>
                {one.integration !== null && ranked.length > 1 && (
                  <button type="button" class="small" onClick={() => choose(one.integration ?? "")}>
                    Only<span class="unseen"> {label(one.integration)}</span>
                  </button>
                )}
              </th>
              <td class="amount">{count(one.calls)}</td>
              <td class={`amount ${one.client_errors > 0 ? "some" : "dim"}`}>{count(one.client_errors)}</td>
              <td class={`amount ${one.server_errors > 0 ? "many" : "dim"}`}>{count(one.server_errors)}</td>
              <td class="amount">{took(one.milliseconds.median)}</td>
              <td class="amount">{took(one.milliseconds.p95)}</td>
              <td class="amount">{took(one.milliseconds.max)}</td>
              <td class="amount">{count(one.vendor_requests)}</td>
            </tr>
          );
        })}
      </Table>
      {ranked.length > LISTED && (
        <button type="button" class="small more" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
          {isLong ? `The first ${LISTED} alone` : `All ${ranked.length}`}
        </button>
      )}
      <OverTime summary={summary} label={label} />
    </section>
  );
}

const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** What the charts show, as a table. */
function OverTime({ summary, label }: { summary: Summary; label: Props["label"] }) {
  const [isOpen, setOpen] = useState(false);
  const rows = isOpen ? summary.result.flatMap((one) => one.intervals.map((interval) => ({ one, interval }))).sort((a, b) => b.interval.at.localeCompare(a.interval.at)) : [];
  return (
    <details class="further" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The charts as a table</summary>
      {isOpen && (
        <Table label="Calls over time" columns={["From", "CRM", ...MEASURED]} tall kind="tally">
          {rows.map(({ one, interval }) => (
            <tr key={`${one.integration} ${interval.at}`}>
              <th scope="row">{moment.format(Date.parse(interval.at))}</th>
              <td>{label(one.integration)}</td>
              <td class="amount">{count(interval.calls)}</td>
              <td class="amount">{count(interval.client_errors)}</td>
              <td class="amount">{count(interval.server_errors)}</td>
              <td class="amount">{took(interval.milliseconds.median)}</td>
              <td class="amount">{took(interval.milliseconds.p95)}</td>
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}
