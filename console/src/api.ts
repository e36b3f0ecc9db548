// Calls to this server: the only place that sends the token.
import { session, type Token } from "./session";

/** The server's root, below whatever path a proxy puts it. */
export const ROOT = new URL("./", document.baseURI.split("#")[0]);

export type Pairs = [string, string][];

interface Insight {
  description: string;
  value: unknown;
}

/** An error as the server tells it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: { [member: string]: unknown } = {},
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
  /** Whether it came from the vendor. */
  get isRemote(): boolean {
    return this.body.truto_is_remote_error === true;
  }
  get insight(): { [name: string]: Insight } {
    return (this.body.truto_error_insight ?? {}) as { [name: string]: Insight };
  }
  /** The parameters that the error is about: those of its insight, else the first that its message names. */
  get parameters(): string[] {
    const told: string[] = [];
    for (const kind of ["unsupported_query_parameters", "missing_required_query_parameters"]) {
      const value = this.insight[kind]?.value;
      if (Array.isArray(value)) told.push(...value.map(String));
    }
    const named = /`([^`]+)`/.exec(this.message)?.[1];
    return told.length > 0 || named === undefined ? told : [named];
  }
}

export interface Options {
  query?: Pairs;
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: { [name: string]: string };
}

/** Percent-encoded, apostrophes too, so that an address may stand between those on a command line. */
const quoted = (text: string) => encodeURIComponent(text).replace(/'/g, "%27");

/** The address of a call. */
export function address(path: string, query: Pairs = []): string {
  const url = new URL(path.replace(/^\//, ""), ROOT);
  const text = query.map(([name, value]) => `${quoted(name).replace(/%5B/g, "[").replace(/%5D/g, "]")}=${quoted(value)}`);
  return text.length > 0 ? `${url.href}?${text.join("&")}` : url.href;
}

async function send(secret: string, method: string, path: string, options: Options): Promise<Response> {
  const headers: { [name: string]: string } = { accept: "application/json", ...options.headers, authorization: `Bearer ${secret}` };
  const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  const ask = () => fetch(address(path, options.query), init);
  try {
    // A network that changes ends what is under way; a call that only reads may be made again.
    return await ask().catch(async (error: unknown) => {
      if (method !== "GET" || options.signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 400));
      return ask();
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, "The server did not answer. It may be stopped, or the network is gone; try again.");
  }
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text();
  let body: { [member: string]: unknown } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Not the server's own error; a proxy's, say.
  }
  const message = typeof body.message === "string" ? body.message : `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(response.status, message, body, response.headers.get("x-request-id"));
}

/** A call with the session's token. A token that is not known any more ends the session. */
export async function call(method: string, path: string, options: Options = {}): Promise<Response> {
  const secret = session.secret();
  if (secret === null) throw new ApiError(401, "Sign in first.");
  const response = await send(secret, method, path, options);
  if (response.ok) return response;
  const error = await failure(response);
  if (error.status === 401 && !error.isRemote && session.secret() === secret) session.end(error.message);
  throw error;
}

/** A call's answer, read. */
export async function api<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await call(method, path, options);
  return (response.status === 204 ? null : await response.json()) as T;
}

/** Asks what a token is, before there is a session. */
export async function whoIs(secret: string): Promise<Token> {
  const response = await send(secret, "GET", "/api-token/me", {});
  if (!response.ok) throw await failure(response);
  return (await response.json()) as Token;
}

/** Everything of a list that is paged. */
export async function all<T>(path: string, query: Pairs, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Listed<T> = await api("GET", path, { query: [...query, ["limit", "1000"], ["next_cursor", cursor]], signal });
    found.push(...page.result);
    cursor = page.next_cursor;
  }
  return found;
}

/** A page of a list. */
export interface Listed<T> {
  result: T[];
  next_cursor: string | null;
  result_count: number;
  is_partial_response: boolean;
}
