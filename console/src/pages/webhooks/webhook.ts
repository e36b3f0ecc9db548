/** A webhook as the API shows it. */
export interface Webhook {
  id: string;
  target_url: string;
  event_types: string[];
  is_active: boolean;
  state: string;
  failing_since: string | null;
  disabled_reason: string | null;
  last_error: string | null;
  last_success_at: string | null;
  created_at: string;
  updated_at: string;
  /** Only when it is new. */
  secret?: string;
}

/** What was sent to one, and what came of it. */
export interface Delivery {
  id: string;
  event: string;
  state: string;
  attempts: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  created_at: string;
  finished_at: string | null;
}

/** The events that there are, and what they tell. */
export const EVENTS: [string, string][] = [
  ["integrated_account:created", "There is a new account."],
  ["integrated_account:active", "It is ready for use: for the first time, or with new credentials."],
  ["integrated_account:authentication_error", "The CRM rejects its credentials: it needs a person."],
  ["integrated_account:validation_error", "It was connected, but what was asked after connecting did not hold."],
  ["integrated_account:reactivated", "Its credentials were found good again."],
  ["integrated_account:deleted", "It is gone."],
];

export const STATES: { [state: string]: { label: string; kind: string } } = {
  active: { label: "Active", kind: "good" },
  failing: { label: "Failing", kind: "bad" },
  off: { label: "Off", kind: "wait" },
};
