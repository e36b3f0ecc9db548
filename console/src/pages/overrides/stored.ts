// What overrides say, and how they are kept.
import { api } from "../../api";
import type { Account } from "../../ui/account";

export type Layer = "account" | "environment";
export type Method = "list" | "get";
export type Said = { [member: string]: unknown };

/** An environment's override of one call. */
export interface Stored {
  id: string;
  integration: string;
  unified_model: string;
  resource: string;
  method: string;
  override: Said;
  created_at: string;
  updated_at: string;
}

export const PATH = "/environment-unified-model-resource-method";
const [FAMILY, RESOURCE] = ["crm", "users"];

/** What the server calls the whole of what is written. */
export const nameOf = (layer: Layer, method: Method) => (layer === "environment" ? "override" : `unified_model_override.${FAMILY}.${RESOURCE}.${method}`);

const isObject = (value: unknown): value is Said => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is said now; null when nothing is. */
export function saidNow(layer: Layer, method: Method, account: Account, stored: Stored | undefined): Said | null {
  if (layer === "environment") return stored?.override ?? null;
  const family = isObject(account.unified_model_override) ? account.unified_model_override[FAMILY] : null;
  const resource = isObject(family) ? family[RESOURCE] : null;
  const said = isObject(resource) ? resource[method] : null;
  return isObject(said) ? said : null;
}

export function storedFor(known: Stored[], integration: string, method: Method): Stored | undefined {
  return known.find((one) => one.integration === integration && one.unified_model === FAMILY && one.resource === RESOURCE && one.method === method);
}

/** The account's whole override with one call's part replaced, or taken away. */
export function whole(account: Account, method: Method, said: unknown): Said | null {
  const given = isObject(account.unified_model_override) ? account.unified_model_override : {};
  const family = isObject(given[FAMILY]) ? given[FAMILY] : {};
  const resource = isObject(family[RESOURCE]) ? family[RESOURCE] : {};
  const put = (into: Said, name: string, value: unknown): Said => {
    const rest = Object.entries(into).filter(([other]) => other !== name);
    const isNothing = value === null || (isObject(value) && Object.keys(value).length === 0);
    return Object.fromEntries(isNothing ? rest : [...rest, [name, value]]);
  };
  const made = put(given, FAMILY, put(family, RESOURCE, put(resource, method, said)));
  return Object.keys(made).length === 0 ? null : made;
}

/** Keeps what is said, or takes it away. */
export async function keep(layer: Layer, method: Method, account: Account, stored: Stored | undefined, said: unknown): Promise<void> {
  if (layer === "account") {
    await api("PATCH", `/integrated-account/${encodeURIComponent(account.id)}`, { body: { unified_model_override: whole(account, method, said) } });
  } else if (said === null) {
    if (stored !== undefined) await api("DELETE", `${PATH}/${encodeURIComponent(stored.id)}`);
  } else if (stored !== undefined) {
    await api("PATCH", `${PATH}/${encodeURIComponent(stored.id)}`, { body: { override: said } });
  } else {
    await api("POST", PATH, { body: { integration: account.integration, unified_model: FAMILY, resource: RESOURCE, method, override: said } });
  }
}

/** What a record is and would be. */
export interface Preview {
  record: string;
  before: Said | null;
  after: Said;
  request: Said;
}

export function preview(layer: Layer, method: Method, account: Account, said: unknown, of: { record: string } | { id: string } | null, signal: AbortSignal): Promise<Preview> {
  const candidate = layer === "environment" ? { override: said } : { unified_model_override: whole(account, method, said) };
  return api<Preview>("POST", `${PATH}/preview`, { body: { integrated_account_id: account.id, method, ...candidate, ...of }, signal });
}
