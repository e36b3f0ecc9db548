// Where in the console one is. The place stands behind the `#`, so that the server has one page to serve, whatever
// path a proxy puts it below, and a place can be kept as a bookmark.
import { useEffect, useState } from "preact/hooks";
import type { Pairs } from "./api";

export interface Place {
  /** `accounts/123`, without slashes around it. */
  path: string;
  query: URLSearchParams;
}

export function here(): Place {
  const text = location.hash.replace(/^#\/?/, "");
  const cut = text.indexOf("?");
  return {
    path: cut < 0 ? text : text.slice(0, cut),
    query: new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1)),
  };
}

/** The address of a place; empty values are left out. */
export function to(path: string, query: { [name: string]: string } | Pairs = {}): string {
  const pairs = (Array.isArray(query) ? query : Object.entries(query)).filter(([, value]) => value !== "");
  const text = new URLSearchParams(pairs).toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

const listeners = new Set<() => void>();
addEventListener("hashchange", () => listeners.forEach((listener) => listener()));

/** Goes there, as a link would. */
export function go(href: string) {
  location.hash = href;
}

/** Says in the address where one is, without a step in the browser's history. */
export function note(href: string) {
  if (href === location.hash) return;
  history.replaceState(null, "", href);
  listeners.forEach((listener) => listener());
}

export function usePlace(): Place {
  const [place, move] = useState(here);
  useEffect(() => {
    const listener = () => move(here());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return place;
}

/** The values of a pattern's `:names` if a path fits it, as `accounts/:id`. */
export function fit(pattern: string, path: string): { [name: string]: string } | null {
  const want = pattern.split("/");
  const have = path.split("/");
  if (want.length !== have.length) return null;
  const found: { [name: string]: string } = {};
  for (const [at, part] of want.entries()) {
    const given = have[at] ?? "";
    if (part.startsWith(":")) {
      if (given === "") return null;
      try {
        found[part.slice(1)] = decodeURIComponent(given);
      } catch {
        return null;
      }
    } else if (part !== given) return null;
  }
  return found;
}
