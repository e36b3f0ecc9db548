const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** A count, its thousands set apart. */
export const count = (number: number): string => whole.format(number);

/** A count where there is little room. */
export const compact = (number: number): string => (number < 10_000 ? whole.format(number) : short.format(number));

/** How long something took. */
export function took(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  return milliseconds < 100_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${whole.format(milliseconds / 1000)} s`;
}

/** A size in bytes. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
