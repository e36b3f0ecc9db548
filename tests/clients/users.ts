// Lists users with a client that is generated from the document.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Page = components["schemas"]["CrmUserPage"];

const { BASE, TOKEN, ACCOUNT, USERS } = process.env as Record<string, string>;
const client = createClient<paths>({ baseUrl: BASE, headers: { Authorization: `Bearer ${TOKEN}` } });

type Query = NonNullable<paths["/unified/crm/users"]["get"]["parameters"]["query"]>;

async function page(query: Query): Promise<Page> {
  const { data, error } = await client.GET("/unified/crm/users", {
    params: { query: { integrated_account_id: ACCOUNT, ...query } },
  });
  assert.equal(error, undefined);
  assert.ok(data && typeof data === "object" && "result" in data && Array.isArray(data.result));
  return data as Page;
}

// To the end, in pages of seven.
const ids: string[] = [];
let cursor: string | null | undefined;
do {
  const found: Page = await page({ limit: 7, ...(cursor ? { next_cursor: cursor } : {}) });
  cursor = found.next_cursor;
  assert.equal(found.result.length, found.result_count);
  if (cursor) assert.equal(found.result_count, 7);
  ids.push(...found.result.map((user) => user.id ?? ""));
} while (cursor);
assert.equal(new Set(ids).size, Number(USERS));

// Deep objects and arrays.
const two = await page({ id: { in: ids.slice(0, 2).join(",") }, sort_by: { created_at: "desc" } });
assert.deepEqual(new Set(two.result.map((user) => user.id)), new Set(ids.slice(0, 2)));
const bare = await page({ is_active: true, truto_exclude_fields: ["name", "remote_data"], crosswalk_explain: true });
assert.ok(bare.result.every((user) => user.is_active === true && !("remote_data" in user)));
assert.ok(bare.explain?.pushed.some((pushed) => pushed.parameter === "is_active"));

// One, and an error with its type.
const one = await client.GET("/unified/crm/users/{id}", {
  params: { path: { id: ids[0] }, query: { integrated_account_id: ACCOUNT } },
});
assert.equal((one.data as components["schemas"]["CrmUser"]).id, ids[0]);
const refused = await client.GET("/unified/crm/users", {
  params: { query: { integrated_account_id: ACCOUNT, limit: 0 } },
});
assert.equal(refused.response.status, 400);
assert.match(refused.error?.message ?? "", /`limit`/);
console.log(`TypeScript: ${ids.length} users`);
