/** An account as the API shows it. */
export interface Account {
  id: string;
  tenant_id: string;
  integration: string;
  authentication_method: string;
  status: string;
  last_error: string | null;
  context: { [name: string]: unknown };
  unified_model_override: unknown;
  created_at: string;
  updated_at: string;
  last_used_at: string | null;
  quota: { remaining: string; seen_at: string } | null;
}

/** The states of an account, what they are called, and what they mean. */
export const STATUSES: { [status: string]: { label: string; kind: "good" | "bad" | "wait"; means: string } } = {
  active: { label: "Active", kind: "good", means: "The CRM accepts its credentials." },
  needs_reauth: { label: "Needs reconnecting", kind: "bad", means: "The CRM does not accept its credentials any more. Reconnect it, or check it again once it was mended there." },
  connecting: { label: "Connecting", kind: "wait", means: "The CRM is being asked whether its credentials are good." },
  validation_error: { label: "Not accepted", kind: "bad", means: "The CRM did not accept its credentials or settings. Reconnect it with others." },
};

/** How an account fares, in a word. */
export function Status({ status }: { status: string }) {
  const known = STATUSES[status] ?? { label: status, kind: "wait" };
  return <span class={`state ${known.kind}`}>{known.label}</span>;
}
