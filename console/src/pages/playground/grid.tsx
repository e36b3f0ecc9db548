// The table of records. Only the rows in sight are in the document, however many there are.
import { Virtualizer, elementScroll, observeElementOffset, observeElementRect, type VirtualizerOptions } from "@tanstack/virtual-core";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Text } from "../../ui/text";
import type { Parameter } from "./asked";
import { Avatar, pictureOf } from "./avatar";
import { inline } from "./exact";
import type { Row } from "./walk";

const HEIGHT = 46;
const PAGE = 10;

interface Props {
  rows: Row[];
  columns: [string, Parameter][];
  selected: number;
  select: (index: number) => void;
  busy: boolean;
}

export function Grid({ rows, columns, selected, select, busy }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const virtual = useVirtual(rows.length, scroller);
  const items = virtual.getVirtualItems();
  const widths = columns.map(([name, told]) => width(name, told));
  // Every row has the same columns, whatever stands in it.
  const line = {
    gridTemplateColumns: widths.map(([least, share]) => (share === 0 ? `${least}rem` : `minmax(${least}rem, ${share}fr)`)).join(" "),
    minWidth: `${widths.reduce((sum, [least]) => sum + least, 0)}rem`,
  };
  const isInSight = items.some((item) => item.index === selected);

  const move = (event: KeyboardEvent) => {
    const steps: { [key: string]: number } = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -rows.length, End: rows.length };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    event.preventDefault();
    const to = Math.min(rows.length - 1, Math.max(0, selected + step));
    select(to);
    virtual.scrollToIndex(to);
  };

  return (
    <div
      class="grid-box"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Records"
      aria-rowcount={rows.length + 1}
      aria-busy={busy}
      aria-activedescendant={isInSight ? `${id}-${selected}` : undefined}
      onKeyDown={move}
    >
      <div class="grid-row grid-head" role="row" aria-rowindex={1} style={line}>
        {columns.map(([name]) => (
          <div key={name} role="columnheader">
            {name}
          </div>
        ))}
      </div>
      <div class="grid-body" role="rowgroup" style={{ height: `${virtual.getTotalSize()}px`, minWidth: line.minWidth }}>
        {items.map(({ index, start }) => {
          const row = rows[index] ?? {};
          return (
            <div
              key={index}
              id={`${id}-${index}`}
              class="grid-row"
              role="row"
              aria-rowindex={index + 2}
              aria-selected={index === selected}
              style={{ ...line, transform: `translateY(${start}px)` }}
              onClick={() => select(index)}
            >
              {columns.map(([name, told]) => (
                <div key={name} role="gridcell">
                  <Cell row={row} name={name} told={told} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Cell({ row, name, told }: { row: Row; name: string; told: Parameter }) {
  const value = row[name];
  if (name === "name") {
    const text = typeof value === "string" ? value : "";
    return (
      <span class="person">
        <Avatar name={text} picture={pictureOf(row)} />
        {text === "" ? <span class="dim">no name</span> : <Text>{text}</Text>}
      </span>
    );
  }
  if (value === null || value === undefined) return <span class="dim">–</span>;
  if (typeof value === "boolean") return <span class={value ? "yes" : "no"}>{value ? "yes" : "no"}</span>;
  if (Array.isArray(value)) return <span class="dim">{value.length === 0 ? "none" : `${value.length}: ${cutList(value)}`}</span>;
  const text = typeof value === "string" ? value : inline(value);
  return told.format === "date-time" ? <time dateTime={text}>{text.replace("T", " ").replace(/\.\d+Z$/, "")}</time> : <Text>{text}</Text>;
}

const cutList = (list: unknown[]) => list.map((one) => (one as { type?: string } | null)?.type ?? inline(one).slice(0, 40)).slice(0, 4).join(", ");

/** How wide a column is at least, in rem, and how much of what is left it takes. */
function width(name: string, told: Parameter): [number, number] {
  if (name === "name") return [14, 1.6];
  if (told.format === "date-time") return [11.5, 0.5];
  const kinds = Array.isArray(told.type) ? told.type : [told.type];
  if (kinds.includes("boolean")) return [5.5, 0];
  if (kinds.includes("array")) return [8, 0.5];
  return name === "id" ? [10, 1] : [14, 1.3];
}

/** The virtualizer on Preact's ways. */
function useVirtual(count: number, scroller: { current: HTMLDivElement | null }): Virtualizer<HTMLDivElement, Element> {
  const [, draw] = useState(0);
  const options: VirtualizerOptions<HTMLDivElement, Element> = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 6,
    // The head stays on top of what is scrolled to.
    scrollPaddingStart: 40,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw((last) => last + 1),
  };
  const virtual = useRef<Virtualizer<HTMLDivElement, Element> | null>(null);
  virtual.current ??= new Virtualizer(options);
  virtual.current.setOptions(options);
  useLayoutEffect(() => virtual.current?._didMount(), []);
  useLayoutEffect(() => virtual.current?._willUpdate());
  return virtual.current;
}
