// Tokens, webhooks, the log and overrides on the console: what is made is made, what is refused says why and where,
// charts agree with the figures, others' words stay text, and axe finds nothing.
import assert from "node:assert/strict";
import { account, api, button, call, crosswalk, done, loaded, look, rows, signIn, soon, test, to } from "./console-house.mjs";

const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202egnp.exe`;
const token = (...args) => crosswalk("token", "create", ...args);
const inDialog = (page, name) => page.getByRole("dialog").getByRole("button", { name, exact: true });

// --- tokens -----------------------------------------------------------------------------

await test("a token is made, shown once, works as told, and is revoked", async (page, context) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, "tokens");
  await button(page, "New token").click();
  await page.getByLabel("Name").fill("nightly report");
  await page.getByLabel("Ends after").selectOption({ label: "30 days" });
  await page.getByLabel("read only").check();
  await page.getByLabel("some accounts").check();
  await inDialog(page, "Make it").click();
  await page.getByRole("alert").filter({ hasText: "Add the accounts" }).waitFor();
  await page.getByLabel("Account", { exact: true }).fill("nobody");
  await inDialog(page, "Add").click();
  await inDialog(page, "Make it").click();
  await page.getByRole("alert").filter({ hasText: "there is no integrated account" }).waitFor();
  await button(page, "Leave out nobody").click();
  await page.getByLabel("Account", { exact: true }).fill(account("hubspot"));
  await inDialog(page, "Make it").click();
  const secret = await page.locator(".once code").innerText();
  await button(page, "Copy").click();
  await button(page, "Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  const { body: me } = await call("GET", "/api-token/me", undefined, secret);
  assert.deepEqual([me.name, me.read_only, me.integrated_account_ids], ["nightly report", true, [account("hubspot")]]);
  assert.ok(Math.abs(Date.parse(me.expires_at) - Date.now() - 30 * 86_400_000) < 60_000);
  await button(page, "I have it").click();
  assert.ok(!(await page.locator("body").innerText()).includes(secret), "the token is shown once");

  await rows(page).filter({ hasText: "nightly report" }).getByRole("button", { name: /^Revoke/ }).click();
  await inDialog(page, "Cancel").click();
  assert.equal((await call("GET", "/api-token/me", undefined, secret)).status, 200);
  await rows(page).filter({ hasText: "nightly report" }).getByRole("button", { name: /^Revoke/ }).click();
  await inDialog(page, "Revoke").click();
  await rows(page).filter({ hasText: "nightly report" }).getByText("Revoked").waitFor();
  assert.equal((await call("GET", "/api-token/me", undefined, secret)).status, 401);
});

await test("whoever revokes the token in use is told before, and signed out", async (page) => {
  await signIn(page, "tokens", token("--name", "mine"));
  const mine = rows(page).filter({ hasText: "yours" });
  await mine.getByRole("button", { name: /^Revoke/ }).click();
  await page.getByRole("dialog").getByText("you are signed in with").waitFor();
  await inDialog(page, "Revoke").click();
  await page.locator("#token").waitFor();
  await page.getByText("You revoked the token that you were signed in with.").waitFor();
});

await test("tokens that may less are told so", async (page) => {
  await signIn(page, "tokens", token("--read-only", "--name", "reads"));
  await rows(page).first().waitFor();
  const make = button(page, "New token");
  assert.equal(await make.getAttribute("aria-disabled"), "true");
  await make.click({ force: true });
  assert.equal(await page.getByRole("dialog").count(), 0);
  for (const [place, title] of [["log", "Log"], ["webhooks", "Webhooks"], ["overrides", "Overrides"]]) {
    await to(page, place, `main h1:text-is("${title}")`);
    await loaded(page);
    assert.equal(await page.getByRole("alert").count(), 0, "what it may read, it reads");
  }
});

// --- webhooks ---------------------------------------------------------------------------

await test("a webhook is made, tried, changed, and deleted", async (page) => {
  await signIn(page, "webhooks");
  await button(page, "New webhook").click();
  await page.getByLabel("Address").fill("http://example.com/hooks");
  await inDialog(page, "Make it").click();
  await page.getByRole("alert").filter({ hasText: "must begin with https://" }).waitFor();
  assert.equal(await page.getByLabel("Address").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Address").fill("https://hooks.example.com/crm");
  await page.getByLabel("only these").check();
  await page.getByLabel(/integrated_account:deleted/).check();
  await inDialog(page, "Make it").click();
  assert.match(await page.locator(".once code").innerText(), /^whsec_/);
  await button(page, "I have it").click();
  await page.getByRole("link", { name: "https://hooks.example.com/crm" }).click();
  await page.getByRole("heading", { level: 1, name: "https://hooks.example.com/crm" }).waitFor();

  // Nobody listens there: the demo's vendors are all that can be reached.
  await button(page, "Send a test").click();
  await page.locator("[data-test]", { hasText: "not delivered: it answered 502" }).waitFor();
  await rows(page).filter({ hasText: "webhook:test" }).getByText("Given up").waitFor();
  await page.getByText("Failing").first().waitFor();

  await button(page, "Edit").click();
  assert.ok(await page.getByLabel(/integrated_account:deleted/).isChecked());
  await page.getByLabel("all, also those of later versions").check();
  await inDialog(page, "Keep it").click();
  await page.locator("dd", { hasText: /^all$/ }).waitFor();
  await button(page, "Turn off").click();
  await button(page, "Turn on").waitFor();
  await button(page, "New secret").click();
  await inDialog(page, "New secret").click();
  assert.match(await page.locator(".once code").innerText(), /^whsec_/);
  const [kept] = (await api("GET", "/webhook")).result;
  assert.deepEqual([kept.is_active, kept.event_types], [false, []]);
  await button(page, "Delete").click();
  await inDialog(page, "Delete").click();
  await page.getByText("There is no webhook yet").waitFor();
  assert.equal((await api("GET", "/webhook")).result_count, 0);
  await to(page, `webhooks/${kept.id}`, ".wrong");
  assert.match(await page.locator(".wrong").innerText(), /there is no webhook/);
});

// --- the log ----------------------------------------------------------------------------

await test("calls are found by their filters and open to the requests behind them", async (page) => {
  for (let n = 0; n < 3; n += 1) await api("GET", `/unified/crm/users?integrated_account_id=${account("keap")}&limit=40`);
  await call("GET", `/unified/crm/users?integrated_account_id=${account("keap")}&limit=0`);
  await signIn(page, "log");
  const calls = page.locator("table.calls .reveal");
  await calls.first().waitFor();
  await page.getByLabel("CRM", { exact: true }).selectOption("keap");
  const many = async (query) => {
    const { result_count } = await api("GET", `/log?integration=keap&${query}`);
    await soon(async () => assert.equal(await calls.count(), result_count));
    return result_count;
  };
  await page.getByLabel("Status").selectOption("4xx");
  assert.equal(await many("status=4xx"), 1);
  assert.equal(await page.locator("table.calls .state").innerText(), "400");
  assert.match(page.url(), /integration=keap&status=4xx$/);
  await page.getByLabel("Status").selectOption("2xx");
  await page.getByLabel("Method").selectOption("GET");
  assert.ok((await many("status=2xx&method=GET")) >= 3);
  await calls.first().click();
  assert.equal(await calls.first().getAttribute("aria-expanded"), "true");
  const lanes = page.locator(".behind .fall li");
  const [newest] = (await api("GET", "/log?integration=keap&status=2xx&method=GET&limit=1")).result;
  assert.equal(await lanes.count(), newest.vendor_requests_count);
  const lane = await lanes.first().locator(".lane span").boundingBox();
  const whole = await lanes.first().locator(".lane").boundingBox();
  const wide = newest.vendor_requests[0].milliseconds / newest.milliseconds;
  assert.ok(Math.abs(lane.width / whole.width - wide) < 0.05, `${lane.width} of ${whole.width} is not ${wide}`);
  // One call has an address of its own, and is open there.
  await page.locator(".behind a code").click();
  await page.locator('table.calls .reveal[aria-expanded="true"]').waitFor();
  await soon(async () => assert.equal(await calls.count(), 1));
  assert.match(page.url(), new RegExp(`request_id=${newest.request_id}`));
});

await test("charts, their table and the server's figures agree", async (page) => {
  await signIn(page, "log?span=1h");
  await page.locator(".chart canvas").nth(2).waitFor();
  const { result } = await api("GET", "/log/summary?integration=keap");
  const keap = page.locator(".tally tbody tr").filter({ hasText: "Keap" }).first();
  if ((await keap.count()) === 0) await page.getByRole("button", { name: /^All / }).click();
  const cells = await keap.locator("td").allInnerTexts();
  assert.deepEqual(cells.slice(0, 3), [result[0].calls, result[0].client_errors, result[0].server_errors].map(String));
  await page.getByText("The charts as a table").click();
  await page.getByRole("region", { name: "Calls over time" }).locator("tbody tr").first().waitFor();
  const sum = await page.getByRole("region", { name: "Calls over time" }).locator("tbody tr").filter({ hasText: "Keap" }).evaluateAll((rows) => rows.reduce((sum, row) => sum + Number(row.cells[2].innerText), 0));
  assert.equal(sum, result[0].calls);
  // Dragging looks closer.
  const plot = page.locator(".chart .u-over").first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/since=.*until=/);
  await page.getByLabel("From", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Take all filters away" }).click();
  await page.waitForURL(/#\/log$/);
});

// --- overrides --------------------------------------------------------------------------

const write = (page, value) => page.locator(".sheet textarea").fill(typeof value === "string" ? value : JSON.stringify(value, null, 2));
const cell = (page, field, column) => page.locator(".compare tbody tr").filter({ has: page.locator(`th code:text-is("${field}")`) }).locator("td").nth(column);

await test("overrides are tried on a real record, then saved for one account", async (page) => {
  const id = account("zendesksell");
  const asked = [];
  page.on("request", (request) => request.url().endsWith("/preview") && asked.push(JSON.parse(request.postData())));
  await signIn(page, `overrides?account=${id}`);
  const [plain] = (await api("GET", `/unified/crm/users?integrated_account_id=${id}&limit=1`)).result;
  await cell(page, "name", 0).getByText(plain.name).waitFor();
  await write(page, { response_mapping: { role_name: "role", name: "$uppercase(name)" } });
  await cell(page, "role_name", 1).getByText(plain.remote_data.role).waitFor();
  assert.equal(await cell(page, "name", 1).innerText(), plain.name.toUpperCase());
  assert.equal(await cell(page, "name", 0).innerText(), plain.name);
  assert.equal(asked.filter((body) => body.record === undefined).length, 1, "the CRM is asked for the record once");
  assert.equal((await api("GET", `/integrated-account/${id}`)).unified_model_override, null, "nothing is kept yet");
  // What is not saved is still there after a look at something else.
  await page.getByLabel("Call").selectOption("get");
  await page.waitForFunction(() => !document.querySelector(".sheet textarea").value.includes("role_name"));
  await page.getByLabel("Call").selectOption("list");
  await page.waitForFunction(() => document.querySelector(".sheet textarea").value.includes("role_name"));
  await page.getByText("not saved").waitFor();
  await button(page, "Save for this account").click();
  await button(page, "Remove").waitFor();
  const [changed] = (await api("GET", `/unified/crm/users?integrated_account_id=${id}&limit=1`)).result;
  assert.equal(changed.role_name, plain.remote_data.role);
  await cell(page, "name", 0).getByText(plain.name.toUpperCase()).waitFor();
  await button(page, "Remove").click();
  await inDialog(page, "Remove").click();
  await page.getByText("not saved").waitFor({ state: "detached" });
  await cell(page, "name", 0).getByText(plain.name, { exact: true }).waitFor();
  assert.equal((await api("GET", `/integrated-account/${id}`)).unified_model_override, null);
});

await test("an override of the environment counts for every account of its CRM", async (page) => {
  const id = account("hubspot");
  await signIn(page, `overrides?account=${id}`);
  await page.getByLabel("For", { exact: true }).selectOption("environment");
  await page.locator(".compare tbody tr").first().waitFor();
  // A field's own expression is taken over to be changed.
  await page.getByRole("button", { name: "Change is_active" }).click();
  await soon(async () => assert.match(await page.locator(".sheet textarea").inputValue(), /"is_active": "/));
  await write(page, { response_mapping: { archived: "archived" } });
  await page.getByRole("button", { name: /^Save for all HubSpot accounts/ }).click();
  await button(page, "Remove").waitFor();
  const [stored] = (await api("GET", "/environment-unified-model-resource-method")).result;
  assert.deepEqual([stored.integration, stored.method, stored.override], ["hubspot", "list", { response_mapping: { archived: "archived" } }]);
  await to(page, "overrides", 'a:text-is("HubSpot")');
  await page.getByRole("link", { name: "HubSpot" }).click();
  await page.locator(".sheet textarea").waitFor();
  await soon(async () => assert.match(await page.locator(".sheet textarea").inputValue(), /"archived": "archived"/));
  await button(page, "Remove").click();
  await inDialog(page, "Remove").click();
  await page.waitForFunction(() => !document.querySelector(".sheet textarea")?.value.includes("archived"));
  assert.equal((await api("GET", "/environment-unified-model-resource-method")).result_count, 0);
});

await test("what is wrong is shown at its place in the text", async (page) => {
  await signIn(page, `overrides?account=${account("hubspot")}`);
  await page.locator(".compare tbody tr").first().waitFor();
  const marked = async (text, wrong, line) => {
    await write(page, text);
    await page.locator(".sheet .bad", { hasText: wrong }).first().waitFor();
    await page.locator(".problems button", { hasText: new RegExp(`^Line ${line}, column`) }).first().click();
    assert.equal(await page.locator(".sheet textarea").getAttribute("aria-invalid"), "true");
    return page.evaluate(() => {
      const { value, selectionStart, selectionEnd } = document.activeElement;
      return value.slice(selectionStart, selectionEnd);
    });
  };
  // JSON that is none, an expression that breaks off behind letters of several bytes and an escape, a member that
  // there is not, and one that may not be.
  assert.equal(await marked('{\n  "response_mapping": {,}\n}', ",", 2), ",");
  assert.equal(await marked('{\n  "response_mapping": {\n    "tier": "\'é\\t😀\' & )"\n  }\n}', ")", 3), ")");
  await marked('{\n  "response_mapping": {},\n  "colour": "red"\n}', "red", 3);
  await marked('{\n  "response_mapping": {\n    "id": "name"\n  }\n}', "name", 3);
  await button(page, "Save for this account").click();
  await page.locator(".problems li").first().waitFor();
  assert.equal((await api("GET", `/integrated-account/${account("hubspot")}`)).unified_model_override, null);
  // Tab leaves the text, as everywhere.
  await page.locator(".sheet textarea").focus();
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
});

// --- others' words ----------------------------------------------------------------------

await test("what others write stays text", async (page) => {
  await api("POST", "/api-token", { name: HOSTILE });
  const made = await api("POST", "/webhook", { target_url: "https://example.com/?<script>".replace(/[<>]/g, encodeURIComponent) });
  await signIn(page, "tokens");
  await page.getByText("<script>window.hacked=1</script>").first().waitFor();
  const long = "x".repeat(10_000);
  const record = JSON.stringify({ id: 1, name: HOSTILE, email: long });
  await page.route("**/preview", async (route) => {
    const body = JSON.parse(route.request().postData());
    await route.continue({ postData: JSON.stringify({ ...body, record }) });
  });
  await to(page, `overrides?account=${account("zendesksell")}`, ".compare tbody tr");
  await cell(page, "name", 0).getByText("onerror").waitFor();
  assert.ok((await cell(page, "email", 0).innerText()).length < 500, "what is long is cut");
  await write(page, { response_mapping: { name: `'${"<b onmouseover=window.hacked=1>"}'` } });
  await cell(page, "name", 1).getByText("<b onmouseover").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("main img, main script, main b[onmouseover]").count(), 0);
  await api("DELETE", `/webhook/${made.id}`);
});

// --- how it looks -----------------------------------------------------------------------

const hook = await api("POST", "/webhook", { target_url: "https://hooks.example.com/crm", event_types: ["integrated_account:authentication_error"] });
await api("POST", `/webhook/${hook.id}/test`);
for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 768, 1280]) {
    const as = { width, colorScheme };
    await test(
      `axe finds nothing and nothing is cut off: ${colorScheme}, ${width} px`,
      async (page) => {
        await signIn(page, "log");
        await page.locator(".chart canvas").nth(2).waitFor();
        await page.locator("table.calls .reveal").first().waitFor();
        await look(page, "log", as);
        await to(page, `log?integration=keap&method=GET`, "table.calls .reveal");
        await page.locator("table.calls .reveal").first().click();
        await page.getByText("More filters").click();
        await page.getByText("The charts as a table").click();
        await look(page, "log-open", as);
        await to(page, "tokens", "tbody th");
        await look(page, "tokens", as);
        await button(page, "New token").click();
        await page.getByLabel("some accounts").check();
        await look(page, "token-new", as);
        await page.getByLabel("Name").fill("my app");
        await page.getByLabel("the whole environment").check();
        await inDialog(page, "Make it").click();
        await page.locator(".once").waitFor();
        await look(page, "token-made", as);
        await to(page, "webhooks", "tbody th");
        await look(page, "webhooks", as);
        await button(page, "New webhook").click();
        await page.getByLabel("only these").check();
        await look(page, "webhook-new", as);
        await page.keyboard.press("Escape");
        await to(page, `webhooks/${hook.id}`, "tbody th");
        await look(page, "webhook", as);
        await to(page, "overrides", ".empty");
        await look(page, "overrides-begin", as);
        await to(page, `overrides?account=${account("zendesksell")}`, ".compare tbody tr");
        await write(page, { response_mapping: { role_name: "role", name: "$uppercase(name)" }, query: { extra: "1" } });
        await cell(page, "role_name", 1).waitFor();
        await look(page, "overrides", as);
        await write(page, { response_mapping: { name: "name & (" } });
        await page.locator(".problems button").waitFor();
        await look(page, "overrides-wrong", as);
      },
      { viewport: { width, height: 900 }, colorScheme },
    );
  }
}

await done();
