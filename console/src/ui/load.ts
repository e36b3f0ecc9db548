import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Loaded<T> {
  data: T | null;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads something when the page is shown and whenever `key` changes. What was there stays shown meanwhile; the
 * answer of a load that was overtaken is dropped.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({ data: null, error: null, loading: true });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const abort = new AbortController();
    setState((last) => ({ ...last, loading: true }));
    latest.current(abort.signal).then(
      (data) => abort.signal.aborted || setState({ data, error: null, loading: false }),
      (error: unknown) => abort.signal.aborted || setState((last) => ({ ...last, error, loading: false })),
    );
    return () => abort.abort();
  }, [key, round]);
  return { ...state, reload: useCallback(() => setRound((last) => last + 1), []) };
}
