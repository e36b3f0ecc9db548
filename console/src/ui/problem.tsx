import { ApiError } from "../api";

/** A message of the server's; what stands between backticks is set as code. */
export function Words({ children }: { children: string }) {
  return (
    <bdi>
      {children.split("`").map((part, at, parts) => (at % 2 === 1 && at < parts.length - 1 ? <code key={at}>{part}</code> : at % 2 === 1 ? `\`${part}` : part))}
    </bdi>
  );
}

/** An error, in the server's own words. */
export function Problem({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  if (error === null || error === undefined) return null;
  // The session is over: the sign-in says so.
  const known = error instanceof ApiError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  const raw = known?.isRemote === true ? known.body.raw_response : undefined;
  return (
    <div class="wrong" role="alert">
      <p>
        {known !== null && known.status > 0 && <b>{known.status} </b>}
        <Words>{message}</Words>
      </p>
      {raw !== undefined && raw !== null && (
        <details>
          <summary>What the CRM said</summary>
          <pre tabIndex={0}>{(typeof raw === "string" ? raw : JSON.stringify(raw, null, 2)).slice(0, 20_000)}</pre>
        </details>
      )}
      {known?.requestId != null && (
        <p class="note">
          Request <code>{known.requestId}</code>
        </p>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
