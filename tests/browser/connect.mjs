// Connects accounts in a real browser: every vendor of the sandbox by its consent or its form, failures, and the
// published link SDK, unmodified, in a window and in a frame. The SDK hears framed pages of http://localhost:5173
// only, so that is where the demo listens.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const BASE = 'http://localhost:5173';
const SHOTS = process.env.SHOTS;

const demo = spawn(process.env.CROSSWALK, ['demo', '--listen', '127.0.0.1:5173', '--users', '5']);
let said = '';
let heard = () => {};
for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (bytes) => { said += bytes; heard(); });
await new Promise((resolve, reject) => {
  heard = () => said.includes('ends the demo') && resolve();
  demo.once('exit', () => reject(new Error(said)));
  setTimeout(() => reject(new Error(`the demo did not start:\n${said}`)), 60_000).unref();
});
assert.match(said, /API\s+http:\/\/127\.0\.0\.1:5173/, 'port 5173 is in use');
const token = /Token\s+(\S+)/.exec(said)[1];
const egress = /CRMs\s+(\S+)/.exec(said)[1];

const api = async (method, path, body) => {
  const answer = await fetch(BASE + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return answer.status === 204 ? null : answer.json();
};
const link = async (body = {}) => (await api('POST', '/link-token', { tenant_id: 'browser', ...body })).link_token;
const connectors = (await api('GET', '/integration')).result;
const accounts = await (await fetch(`${egress}/_sandbox/accounts`)).json();

// The customer's own site, with the SDK as it is published.
const sdk = readFileSync(new URL('./node_modules/@truto/truto-link-sdk/dist/main.js', import.meta.url));
const site = createServer((request, response) => {
  const script = request.url === '/sdk.js';
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
  response.end(script ? sdk : '<!doctype html><title>A site</title><h1>A site</h1><button id="go">Connect</button>');
}).listen(0, '127.0.0.1');
await new Promise((resolve) => site.once('listening', resolve));
const SITE = `http://127.0.0.1:${site.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let failed = 0;
const test = async (name, run) => {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const wrong = [];
  context.on('page', (page) => page.on('console', (line) => {
    // A refused form answers 4xx, which the console repeats.
    if (line.type() === 'error' && !line.text().includes('the server responded with a status')) wrong.push(line.text());
  }));
  try {
    await run(context);
    assert.deepEqual(wrong, [], 'the console has errors');
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  } finally {
    await context.close();
  }
};

const open = async (context, rest = '', body) => {
  const page = await context.newPage();
  await page.goto(`${BASE}/connect-account?link_token=${await link(body)}${rest}`);
  return page;
};
const fill = async (page, values) => {
  for (const input of await page.locator('form input').all()) {
    const name = await input.getAttribute('name');
    if (values[name] !== undefined) await input.fill(String(values[name]));
  }
};
const result = (page) => page.locator('[data-outcome]').getAttribute('data-outcome').then(JSON.parse);

const consents = new Set();
for (const { name } of connectors) {
  const page = await (await fetch(`${BASE}/connect-account?link_token=${await link()}&integration=${name}`)).text();
  if (page.includes('data-consent') || page.includes('data-method="oauth2"')) consents.add(name);
}

for (const account of accounts) {
  const { integration, context: values, authentication_method: method } = account;
  if (consents.has(integration)) {
    await test(`${integration} through its consent`, async (context) => {
      const page = await open(context);
      await page.click(`[data-integration="${integration}"]`);
      const other = page.locator('[data-method^="oauth2"]:not([aria-current])').first();
      if (!(await page.locator('form[data-consent]').count()) && (await other.count())) await other.click();
      await fill(page, { org_subdomain: 'harbour', ...values });
      await page.click('form button[type="submit"]');
      await page.click('button[value="allow"]');
      assert.equal((await result(page)).result, 'success');
    });
  }
  if (method !== 'oauth2') {
    await test(`${integration} through its form (${method})`, async (context) => {
      const page = await open(context, `&integration=${integration}&auth_format=${method}`);
      if (await page.locator('form[data-consent]').count()) return;
      await fill(page, values);
      await page.click('form button[type="submit"]');
      assert.equal((await result(page)).result, 'success');
    });
  }
}

await test('the search, by keyboard alone', async (context) => {
  const page = await open(context);
  await page.focus('#search');
  await page.keyboard.type('hubs');
  assert.equal(await page.locator('[data-integration]:visible').count(), 1);
  await page.keyboard.press('Enter');
  await page.waitForURL(/integration=hubspot/);
  await page.goBack();
  await page.fill('#search', 'no such thing');
  assert.ok(await page.locator('[data-none]').isVisible());
});

await test('a wrong key, a wrong setting, then the right ones', async (context) => {
  const page = await open(context, '&integration=hubspot&auth_format=api_key');
  await page.fill('[name=api_key]', 'pat-wrong');
  await page.click('form button[type="submit"]');
  await page.locator('[data-alert]:visible').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.alert), '');
  await page.fill('[name=api_key]', 'pat-na1-sandbox');
  await page.click('form button[type="submit"]');
  assert.equal((await result(page)).result, 'success');
  const other = await open(context, '&integration=accelo&auth_format=oauth2');
  await other.fill('[name=deployment]', 'a b');
  await other.keyboard.press('Tab');
  await other.locator('#field-deployment-problem:not(:empty)').waitFor();
});

await test('a consent denied, and tried again', async (context) => {
  const page = await open(context, '&integration=hubspot&auth_format=oauth2');
  await page.click('form button[type="submit"]');
  await page.click('button[value="deny"]');
  assert.equal((await result(page)).error_type, 'connection_error');
  await page.click('[data-retry]');
  await page.click('form button[type="submit"]');
  await page.click('button[value="allow"]');
  assert.equal((await result(page)).result, 'success');
});

// The SDK's promise, as an object: what it resolves to, or is rejected with.
const begin = async (page, linkToken, options) => {
  await page.goto(SITE);
  await page.evaluate(([linkToken, options]) => {
    document.querySelector('#go').onclick = async () => {
      const { default: authenticate } = await import('/sdk.js');
      window.settled = authenticate(linkToken, options).then(
        (value) => ({ value }),
        (error) => ({ error: typeof error === 'string' ? error : { message: error.message, ...error } }),
      );
    };
  }, [linkToken, { baseUrl: 'http://localhost:5173', ...options }]);
};
const settled = async (page) => {
  await page.waitForFunction(() => window.settled);
  return page.evaluate(() => window.settled);
};

for (const way of ['consent', 'form', 'denied', 'closed', 'invalid']) {
  await test(`the SDK in a window: ${way}`, async (context) => {
    const page = await context.newPage();
    const options = { iframe: false, integration: way === 'invalid' ? 'nonsense' : 'hubspot', authFormat: way === 'form' ? 'api_key' : 'oauth2' };
    await begin(page, await link(), options);
    const [beside] = await Promise.all([context.waitForEvent('page'), page.click('#go')]);
    if (way === 'closed') await beside.locator('[data-close]').click();
    else if (way === 'form') {
      await beside.fill('[name=api_key]', 'pat-na1-sandbox');
      await beside.click('form button[type="submit"]');
    } else if (way !== 'invalid') {
      await beside.click('form button[type="submit"]');
      await beside.click(`button[value="${way === 'denied' ? 'deny' : 'allow'}"]`);
    }
    const { value, error } = await settled(page);
    if (way === 'closed') assert.equal(error, 'closed');
    else if (way === 'denied') assert.equal(error.error_type, 'connection_error');
    else if (way === 'invalid') assert.equal(error.error_type, 'invalid_integration');
    else assert.deepEqual([value.result, value.integration], ['success', 'hubspot']);
  });
}

for (const way of ['consent', 'form', 'closed', 'invalid']) {
  await test(`the SDK in a frame: ${way}`, async (context) => {
    const page = await context.newPage();
    await begin(page, way === 'invalid' ? 'lt_nonsense' : await link(), { integration: 'hubspot', authFormat: way === 'form' ? 'api_key' : 'oauth2' });
    await page.click('#go');
    const frame = page.frameLocator('#truto-link-iframe');
    if (way === 'closed') await frame.locator('[data-close]').click();
    else if (way === 'form') {
      await frame.locator('[name=api_key]').fill('pat-na1-sandbox');
      await frame.locator('form button[type="submit"]').click();
    } else if (way === 'consent') {
      const [beside] = await Promise.all([context.waitForEvent('page'), frame.locator('form button[type="submit"]').click()]);
      await beside.click('button[value="allow"]');
    }
    const { value, error } = await settled(page);
    if (way === 'closed') assert.equal(error, 'closed');
    else if (way === 'invalid') assert.equal(error.error_type, 'invalid_token');
    else assert.deepEqual([value.result, value.integration], ['success', 'hubspot']);
    assert.equal(await page.locator('#truto-link-iframe').count(), 0);
  });
}

for (const width of [390, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    await test(`nothing is cut off at ${width} px, ${colorScheme}`, async (context) => {
      const looks = { list: '', form: '&integration=dynamics365sales', key: '&integration=hubspot&auth_format=api_key', wrong: '&integration=nonsense' };
      for (const [name, rest] of Object.entries(looks)) {
        const page = await open(context, rest);
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
        if (SHOTS) {
          mkdirSync(SHOTS, { recursive: true });
          await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
        }
        await page.close();
      }
    });
  }
}

await browser.close();
site.close();
demo.kill('SIGTERM');
process.exit(failed === 0 ? 0 : 1);
