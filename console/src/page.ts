import type { ComponentType } from "preact";
import type { Need, Token } from "./session";

/** What a page's view gets. */
export interface PageProps {
  token: Token;
  /** The values of its path's `:names`. */
  params: { [name: string]: string };
  /** What stands behind the `?` of its place. */
  query: URLSearchParams;
}

/** A page: one file below `pages/`, and a line in `pages.ts`. */
export interface Page {
  /** As `accounts/:id`. */
  path: string;
  title: string;
  /** Whether the side leads to it. Pages of one record are reached from their list. */
  inSide: boolean;
  /** Which tokens it is any use with; the others are told why not. */
  needs: Need;
  View: ComponentType<PageProps>;
}
