import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { compact } from "../../ui/numbers";

export interface Line {
  name: string;
  /** Which of the colours `--c0` to `--c7`. */
  colour: number;
  dashed: boolean;
  values: (number | null)[];
}

interface Props {
  title: string;
  unit: string;
  /** Seconds since the epoch, one for each interval. */
  times: number[];
  /** The length of an interval, in seconds. */
  step: number;
  lines: Line[];
  zoom: (from: number, until: number) => void;
}

const HEIGHT = 170;
/** The charts of a page point at the same time. */
const SYNC = uPlot.sync("log");
const moment = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The time of a tick: the day where it begins, else the hour. */
function tickOf(tick: number, increment: number): string {
  const at = new Date(tick * 1000);
  const isDay = increment >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0);
  return (isDay ? date : clock).format(at);
}

/** A colour as it is now: what a style sheet says of it depends on the theme. */
function colours(of: HTMLElement): (name: string) => string {
  const probe = document.createElement("i");
  of.append(probe);
  const found = new Map<string, string>();
  queueMicrotask(() => probe.remove());
  return (name) => {
    const known = found.get(name);
    if (known !== undefined) return known;
    probe.style.color = `var(${name})`;
    const colour = getComputedStyle(probe).color;
    found.set(name, colour);
    return colour;
  };
}

/** Changes whenever the theme does. */
function useTheme(): number {
  const [round, setRound] = useState(0);
  useEffect(() => {
    const change = () => setRound((last) => last + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    const own = new MutationObserver(change);
    own.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    system.addEventListener("change", change);
    return () => (own.disconnect(), system.removeEventListener("change", change));
  }, []);
  return round;
}

/** A small chart over time. Whoever can't see it finds its figures in the table. */
export function Chart({ title, unit, times, step, lines, zoom }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const theme = useTheme();
  const latest = useRef(zoom);
  latest.current = zoom;
  const key = JSON.stringify([times[0], times.length, step, lines, theme]);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const colour = colours(box);
    const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1, size: 4 }, font: "11px system-ui, sans-serif" };
    const highest = Math.max(0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { sync: { key: SYNC.key }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        scales: { x: { time: true, range: [times[0] ?? 0, Math.max(times.at(-1) ?? 0, (times[0] ?? 0) + step)] }, y: { range: [0, highest === 0 ? 1 : highest * 1.08] } },
        axes: [
          { ...axis, size: 26, space: 56, values: (_, ticks, _axis, _space, increment) => ticks.map((tick) => tickOf(tick, increment)) },
          { ...axis, size: 46, space: 34, incrs: unit === "" ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000] : undefined, values: (_, ticks) => ticks.map((tick) => compact(tick)) } as uPlot.Axis,
        ],
        series: [
          {},
          ...lines.map((line): uPlot.Series => {
            const stroke = colour(`--c${line.colour}`);
            // One interval alone would be a line without length.
            return { label: line.name, stroke, width: 1.75, spanGaps: false, points: { show: unit !== "" || times.length < 40, size: 3, fill: stroke }, ...(line.dashed ? { dash: [5, 4] } : {}) };
          }),
        ],
        hooks: {
          setCursor: [(plot) => setPointed(plot.cursor.idx ?? null)],
          setSelect: [
            (plot) => {
              if (plot.select.width < 8) return;
              const from = plot.posToVal(plot.select.left, "x");
              const until = plot.posToVal(plot.select.left + plot.select.width, "x");
              latest.current(Math.floor(from), Math.ceil(until));
            },
          ],
        },
      },
      [times, ...lines.map((line) => line.values)] as uPlot.AlignedData,
      box,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    return () => (resized.disconnect(), plot.destroy());
  }, [key]);
  const at = pointed === null ? undefined : times[pointed];
  return (
    <figure class="chart">
      <figcaption>
        <b>{title}</b>
        {at !== undefined && <span class="dim">{moment.format(at * 1000)}</span>}
      </figcaption>
      <div class="plot" ref={place} aria-hidden="true" />
      <div class="pointed" aria-hidden="true">
        {at === undefined || pointed === null ? (
          <span class="dim">Point to read, drag to look closer.</span>
        ) : (
          lines.map((line) => {
            const value = line.values[pointed];
            return (
              <span key={line.name}>
                <span class={`swatch c${line.colour}`} data-dashed={line.dashed} /> {line.name} <b>{value === null || value === undefined ? "–" : compact(value) + unit}</b>
              </span>
            );
          })
        )}
      </div>
    </figure>
  );
}
