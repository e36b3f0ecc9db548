import type { VendorRequest } from "../../ui/fall";

/** A call as the request log has it. */
export interface Call {
  id: string;
  created_at: string;
  request_id: string;
  method: string;
  path: string;
  integrated_account_id: string | null;
  integration: string | null;
  status: number;
  milliseconds: number;
  bytes: number;
  actor: { type: string; id?: string; name?: string };
  vendor_requests: VendorRequest[];
  vendor_requests_count: number;
}

/** How some calls fared. */
export interface Figures {
  calls: number;
  client_errors: number;
  server_errors: number;
  vendor_requests: number;
  milliseconds: { median: number; p95: number; max: number };
}

/** What `GET /log/summary` tells. */
export interface Summary {
  since: string;
  until: string;
  interval_seconds: number;
  result: (Figures & { integration: string | null; intervals: (Figures & { at: string })[] })[];
}

/** What is told of calls for no account. */
export const NO_ACCOUNT = "No account";

/** What can be seen in a chart. */
export interface Measure {
  name: string;
  title: string;
  of: (figures: Figures) => number;
  unit: string;
}

export const MEASURES: Measure[] = [
  { name: "calls", title: "Calls", of: (figures) => figures.calls, unit: "" },
  { name: "errors", title: "Errors", of: (figures) => figures.client_errors + figures.server_errors, unit: "" },
  { name: "latency", title: "95th percentile of times", of: (figures) => figures.milliseconds.p95, unit: " ms" },
];
