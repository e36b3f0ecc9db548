// What the form asks: from a model and an account's capabilities to a query, and back from an address.
import type { Pairs } from "../../api";

/** A parameter as `…/meta/list` tells it. */
export interface Parameter {
  type?: string | string[];
  format?: string;
  description?: string;
  operators?: string[];
  filtered_by?: "vendor" | "crosswalk";
  only_filter?: boolean;
  from?: string;
  required?: boolean;
  example?: unknown;
  enum?: string[];
  sorted_by_vendor?: string[];
}

export interface Meta {
  model: string;
  integration: string;
  schema: { properties: { [name: string]: Parameter } };
  query_schema: { properties: { [name: string]: Parameter } };
}

/** A line of the form: one condition. */
export interface Condition {
  key: number;
  /** As `name`, `search_term`, or `workspace[id]`. */
  field: string;
  /** As `contains`; `eq` where there is nothing to choose. */
  operator: string;
  value: string;
}

export interface Asked {
  conditions: Condition[];
  sort: string;
  direction: string;
  limit: string;
  ignoresRemoteData: boolean;
  /** Any further parameters, as they stand in an address. */
  further: string;
}

export const OPERATORS: { [name: string]: string } = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  contains: "contains",
  starts_with: "starts with",
  gt: "is after",
  gte: "is at or after",
  lt: "is before",
  lte: "is at or before",
};

let keys = 0;
export const condition = (field: string, operator: string, value: string): Condition => ({ key: ++keys, field, operator, value });

/** What can be asked by: fields, the search, and the members of objects such as `workspace[id]`. */
export function fields(meta: Meta): [string, Parameter][] {
  return Object.entries(meta.query_schema.properties)
    .filter(([name]) => name !== "sort_by")
    .flatMap(([name, told]): [string, Parameter][] => {
      if (told.type !== "object") return [[name, told]];
      const example = (told.example ?? {}) as { [member: string]: unknown };
      return Object.entries(example).map(([member, value]) => [`${name}[${member}]`, { ...told, type: "string", example: value }]);
    });
}

/** The name of a condition's parameter. */
export const parameter = ({ field, operator }: Condition) => (operator === "eq" ? field : `${field}[${operator}]`);

/** The query of a form, without account, limit and cursor. */
export function pairs(asked: Asked): Pairs {
  const found: Pairs = asked.conditions.map((one) => [parameter(one), one.value]);
  if (asked.sort !== "") found.push([`sort_by[${asked.sort}]`, asked.direction]);
  if (asked.ignoresRemoteData) found.push(["truto_ignore_remote_data", "true"]);
  return [...found, ...new URLSearchParams(asked.further.trim().replace(/^\?/, ""))];
}

const OWN = new Set(["integrated_account_id", "resource", "next_cursor", "crosswalk_explain"]);

/** The form of an address. What the account's CRM requires has a line of its own. */
export function read(query: URLSearchParams, meta: Meta): Asked {
  const known = new Map(fields(meta));
  const asked: Asked = { conditions: [], sort: "", direction: "asc", limit: "100", ignoresRemoteData: false, further: "" };
  const further: Pairs = [];
  for (const [name, value] of query) {
    const [, base = name, inner] = /^([^[]+)\[([^\]]*)\]$/.exec(name) ?? [];
    if (OWN.has(name)) continue;
    if (name === "limit") asked.limit = value;
    else if (name === "truto_ignore_remote_data" && value === "true") asked.ignoresRemoteData = true;
    else if (base === "sort_by" && inner !== undefined && asked.sort === "") [asked.sort, asked.direction] = [inner, value];
    else if (known.has(name)) asked.conditions.push(condition(name, "eq", value));
    else if (inner !== undefined && known.get(base)?.operators?.includes(inner)) asked.conditions.push(condition(base, inner, value));
    else further.push([name, value]);
  }
  for (const [name, told] of known) {
    if (told.required === true && !asked.conditions.some((one) => one.field === name)) asked.conditions.unshift(condition(name, "eq", ""));
  }
  asked.further = new URLSearchParams(further).toString().replace(/%5B/gi, "[").replace(/%5D/gi, "]");
  return asked;
}

/** Whether an error's parameter is this one, whole or by its base. */
export function isMeant(named: string[], name: string): boolean {
  const base = (text: string) => text.replace(/\[.*$/, "");
  if (named.includes(name)) return true;
  // Something more exact is named: another line of the same field.
  return named.some((one) => base(one) === base(name) && (one === base(one) || name === base(name)));
}
