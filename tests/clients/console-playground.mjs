// The playground of the console in a browser: its form, its table, the cursor and the picture of an answer, errors at
// their fields, vendors' data as text, and keys alone.
import assert from "node:assert/strict";
import { PAGE, account, button, done, loaded, look, rows, signIn, soon, test, to } from "./console-house.mjs";

const { BASE, EGRESS, TOKEN } = process.env;
const playground = async (page, query, token) => {
  await signIn(page, `playground?${query}`, token);
  await page.locator(".call").waitFor();
};
const run = async (page) => {
  await button(page, "Run").click();
  await page.locator(".picture").waitFor();
  await loaded(page);
};
const inTable = (page) => page.locator('.grid-body [role="row"]').count();

await test("filters, sort, and how the answer came about", async (page) => {
  await playground(page, `integrated_account_id=${account("salesforce")}`);
  await button(page, "Filter by email, which Salesforce filters").click();
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Value of email");
  await page.keyboard.type("example");
  await button(page, "Filter by created_at, which Salesforce filters").click();
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Value of created_at");
  await page.keyboard.type("1990-01-01");
  await page.getByLabel("Sort by").selectOption("name");
  await page.getByLabel("Direction").selectOption("desc");
  await page.getByLabel("Limit").fill("50");
  await run(page);
  const picture = await page.locator(".picture").innerText();
  assert.match(picture, /email\[contains\] as Email LIKE '%example%' exact/);
  assert.match(picture, /created_at\[gt\] as CreatedDate >= 1990-01-01T00:00:00Z at least those/);
  assert.match(picture, /created_at\[gt\] on every record/);
  assert.match(picture, /50\s+in the answer/);
  assert.match(picture, /\d+ REQUESTS? TO SALESFORCE/i);
  // The line for a command line asks the same.
  const line = await page.locator(".curl code").innerText();
  const address = /'([^']+)'/.exec(line)[1].replace(PAGE, BASE);
  const answer = await (await fetch(address, { headers: { authorization: `Bearer ${TOKEN}` } })).json();
  const first = JSON.parse(await page.locator(".beside pre").innerText());
  assert.deepEqual(first, answer.result[0]);
  assert.ok(!line.includes(TOKEN));
  await button(page, "Next page").click();
  await page.locator(".summary", { hasText: "100 records" }).waitFor();
  await page.locator(".pager select").selectOption("0");
  // What the vendor was asked is in the log as well.
  await page.getByRole("link", { name: "This call in the log" }).click();
  await page.getByRole("heading", { level: 1, name: "Log" }).waitFor();
  await page.goBack();
  await page.locator(".condition").first().waitFor();
  // What was asked stands in the address.
  await page.reload();
  await page.fill("#token", TOKEN);
  await page.press("#token", "Enter");
  await page.locator('.condition[data-parameter="created_at[gt]"]').waitFor();
  await soon(async () => assert.equal(await page.getByLabel("Sort by").inputValue(), "name"));
  assert.equal(await page.getByLabel("Limit").inputValue(), "50");
});

await test("1,000 users and more, of which few are in the document", async (page) => {
  await playground(page, `integrated_account_id=${account("hubspot")}&limit=400`);
  await page.getByLabel("Records to load at most").fill("1100");
  await button(page, "Run to the end").click();
  await page.locator(".summary", { hasText: "1,100 records" }).waitFor();
  assert.match(await page.locator(".summary").innerText(), /3 pages/);
  assert.ok((await inTable(page)) < 40, "few rows are in the document");
  const grid = page.getByRole("grid");
  assert.equal(await grid.getAttribute("aria-rowcount"), "1101");
  // Scrolled from end to end, frame by frame: none is empty; how long they took is told.
  const scrolled = await grid.evaluate(async (box) => {
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    let empty = 0;
    let most = 0;
    for (let top = 0; top < box.scrollHeight; top += 900) {
      const begun = performance.now();
      box.scrollTop = top;
      await frame();
      await frame();
      times.push(performance.now() - begun);
      const rows = [...box.querySelectorAll(".grid-body > *")].map((row) => row.getBoundingClientRect());
      const { top: above, bottom: below } = box.getBoundingClientRect();
      most = Math.max(most, rows.length);
      if (!rows.some((row) => row.top < below && row.bottom > above)) empty += 1;
    }
    times.sort((one, other) => one - other);
    return { typical: Math.round(times[times.length >> 1]), worst: Math.round(times.at(-1)), empty, most, steps: times.length };
  });
  console.log(`        ${JSON.stringify(scrolled)}`);
  assert.equal(scrolled.empty, 0);
  assert.ok(scrolled.most < 40, JSON.stringify(scrolled));
  await grid.focus();
  await page.keyboard.press("End");
  await page.locator('[aria-selected="true"][aria-rowindex="1101"]').waitFor();
  await soon(async () => assert.equal(await button(page, "Record 1100").getAttribute("aria-pressed"), "true"));
  await page.keyboard.press("ArrowUp");
  await page.locator('[aria-selected="true"][aria-rowindex="1100"]').waitFor();
  await soon(async () => assert.ok(await grid.evaluate((box) => document.getElementById(box.getAttribute("aria-activedescendant")) !== null)));
});

await test("a walk is stopped, and goes on", async (page) => {
  await playground(page, `integrated_account_id=${account("hubspot")}&limit=100`);
  await page.route("**/unified/crm/users?**", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await route.continue().catch(() => {});
  });
  await button(page, "Run to the end").click();
  await page.locator(".summary", { hasText: "200 records" }).waitFor();
  await button(page, "Stop").click();
  await page.waitForTimeout(900);
  const told = await page.locator(".summary").innerText();
  assert.match(told, /^[23]00 records/);
  await page.getByRole("button", { name: "All up to 1,000" }).click();
  await page.locator(".summary", { hasText: "1,000 records" }).waitFor();
});

await test("the server's own error, and the field that it names", async (page) => {
  await playground(page, `integrated_account_id=${account("hubspot")}&created_at[gt]=yesterday&name=x`);
  const blames = (labels) => soon(async () => assert.deepEqual(await wrong(), labels));
  const wrong = () => page.$$eval('.call [aria-invalid="true"]', (all) => all.map((one) => one.getAttribute("aria-label") ?? document.querySelector(`label[for="${one.id}"]`)?.textContent));
  await button(page, "Run").click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /created_at\[gt\].*must be an ISO 8601 instant/);
  await blames(["Value of created_at"]);
  await soon(async () => assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Value of created_at"));
  await button(page, "Leave out the filter on created_at").click();
  await page.getByLabel("Limit").fill("0");
  await button(page, "Run").click();
  await page.getByRole("alert", { name: "" }).filter({ hasText: "whole number" }).waitFor();
  await blames(["Limit"]);
  await page.getByLabel("Limit").fill("10");
  await page.getByLabel("Further parameters").fill("shoe_size=3");
  await button(page, "Run").click();
  await page.getByRole("alert").filter({ hasText: "shoe_size" }).waitFor();
  await blames(["Further parameters"]);
  await page.getByLabel("Further parameters").fill("");
  await button(page, "Leave out the filter on name").click();
  await run(page);
  await soon(async () => assert.equal(await page.getByRole("alert").count(), 0));
  // An error of the vendor's is shown with what it said, and blames no field.
  const fault = { host: "hubapi", times: 1, kind: { status: { code: 403, body: '{"message":"<b>scopes</b> are missing"}' } } };
  assert.ok((await fetch(`${EGRESS}/_sandbox/faults`, { method: "POST", body: JSON.stringify(fault) })).ok);
  await button(page, "Run").click();
  await page.getByText("What the CRM said").click();
  assert.match(await page.locator(".wrong pre").innerText(), /<b>scopes<\/b> are missing/);
  await blames([]);
});

await test("what a CRM requires has its line", async (page) => {
  await playground(page, `integrated_account_id=${account("highlevel")}`);
  await page.getByLabel("Value of workspace[id]").waitFor();
});

await test("what a vendor says is text, whatever it is", async (page) => {
  const name = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>\u202e\u05d0\u05d1${"é\u0301".repeat(5000)}`;
  const url = `https://x/${encodeURIComponent(name)}`;
  await page.route("**/unified/crm/users?**", (route) =>
    route.fulfill({
      body: JSON.stringify({
        result: [{ id: "1", name, email: name, urls: [{ type: "avatar", url: `https://x/"onerror=alert(1)` }, { type: "avatar", url: "javascript:window.owned=1" }], remote_data: { big: "BIG", [name]: name } }],
        next_cursor: null, prev_cursor: null, result_count: 1, is_partial_response: false,
        explain: { integration: name, pushed: [{ parameter: name, vendor: name, exact: true }], rechecked: [name], sorted_by: null, scanned: 1, kept: 1, quota_remaining: name,
          vendor_requests: [{ method: "GET", url, status: 200, started_after: 0, milliseconds: 1, fault: name }] },
      }).replace('"BIG"', "9007199254740993.10"),
      contentType: "application/json",
    }),
  );
  await playground(page, `integrated_account_id=${account("salesforce")}`);
  await run(page);
  assert.ok((await page.locator(".beside pre").innerText()).includes("9007199254740993.10"), "numbers are spelled as they came");
  const cell = page.locator('.grid-body [role="gridcell"]').first();
  assert.ok((await cell.innerText()).includes("<script>"), "it is shown as text");
  assert.ok((await cell.innerText()).length < 400, "and cut");
  assert.match(await cell.innerText(), /…$/);
  assert.equal(await cell.locator("bdi").count(), 1);
  assert.ok(await cell.evaluate((box) => box.getBoundingClientRect().height <= 47));
  assert.ok((await page.locator(".beside pre").innerText()).includes("é\u0301".repeat(5000)), "the whole of it is there");
  await button(page, "Last answer").click();
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator("main script, main img[src^=x]").count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  // The same of an account.
  await page.route(`**/integrated-account/${account("close")}`, async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, tenant_id: name, status: "needs_reauth", last_error: name, context: { [name]: name }, quota: { remaining: name, seen_at: "nonsense" } } });
  });
  await page.goto(`${PAGE}/console#/accounts/${account("close")}`);
  await page.locator(".health.bad").waitFor();
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

await test("pictures of users, and initials where there is none", async (page) => {
  const asked = [];
  await page.route(/^https:/, (route) => {
    asked.push(route.request());
    const dot = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="#f80"/></svg>';
    return asked.length === 1 ? route.abort() : route.fulfill({ body: dot, contentType: "image/svg+xml" });
  });
  // Whoever has pictures.
  let shown = 0;
  await signIn(page, "playground");
  for (const name of ["pipedrive", "outreach", "attio", "freshsales", "planhat"]) {
    await page.goto(`${PAGE}/console#/playground?integrated_account_id=${account(name)}&limit=100`);
    await page.waitForFunction((id) => document.querySelector(".curl code")?.textContent.includes(id), account(name));
    await run(page);
    shown = await page.locator(".avatar img").count();
    if (shown > 1) break;
  }
  assert.ok(shown > 1, "pictures are shown");
  assert.equal(await page.locator(".avatar").count() > 0, true);
  assert.ok(asked.every((request) => request.resourceType() === "image" && request.headers().referer === undefined));
});

// --- keys alone, and everybody ------------------------------------------------------------

await test("by keyboard alone", async (page) => {
  await page.goto(`${PAGE}/console#/accounts`);
  await page.locator("#token").waitFor();
  await page.keyboard.insertText(TOKEN);
  await page.keyboard.press("Enter");
  await rows(page).first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.getAttribute("aria-label") || document.activeElement.id);
  const tabTo = async (wanted) => {
    for (let at = 0; at < 60; at += 1) {
      if ((await focused()) === wanted) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${wanted} is not reached`);
  };
  for (let at = 0; at < 20 && !(await focused()).startsWith("Skip"); at += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main", "the way past the bar and the side");
  for (let at = 0; at < 20 && (await focused()) !== "Playground"; at += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator(".call").waitFor();
  await soon(async () => assert.equal(await page.evaluate(() => document.activeElement.id), "main", "a new page begins at its beginning"));
  await tabTo("+ name");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.dataset.value !== undefined);
  await page.keyboard.type("a");
  await page.keyboard.press("Enter");
  await page.locator(".picture").waitFor();
  await tabTo("Leave out the filter on name").catch(() => {});
  await page.getByRole("grid").waitFor();
  for (let at = 0; at < 40 && !(await page.evaluate(() => document.activeElement.getAttribute("role") === "grid")); at += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.locator('[aria-selected="true"][aria-rowindex="3"]').waitFor();
  // What has the focus is seen to have it.
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 768, 1280]) {
    const view = { width, colorScheme };
    await test(`axe finds nothing and nothing is cut off: ${colorScheme}, ${width} px`, async (page) => {
      await playground(page, `integrated_account_id=${account("salesforce")}&email[contains]=example&created_at[gt]=1990-01-01&sort_by[name]=desc&limit=500`);
      await run(page);
      await look(page, "playground", view);
      await to(page, `playground?integrated_account_id=${account("teamleader")}&limit=1000`, ".call");
      await page.waitForFunction((id) => document.querySelector(".curl code")?.textContent.includes(id), account("teamleader"));
      await run(page);
      await look(page, "waterfall", view);
      await to(page, `playground?integrated_account_id=${account("close")}&created_at[gt]=yesterday`, ".condition");
      await button(page, "Run").click();
      await page.getByRole("alert").waitFor();
      await look(page, "error", view);
    }, { colorScheme, bypassCSP: true, viewport: { width, height: 900 } });
  }
}
await done();
