// Walks a list by its cursor, page by page, and keeps what came.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, call, type Pairs } from "../../api";
import { read } from "./exact";
import type { Explain } from "./picture";

export type Row = { [field: string]: unknown };

/** One answer. */
export interface Answer {
  count: number;
  milliseconds: number;
  text: string;
  explain: Explain | null;
  isPartial: boolean;
  /** By which the request log knows the call. */
  requestId: string | null;
}

export interface Walked {
  rows: Row[];
  answers: Answer[];
  next: string | null;
  running: boolean;
  error: unknown;
  /** Whether anything was asked yet. */
  isBegun: boolean;
}

const NOTHING: Walked = { rows: [], answers: [], next: null, running: false, error: null, isBegun: false };

interface Envelope {
  result: Row[];
  next_cursor: string | null;
  is_partial_response: boolean;
  explain?: Explain;
}

export function useWalk() {
  const [state, setState] = useState<Walked>(NOTHING);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  /** Reads on from a cursor until there are so many rows, or one page where `until` is null. */
  const walk = async (path: string, query: Pairs, limit: string, from: Walked, until: number | null) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    let now: Walked = { ...from, running: true, error: null, isBegun: true };
    const show = (next: Walked) => {
      now = next;
      if (running.current === abort) setState(now);
    };
    show(now);
    try {
      do {
        // The last page is as long as is left; a cursor bears another limit.
        const left = until === null ? null : until - now.rows.length;
        const size = left !== null && left < Number(limit) ? String(left) : limit;
        const cursor: Pairs = now.next === null ? [] : [["next_cursor", now.next]];
        const begun = performance.now();
        const response = await call("GET", path, { query: [...query, ["limit", size], ...cursor, ["crosswalk_explain", "true"]], signal: abort.signal });
        const text = await response.text();
        const milliseconds = Math.round(performance.now() - begun);
        const envelope = parsed(text);
        if (!Array.isArray(envelope?.result)) throw new Error("The answer is laid out otherwise than as a list; leave `truto_key_by` and `truto_response_format` out to see it as a table.");
        const answer: Answer = { count: envelope.result.length, milliseconds, text, explain: envelope.explain ?? null, isPartial: envelope.is_partial_response, requestId: response.headers.get("x-request-id") };
        show({ ...now, rows: [...now.rows, ...envelope.result], answers: [...now.answers, answer], next: envelope.next_cursor });
      } while (until !== null && now.next !== null && now.rows.length < until && !abort.signal.aborted);
      show({ ...now, running: false });
    } catch (error) {
      if (abort.signal.aborted) return;
      // Out of time before the first match: the error says where the walk goes on.
      const goesOn = error instanceof ApiError && typeof error.body.next_cursor === "string" ? error.body.next_cursor : null;
      show({ ...now, running: false, error, next: goesOn ?? now.next });
    }
    return now;
  };

  return {
    state,
    begin: (path: string, query: Pairs, limit: string, until: number | null) => walk(path, query, limit, NOTHING, until),
    goOn: (path: string, query: Pairs, limit: string, until: number | null) => walk(path, query, limit, state, until),
    stop: () => {
      running.current?.abort();
      setState((last) => ({ ...last, running: false }));
    },
    forget: () => {
      running.current?.abort();
      setState(NOTHING);
    },
  };
}

function parsed(text: string): Envelope {
  try {
    return read(text) as Envelope;
  } catch {
    throw new Error("The answer is no JSON; leave `truto_response_format` out, and look for a proxy that answers in the server's place.");
  }
}
