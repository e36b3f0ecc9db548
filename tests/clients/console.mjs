// The console in a browser: signing in and out, what tokens may not do, accounts, and connecting them.
import assert from "node:assert/strict";
import { PAGE, account, api, button, crosswalk, done, loaded, look, rows, signIn, soon, test, to } from "./console-house.mjs";

const { TOKEN } = process.env;
const heading = (page, text) => page.getByRole("heading", { level: 1, name: text }).waitFor();

// --- signing in -------------------------------------------------------------------------

await test("nothing, a wrong token, then the right one", async (page) => {
  await page.goto(`${PAGE}/console`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "token");
  await button(page, "Sign in").click();
  assert.match(await page.locator("#token-problem").innerText(), /Paste an API token/);
  await page.fill("#token", "cw_wrong");
  await page.press("#token", "Enter");
  await page.locator("#token-problem", { hasText: /not known here, revoked or over/ }).waitFor();
  assert.equal(await page.getAttribute("#token", "aria-invalid"), "true");
  await page.fill("#token", "ü");
  await page.press("#token", "Enter");
  await page.locator("#token-problem", { hasText: "one word" }).waitFor();
  await page.fill("#token", TOKEN);
  await page.press("#token", "Enter");
  await heading(page, "Accounts");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, document.documentElement.outerHTML]));
  assert.ok(!kept.includes(TOKEN), "the token is in memory only");
  await page.reload();
  await page.locator("#token").waitFor();
});

await test("a place is come back to after signing in, and after signing out", async (page) => {
  await signIn(page, "accounts?integration=hubspot");
  await rows(page).first().waitFor();
  await soon(async () => assert.equal(await page.getByLabel("CRM").inputValue(), "hubspot"));
  await button(page, "Sign out").click();
  await page.locator("#token").waitFor();
  await page.fill("#token", TOKEN);
  await page.press("#token", "Enter");
  await rows(page).first().waitFor();
  await soon(async () => assert.equal(await page.getByLabel("CRM").inputValue(), "hubspot"));
  await page.goto(`${PAGE}/console#/nowhere`);
  await heading(page, "There is no such page");
});

await test("a token that ends leads to the sign-in, and back to what was being asked", async (page) => {
  const token = crosswalk("token", "create", "--name", "ends soon");
  await signIn(page, `playground?integrated_account_id=${account("hubspot")}`, token);
  await button(page, "Filter by name").click();
  await page.getByLabel("Value of name").fill("an");
  await loaded(page);
  const { id } = JSON.parse(crosswalk("token", "list", "--output", "json")).find(({ name }) => name === "ends soon");
  crosswalk("token", "revoke", id);
  // Other processes hear of it within a second.
  await page.waitForTimeout(1300);
  await button(page, "Run").click();
  await page.locator("#token").waitFor();
  assert.match(await page.getByRole("status").first().innerText(), /signed out.*revoked or over.*go on where you were/s);
  await page.fill("#token", TOKEN);
  await page.press("#token", "Enter");
  await page.locator('.condition[data-parameter="name[contains]"]').waitFor();
  assert.equal(await page.getByLabel("Value of name").inputValue(), "an");
  await button(page, "Run").click();
  await page.locator(".picture").waitFor();
});

await test("what a token may not do is said, not tried", async (page) => {
  const calls = [];
  page.on("request", (request) => request.method() !== "GET" && calls.push(request.url()));
  await signIn(page, `accounts/${account("hubspot")}`, crosswalk("token", "create", "--read-only", "--name", "reads"));
  for (const name of ["Refresh credentials", "Reconnect", "Delete…"]) {
    await button(page, name).click({ force: true });
    assert.equal(await button(page, name).getAttribute("aria-disabled"), "true");
    const why = await button(page, name).getAttribute("aria-describedby");
    assert.match(await page.locator(`[id="${why}"]`).innerText(), /may only read/);
  }
  assert.equal(await page.locator("dialog").count(), 0);
  // Reading is left.
  await button(page, "Check now").click();
  await page.locator(".notice", { hasText: "HubSpot answered in" }).waitFor();
  assert.deepEqual(calls, []);
});

await test("tokens of some accounts, and of one", async (page, context) => {
  await signIn(page, "accounts", crosswalk("token", "create", "--account", account("hubspot"), "--account", account("close")));
  await rows(page).first().waitFor();
  assert.equal(await rows(page).count(), 2);
  assert.match(await page.locator(".whose").innerText(), /2 accounts/);
  await page.locator("#side").getByRole("link", { name: /Connect/ }).click();
  await page.locator(".notice", { hasText: "some accounts only" }).waitFor();

  const own = await context.newPage();
  const { token } = await api("POST", "/integrated-account/token", { integrated_account_id: account("close"), expires_in: 600 });
  await signIn(own, "", token);
  await own.getByRole("heading", { level: 1, name: /Close/ }).waitFor();
  assert.equal(await button(own, "Delete…").getAttribute("aria-disabled"), "true");
  await own.locator("#side").getByRole("link", { name: "Playground" }).click();
  await button(own, "Run").click();
  await own.locator(".picture").waitFor();
});

// --- accounts ---------------------------------------------------------------------------

const many = [];
for (let at = 0; at < 60; at += 1) {
  const made = await api("POST", "/integrated-account?validate=false", { tenant_id: `many-${String(at).padStart(2, "0")}`, integration: "hubspot", authentication_method: "api_key", context: { api_key: "pat-wrong" } });
  many.push(made.id);
}

await test("accounts: pages and filters", async (page) => {
  await signIn(page, "accounts");
  await rows(page).first().waitFor();
  assert.equal(await rows(page).count(), 50);
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor();
  await soon(async () => assert.equal(await rows(page).count(), 34));
  await page.goBack();
  await soon(async () => assert.equal(await rows(page).count(), 50));
  await page.getByLabel("Tenant").fill("many-07");
  await soon(async () => assert.equal(await rows(page).count(), 1));
  assert.match(page.url(), /tenant_id=many-07/);
  await page.getByLabel("CRM").selectOption({ label: "Zoho CRM" });
  await page.locator(".empty").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await soon(async () => assert.equal(await rows(page).count(), 50));
  await page.getByLabel("Status").selectOption("needs_reauth");
  await page.locator(".empty").waitFor();
});

await test("an account whose credentials are refused: said, and reconnected", async (page) => {
  await signIn(page, `accounts/${many[3]}`);
  await button(page, "Refresh credentials").click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /does not accept/);
  await page.locator(".health.bad").waitFor();
  assert.match(await page.locator(".health").innerText(), /Needs reconnecting.*HubSpot said/s);
  assert.equal(await button(page, "Check now").getAttribute("aria-disabled"), "true");
  const [beside] = await Promise.all([page.waitForEvent("popup"), button(page, "Reconnect").click()]);
  await beside.fill("[name=api_key]", "pat-na1-sandbox");
  await beside.click('form button[type="submit"]');
  await page.locator(".notice", { hasText: "connected again" }).waitFor();
  await button(page, "Show it as it is now").click();
  await page.locator(".health.good").waitFor();
  await button(page, "Check now").click();
  await page.locator(".notice", { hasText: "HubSpot answered in" }).waitFor();
  await button(page, "Refresh credentials").click();
  await page.locator(".notice", { hasText: "accepts" }).waitFor();
  await page.goto(`${PAGE}/console#/accounts/${account("hubspot")}`);
  await page.locator(".figures", { hasText: /Quota left\s*\d+/ }).waitFor();
});

await test("an account is deleted once that is confirmed", async (page) => {
  await signIn(page, `accounts/${many[5]}`);
  await button(page, "Delete…").click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await button(page, "Delete…").click();
  await button(page, "Delete the account").click();
  await heading(page, "Accounts");
  await page.goto(`${PAGE}/console#/accounts/${many[5]}`);
  await page.getByRole("alert").filter({ hasText: "no integrated account" }).waitFor();
});

// --- connecting -------------------------------------------------------------------------

await test("a new account by consent, told as soon as it is there", async (page) => {
  await signIn(page, "connect");
  await button(page, "Open the connect page").click();
  await page.locator(".field .problem").waitFor();
  await page.getByLabel("Tenant").fill("console-1");
  await page.getByLabel("CRM").selectOption("hubspot");
  const [beside] = await Promise.all([page.waitForEvent("popup"), button(page, "Open the connect page").click()]);
  await beside.click('form button[type="submit"]');
  await beside.click('button[value="allow"]');
  await page.locator(".notice", { hasText: "Connected: HubSpot for console-1" }).waitFor();
  await page.getByRole("link", { name: "Show the account" }).click();
  await page.getByRole("heading", { level: 1, name: /console-1/ }).waitFor();
});

await test("a window that is closed, and a link used in another browser", async (page, context) => {
  await signIn(page, "connect");
  await page.getByLabel("Tenant").fill("console-2");
  await page.getByLabel("CRM").selectOption("hubspot");
  const [beside] = await Promise.all([page.waitForEvent("popup"), button(page, "Open the connect page").click()]);
  await beside.locator("form").first().waitFor();
  await beside.close();
  await page.locator("[data-waiting] .problem", { hasText: "was closed before" }).waitFor();
  const link = await page.getByLabel("The connect page's link").inputValue();
  const elsewhere = await context.browser().newContext();
  const theirs = await elsewhere.newPage();
  await theirs.goto(`${link}&integration=hubspot&auth_format=api_key`);
  await theirs.fill("[name=api_key]", "pat-na1-sandbox");
  await theirs.click('form button[type="submit"]');
  await page.locator(".notice", { hasText: "Connected" }).waitFor();
  await elsewhere.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 768, 1280]) {
    const view = { width, colorScheme };
    await test(`axe finds nothing and nothing is cut off: ${colorScheme}, ${width} px`, async (page) => {
      await page.goto(`${PAGE}/console`);
      await page.locator("#token").waitFor();
      await look(page, "sign-in", view);
      await signIn(page, "accounts");
      await rows(page).first().waitFor();
      await look(page, "accounts", view);
      if (width < 800) {
        await button(page, "Menu").click();
        await look(page, "menu", view);
        await page.locator("#side a").first().click();
      }
      await to(page, `accounts/${account("hubspot")}`, ".facts");
      await look(page, "account", view);
      await button(page, "Delete…").click();
      await look(page, "delete", view);
      await page.keyboard.press("Escape");
      await to(page, `accounts/${many[8]}`, ".facts");
      await button(page, "Refresh credentials").click();
      await page.locator(".health.bad").waitFor();
      await look(page, "account-refused", view);
      await to(page, "connect", ".connect");
      await page.getByLabel("Tenant").fill("acme-1");
      await button(page, "Only make a link").click();
      await page.locator("[data-waiting]").waitFor();
      await look(page, "connect", view);
    }, { colorScheme, bypassCSP: true, viewport: { width, height: 900 } });
  }
}
await done();
