import "../ui/parts.css";
import "./log/log.css";
import { useState } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Page, PageProps } from "../page";
import { note, to } from "../router";
import { connectors, labelOf } from "../ui/connectors";
import { useLoad } from "../ui/load";
import { Problem } from "../ui/problem";
import type { Call, Summary } from "./log/call";
import { Calls } from "./log/calls";
import { Charts } from "./log/charts";
import { Filters } from "./log/filters";
import { changed, filtersOf, placeOf, timeOf } from "./log/place";

export const log: Page = { path: "log", title: "Log", inSide: true, needs: "environment", View: Log };

const PAGE = "50";

function Log({ query }: PageProps) {
  // What ends now is counted from when it was asked for: a page that is walked must not move meanwhile.
  const [now, setNow] = useState(Date.now());
  const time = timeOf(query, now);
  const filters = filtersOf(query);
  const cursor = query.get("next_cursor") ?? "";
  const asked = [...filters, ...(time.since === null ? [] : [["since", time.since] as [string, string]]), ...(time.until === null ? [] : [["until", time.until] as [string, string]])];
  const key = JSON.stringify(asked);
  const known = useLoad("", connectors);
  const summary = useLoad(key, (signal) => api<Summary>("GET", "/log/summary", { query: asked, signal }));
  const page = useLoad(key + cursor, (signal) => api<Listed<Call>>("GET", "/log", { query: [...asked, ["limit", PAGE], ["next_cursor", cursor]], signal }));
  const label = (name: string | null) => (name === null ? "No account" : labelOf(known.data, name));
  const change = (values: { [name: string]: string }) => note(to("log", changed(query, values)));
  const one = query.get("request_id");
  return (
    <>
      <div class="head with-act">
        <div>
          <h1>Log</h1>
          <p class="lead">Every call: what it took, and what the CRM was asked for it.</p>
        </div>
        <button type="button" aria-busy={page.loading} onClick={() => (setNow(Date.now()), page.reload(), summary.reload())}>
          Refresh
        </button>
      </div>
      <Filters query={query} time={time} connectors={known.data ?? []} change={change} />
      {one === null && (
        <>
          <Problem error={page.error === null ? summary.error : null} retry={summary.reload} />
          {summary.data !== null && <Charts summary={summary.data} label={label} busy={summary.loading} zoom={(since, until) => change({ since, until, span: "" })} choose={(integration) => change({ integration })} />}
        </>
      )}
      <h2 class="part">Calls</h2>
      <Problem error={page.error} retry={page.reload} />
      {page.data !== null && page.data.result.length === 0 ? (
        <div class="empty">
          <p>{filters.length > 0 ? "No call fits these filters." : "There was no call in this time."}</p>
          {filters.length > 0 && <a href={to("log")}>Show all</a>}
        </div>
      ) : (
        <Calls calls={page.data?.result ?? null} busy={page.loading} label={label} open={one !== null} />
      )}
      <nav class="paging" aria-label="Pages of calls">
        {cursor !== "" && <a href={to("log", placeOf(query))}>Newest</a>}
        {page.data?.next_cursor != null && <a href={to("log", [...placeOf(query), ["next_cursor", page.data.next_cursor]])}>Older</a>}
      </nav>
    </>
  );
}
