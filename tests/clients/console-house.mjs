// What the tests of the console share: a browser, the demo's accounts, and a test that also fails when the page has
// errors or asks anybody but its server. Pictures of users are where their CRM keeps them; there are none here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { BASE, TOKEN, DATA, CHROMIUM, CROSSWALK, SHOTS, SLOW } = process.env;
/** Where the page is; another address while the console is worked on. */
export const PAGE = process.env.CONSOLE ?? BASE;
/** How long the page may take for anything, in milliseconds. */
const PATIENCE = 15_000;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** A call with a token: its status and its body. */
export async function call(method, path, body, token = TOKEN) {
  const answer = await fetch(BASE + path, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: body && JSON.stringify(body) });
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
}
export async function api(method, path, body) {
  const answer = await call(method, path, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status}`);
  return answer.body;
}
/** The command line on the demo's data. */
export const crosswalk = (...args) => execFileSync(CROSSWALK, ["--data", DATA, ...args], { encoding: "utf8" }).trim();
const accounts = (await api("GET", "/integrated-account?limit=1000")).result;
/** The id of a vendor's account. */
export const account = (integration) => accounts.find((one) => one.integration === integration).id;

const underWay = new WeakMap();
let passed = 0;
let failed = 0;
export async function test(name, run, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  const outside = [];
  page.on("pageerror", (error) => faults.push(error.message));
  // A refused call is told by the browser too.
  page.on("console", (line) => line.type() === "error" && !/the server responded with a status|ERR_FAILED/.test(line.text()) && faults.push(line.text()));
  page.on("request", (request) => [BASE, PAGE].some((own) => request.url().startsWith(own)) || request.resourceType() === "image" || outside.push(request.url()));
  const asked = new Set();
  underWay.set(page, asked);
  page.on("request", (request) => asked.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => asked.delete(request));
  await page.route(/^https:/, (route) => route.abort());
  if (SLOW) await context.route(`${BASE}/**`, (route) => setTimeout(() => route.fallback().catch(() => {}), Math.random() * SLOW));
  try {
    await run(page, context);
    assert.deepEqual(faults, [], "the page has errors");
    assert.deepEqual(outside, [], "nothing but pictures is fetched from elsewhere");
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/failed-${failed}.png`, fullPage: true }).catch(() => {});
  } finally {
    await context.close();
  }
}
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

/** Goes to a place of the console, signed in. */
export async function signIn(page, place, token = TOKEN) {
  await page.goto(`${PAGE}/console#/${place}`);
  await page.fill("#token", token);
  await page.press("#token", "Enter");
  await page.locator("#side").waitFor({ state: "attached" });
}
/** Goes on to another place. */
export async function to(page, place, ready) {
  await page.goto(`${PAGE}/console#/${place}`);
  await page.locator(ready).first().waitFor();
}
/** Asserts until it holds: what a page shows may be of the answer before, or of none yet. */
export async function soon(check) {
  for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof assert.AssertionError) || Date.now() - begun > PATIENCE) throw error;
    }
  }
}
/** The table's rows of something, without the line that stands there while it is loading. */
export const rows = (page) => page.locator("tbody tr:has(th)");
export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Waits until nothing is being asked for. */
export const loaded = (page) =>
  soon(async () => {
    assert.deepEqual([...underWay.get(page)].map((request) => request.url()), []);
    assert.equal(await page.locator('[aria-busy="true"]').count(), 0);
  });

/** Nothing for axe to find, nothing cut off; with SHOTS a picture. */
export async function look(page, name, { width, colorScheme }) {
  await loaded(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.map((found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" ")}`);
  assert.deepEqual(told, [], name);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${name} is ${over} px too wide`);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
}

/** Ends the run; its status tells whether all is well. */
export async function done() {
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
