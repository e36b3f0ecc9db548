import { useState } from "preact/hooks";

const HUES = 12;

/** Somebody's picture where their CRM has one, over their initials. */
export function Avatar({ name, picture }: { name: string; picture: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  const words = name.trim().split(/\s+/).slice(0, 2);
  // By letters as people see them, so that none is cut in two.
  const initials = words.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "").join("").toUpperCase();
  let sum = 0;
  for (const letter of name.slice(0, 100)) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  const isShown = picture !== null && picture !== broken;
  return (
    <span class="avatar" data-hue={sum % HUES} aria-hidden="true">
      {initials || "–"}
      {isShown && <img src={picture} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" onError={() => setBroken(picture)} />}
    </span>
  );
}

/** The address of a record's picture; https only, for nothing else may be loaded. */
export function pictureOf(row: { [field: string]: unknown }): string | null {
  const urls = Array.isArray(row.urls) ? (row.urls as { type?: unknown; url?: unknown }[]) : [];
  const url = urls.find((one) => one?.type === "avatar")?.url;
  return typeof url === "string" && url.startsWith("https://") ? url : null;
}
