// The requests to the vendor behind a call, as a waterfall.
import { useState } from "preact/hooks";
import { Text } from "./text";

/** So many are drawn before one asks for more. */
const SHOWN = 25;

/** A request to the vendor, as the request log and `explain` have it. */
export interface VendorRequest {
  method: string;
  url: string;
  status: number | null;
  /** Milliseconds after the call came; calls logged by an older version don't say. */
  started_after?: number;
  milliseconds: number;
  fault?: string;
}

/** When each began: as told, or one after the other. */
function begins(requests: VendorRequest[]): number[] {
  let end = 0;
  return requests.map((request) => {
    const at = request.started_after ?? end;
    end = Math.max(end, at + request.milliseconds);
    return at;
  });
}

export function Fall({ requests, count, milliseconds }: { requests: VendorRequest[]; count: number; milliseconds: number }) {
  const [whole, setWhole] = useState(false);
  const starts = begins(requests);
  const width = Math.max(milliseconds, 1, ...requests.map((request, at) => (starts[at] ?? 0) + request.milliseconds));
  const share = (part: number) => `${((100 * part) / width).toFixed(2)}%`;
  if (count === 0) return <p class="dim">The CRM was not asked.</p>;
  return (
    <>
      <ol class="fall plain-list" aria-label="Requests to the CRM">
        {(whole ? requests : requests.slice(0, SHOWN)).map((request, at) => {
          const failed = request.status === null || request.status >= 400;
          return (
            <li key={at} class={failed ? "failed" : ""}>
              <div class="what">
                <span title={readable(request.url).slice(0, 2000)}>
                  <span class="verb" data-verb={request.method}>
                    {request.method}
                  </span>{" "}
                  <Text most={2000}>{readable(request.url)}</Text>
                </span>
                <span>{request.status ?? "no answer"}</span>
                <span>{request.milliseconds} ms</span>
              </div>
              <div class="lane" role="img" aria-label={`began after ${starts[at]} ms, took ${request.milliseconds} ms`}>
                <span style={{ left: share(starts[at] ?? 0), width: share(request.milliseconds) }} />
              </div>
              {request.fault !== undefined && <p class="problem">{<Text most={500}>{request.fault}</Text>}</p>}
            </li>
          );
        })}
      </ol>
      {!whole && requests.length > SHOWN && (
        <button type="button" class="small" onClick={() => setWhole(true)}>
          Show all {requests.length}
        </button>
      )}
      <p class="note">
        {count > requests.length ? `The first ${requests.length} of ${count} requests. ` : ""}The whole width is {width} ms.
      </p>
    </>
  );
}

/** An address with its letters as they are meant. */
function readable(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
