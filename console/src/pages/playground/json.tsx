import type { ComponentChildren, JSX } from "preact";
import { Exact } from "./exact";

/** A value as JSON with its parts coloured. Every text is in its own direction, and text it stays. */
export function Json({ value }: { value: unknown }): JSX.Element {
  return <code>{print(value, "")}</code>;
}

function print(value: unknown, indent: string): ComponentChildren {
  if (value instanceof Exact) return <span class="n">{value.source}</span>;
  if (typeof value === "string") return <span class="s">{JSON.stringify(value)}</span>;
  if (value === null || typeof value !== "object") return <span class="n">{String(value)}</span>;
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (members.length === 0) return open + close;
  const inner = `${indent}  `;
  return (
    <>
      {`${open}\n`}
      {members.map(([name, member], at) => (
        <>
          {inner}
          {!isList && (
            <>
              <span class="k">{JSON.stringify(name)}</span>
              {": "}
            </>
          )}
          {print(member, inner)}
          {at < members.length - 1 ? ",\n" : "\n"}
        </>
      ))}
      {indent + close}
    </>
  );
}
