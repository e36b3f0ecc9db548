// Opens the connect page beside the console, and looks until the account is there. The page could tell by itself,
// but it leads on to vendors' pages, and a window that may speak to the console may also send it elsewhere.
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";

export type Connecting =
  | { step: "idle" }
  | { step: "making" }
  /** The page is open, or can be opened by hand where the browser keeps windows from opening. */
  | { step: "waiting"; url: string; until: string; isOpen: boolean; trouble: string | null }
  | { step: "done"; account: string }
  | { step: "failed"; error: unknown };

interface Link {
  connect_url: string;
  expires_at: string;
}

const LOOK_EVERY = 1500;

/** `look` tells the account's id once it is connected. */
export function useConnecting() {
  const [state, setState] = useState<Connecting>({ step: "idle" });
  const stop = useRef<() => void>(() => {});
  useEffect(() => () => stop.current(), []);

  /** Called from a click, for only then may a window be opened. */
  const begin = async (body: { [name: string]: unknown }, opens: boolean, look: (signal: AbortSignal) => Promise<() => Promise<string | null>>) => {
    stop.current();
    const abort = new AbortController();
    stop.current = () => abort.abort();
    const beside = opens ? window.open("", "_blank", "popup,width=560,height=780") : null;
    if (beside !== null) beside.opener = null;
    setState({ step: "making" });
    let link: Link;
    let seen: () => Promise<string | null>;
    try {
      // What is there already is known before anything can change.
      seen = await look(abort.signal);
      link = await api<Link>("POST", "/link-token", { body, signal: abort.signal });
    } catch (error) {
      beside?.close();
      if (!abort.signal.aborted) setState({ step: "failed", error });
      return;
    }
    if (beside !== null) beside.location.href = link.connect_url;
    setState({ step: "waiting", url: link.connect_url, until: link.expires_at, isOpen: beside !== null, trouble: null });

    const done = (account: string) => {
      abort.abort();
      setState({ step: "done", account });
    };
    const ends = Date.parse(link.expires_at);
    const again = async () => {
      if (abort.signal.aborted) return;
      const wasClosed = beside?.closed === true;
      const account = await seen().catch(() => null);
      if (abort.signal.aborted) return;
      if (account !== null) return done(account);
      if (wasClosed) {
        const trouble = "The window was closed before an account was connected.";
        setState((last) => (last.step === "waiting" ? { ...last, isOpen: false, trouble } : last));
      }
      if (Date.now() < ends) setTimeout(again, LOOK_EVERY);
      else setState({ step: "failed", error: new Error("The link is over. Make a new one.") });
    };
    setTimeout(again, LOOK_EVERY);
  };

  const forget = () => {
    stop.current();
    setState({ step: "idle" });
  };
  return { state, begin, forget };
}
