// How an answer came about, as a picture.
import { to } from "../../router";
import { Fall, type VendorRequest } from "../../ui/fall";
import { Text } from "../../ui/text";

export interface Explain {
  integration: string;
  pushed: { parameter: string; vendor: string; exact: boolean }[];
  rechecked: string[];
  sorted_by: "vendor" | "here" | null;
  vendor_requests: VendorRequest[];
  scanned: number;
  kept: number;
  quota_remaining?: string;
}

const count = new Intl.NumberFormat("en");
const many = (number: number, one: string) => `${count.format(number)} ${one}${number === 1 ? "" : "s"}`;

interface Props {
  explain: Explain;
  label: string;
  page: number;
  pages: number;
  turn: (page: number) => void;
  /** The call's id in the request log, if the reader may see that. */
  logged: string | null;
}

export function Picture({ explain, label, page, pages, turn, logged }: Props) {
  const { pushed, rechecked, scanned, kept, sorted_by: sortedBy, vendor_requests: requests } = explain;
  return (
    <section class="panel picture" aria-labelledby="picture">
      <div class="panel-head">
        <h2 id="picture">How it came about</h2>
        {pages > 1 && (
          <label class="pager">
            Page{" "}
            <select value={String(page)} onChange={(event) => turn(Number(event.currentTarget.value))}>
              {Array.from({ length: pages }, (_, at) => (
                <option key={at} value={String(at)}>
                  {at + 1} of {pages}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <ol class="flow">
        <li class="stage">
          <h3>{label} filtered</h3>
          {pushed.length === 0 ? (
            <p class="note">Nothing: its whole list was read.</p>
          ) : (
            <ul>
              {pushed.map((one, at) => (
                <li key={at}>
                  <code>
                    <Text most={120}>{one.parameter}</Text>
                  </code>{" "}
                  as{" "}
                  <code class="vendor">
                    <Text most={400}>{one.vendor}</Text>
                  </code>{" "}
                  <span class="tag" title={one.exact ? "Its answer holds no other records." : "Its answer may hold more; the rest is sorted out here."}>
                    {one.exact ? "exact" : "at least those"}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </li>
        <li class="stage number">
          <b>{count.format(scanned)}</b>
          <span>read in {many(requests.length, "request")}</span>
        </li>
        <li class="stage">
          <h3>Checked here</h3>
          {rechecked.length === 0 ? (
            <p class="note">Nothing was asked for.</p>
          ) : (
            <ul>
              {rechecked.map((name) => (
                <li key={name}>
                  <code>
                    <Text most={120}>{name}</Text>
                  </code>{" "}
                  on every record
                </li>
              ))}
            </ul>
          )}
          <p class="note">{sortedBy === "vendor" ? `Sorted by ${label}.` : sortedBy === "here" ? "Sorted here." : `Not sorted: ${label}'s own order.`}</p>
        </li>
        <li class="stage number">
          <b>{count.format(kept)}</b>
          <span>in the answer</span>
        </li>
      </ol>
      <div class="sieve" role="img" aria-label={`${many(scanned, "record")} read, ${count.format(kept)} kept`}>
        <span class="pipe">
          <span class="kept" style={{ width: `${scanned === 0 ? 0 : Math.max(1, (100 * kept) / scanned)}%` }} />
        </span>
      </div>
      <h3>
        {many(requests.length, "request")} to {label}
      </h3>
      {requests.length === 0 ? <p class="note">{label} was not asked: the answer comes from the snapshot of a sorted walk.</p> : <Fall requests={requests} count={requests.length} milliseconds={0} />}
      {explain.quota_remaining !== undefined && (
        <p class="note">
          {label} says <Text most={60}>{explain.quota_remaining}</Text> is left of the account's quota.
        </p>
      )}
      {logged !== null && (
        <p class="note">
          <a href={to("log", { request_id: logged })}>This call in the log</a>
        </p>
      )}
    </section>
  );
}
