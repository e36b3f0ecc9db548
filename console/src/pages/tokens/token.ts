/** An API token as the API shows it. */
export interface ApiToken {
  id: string;
  name: string;
  hint: string;
  type: "environment" | "account";
  integrated_account_id: string | null;
  integrated_account_ids: string[] | null;
  read_only: boolean;
  state: string;
  is_current: boolean;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}
