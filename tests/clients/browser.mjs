// The reference in a browser: examples are filled in alike by server and page, calls can be tried, errors point at
// what they name, vendors' data is text, and axe finds nothing.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { BASE, TOKEN, ACCOUNT, CHROMIUM } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.outside = [];
  page.on("request", (request) => request.url().startsWith(BASE) || page.outside.push(request.url()));
  await page.goto(`${BASE}/${path}`);
  return page;
}
const done = async (page, faults = 0) => {
  assert.deepEqual(page.outside, [], "nothing is fetched from elsewhere");
  assert.equal(page.faults.length, faults, page.faults.join("\n"));
  await page.context().close();
};
const form = (page) => page.locator('[data-try="listCrmUsers"]');
async function signIn(page) {
  await page.fill("#token", TOKEN);
  await page.waitForFunction(() => document.querySelectorAll("#accounts option").length > 1);
  await page.fill("#account", ACCOUNT);
}

// Examples are the same whether the server or the script fills them in, but for the address.
for (const path of ["docs/unified", "docs/proxy", "docs/accounts", "docs/connectors", "docs/server"]) {
  const read = (page) => page.$$eval(".samples pre", (all) => all.map((pre) => [pre.id, pre.querySelector("code").textContent]));
  const plain = await open(path, { javaScriptEnabled: false });
  const alive = await open(path);
  const own = (text) => text.replaceAll(BASE, "BASE").replaceAll("http://127.0.0.1:8080", "BASE");
  const tidy = (all) => all.map(([id, text]) => [id, own(text)]);
  assert.deepEqual(tidy(await read(alive)), tidy(await read(plain)), path);
  await done(plain);
  await done(alive);
}

// A call is tried, explained, and goes on; the token survives the way to another page.
{
  const page = await open("docs/unified");
  await signIn(page);
  await form(page).locator(".send").click();
  await form(page).locator(".verdict").waitFor();
  assert.match(await form(page).locator(".verdict").innerText(), /200 OK.* ms/s);
  assert.match(await page.locator("#listCrmUsers-curl").innerText(), new RegExp(ACCOUNT));
  await form(page).getByRole("tab", { name: "Explain" }).click();
  assert.match(await form(page).locator(".picture").innerText(), /api\.hubapi\.com/);
  await form(page).getByRole("button", { name: "Next page" }).click();
  await form(page).locator('select[aria-label="Parameter"]').nth(1).waitFor();
  await page.locator("#side").getByRole("link", { name: "Integrated accounts" }).click();
  await page.locator('[data-try="listAccounts"] .send').click();
  assert.match(await page.locator('[data-try="listAccounts"] .verdict').innerText(), /200/);
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes(TOKEN));
  await page.goBack();
  await page.locator("#listCrmUsers").waitFor();
  await done(page);
}

// An error is the server's own, and points at what it names; so does a token that is not known.
{
  const page = await open("docs/unified");
  await signIn(page);
  await form(page).locator(".arg input").first().fill("0");
  await form(page).locator(".arg input").first().press("Enter");
  await form(page).getByRole("alert").waitFor();
  assert.match(await form(page).getByRole("alert").innerText(), /limit must be a whole number/);
  assert.equal(await form(page).locator('.arg [aria-invalid="true"]').count(), 1);
  await page.fill("#token", "cw_wrong");
  await page.locator("#you-note.bad").waitFor();
  assert.equal(await page.getAttribute("#token", "aria-invalid"), "true");
  await done(page, 2); // The browser's own lines on the 400 and the 401.
}

// What a vendor answers is text, whatever it is; long and right-to-left texts don't break the page.
{
  const page = await open("docs/unified");
  const name = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>\u202e${"é".repeat(10000)}`;
  await page.route("**/unified/crm/users?**", (route) => route.fulfill({ json: { result: [{ id: "1", name }], next_cursor: null, explain: {
    integration: name, pushed: [{ parameter: name, vendor: name, exact: true }], rechecked: [name], sorted_by: null, scanned: 1, kept: 1,
    vendor_requests: [{ method: "GET", url: `https://x/${name}`, status: 200, started_after: 0, milliseconds: 1 }] } } }));
  await signIn(page);
  await form(page).locator(".send").click();
  await form(page).locator(".verdict").waitFor();
  for (const tab of ["Explain", "Headers", "Response"]) await form(page).getByRole("tab", { name: tab }).click();
  assert.match(await form(page).locator("pre").last().innerText(), /more letters/);
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator("main img").count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await done(page);
}

// Narrowed to one CRM, with its setup steps; the filter; keys.
{
  const page = await open("docs/unified");
  await page.selectOption("#crm", "activecampaign");
  await page.locator("#mine ol").waitFor();
  assert.equal(await page.locator(".matrix tbody tr:visible").count(), 1);
  assert.match(await page.locator('#listCrmUsers .row[data-name="created_at"]').first().innerText(), /ActiveCampaign has none/);
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await page.keyboard.press("/");
  await page.keyboard.type("sort_by");
  assert.equal(await page.locator("#listCrmUsers .row:visible").count(), 1);
  await page.keyboard.press("Escape");
  assert.ok((await page.locator("#listCrmUsers .row:visible").count()) > 10);
  const tab = page.locator("#listCrmUsers-curl-tab");
  await tab.focus();
  await page.keyboard.press("ArrowRight");
  assert.ok(await page.locator("#listCrmUsers-javascript").isVisible());
  await done(page);
}

// Accessible in both themes, wide and narrow, and nothing runs out of a narrow page.
let pages = 0;
for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 820, 1280]) {
    for (const path of ["docs", "docs/unified", "docs/accounts", "docs/crm/salesforce"]) {
      const page = await open(path, { colorScheme, bypassCSP: true, viewport: { width, height: 900 } });
      if (path === "docs/unified") {
        await signIn(page);
        await form(page).locator(".send").click();
        await form(page).getByRole("tab", { name: "Explain" }).click();
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      const told = violations.map((found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
      assert.deepEqual(told, [], `${path} ${colorScheme} ${width}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than ${width}`);
      pages += 1;
      await done(page);
    }
  }
}
await browser.close();
console.log(`Browser: ${pages} pages clean`);
