// JSON as it was written: a number that JavaScript would spell otherwise keeps its own spelling.

/** A number too long or too fine for JavaScript, as it was written. */
export class Exact {
  constructor(readonly source: string) {}
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

export function read(text: string): unknown {
  const revive: Reviver = (_, value, context) => {
    const source = context?.source;
    return typeof value === "number" && source !== undefined && String(value) !== source ? new Exact(source) : value;
  };
  // Browsers that don't tell the source yet give the number as JavaScript has it.
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** A value on one line. */
export function inline(value: unknown): string {
  if (value instanceof Exact) return value.source;
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value)
      .map(([name, inner]) => `${name}: ${inline(inner)}`)
      .join(", ")}}`;
  }
  return String(value);
}
