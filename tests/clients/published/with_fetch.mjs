// Node's own `fetch`, as browsers and servers use it: URLSearchParams, nested objects as `qs` writes them, streams.
import assert from 'node:assert/strict'

const { BASE, TOKEN, ACCOUNT, EGRESS, USERS: count } = process.env
const headers = { authorization: `Bearer ${TOKEN}` }
const USERS = `${BASE}/unified/crm/users`

// Objects and arrays as the packages do that write query strings: `a[b]=`, and `a[0]=` (qs's default).
function* pairs(value, name) {
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    for (const [key, inner] of Object.entries(value)) yield* pairs(inner, name ? `${name}[${key}]` : key)
  } else yield [name, value instanceof Date ? value.toISOString() : String(value)]
}
const query = (given) => new URLSearchParams([...pairs({ integrated_account_id: ACCOUNT, ...given })])
const ask = (given, init) => fetch(`${USERS}?${query(given)}`, { headers, ...init })

async function users(given = {}) {
  const found = []
  let next_cursor
  do {
    const response = await ask(next_cursor ? { ...given, next_cursor } : given)
    assert.equal(response.status, 200, await response.clone().text())
    const page = await response.json()
    assert.equal(page.result_count, page.result.length)
    found.push(...page.result)
    next_cursor = page.next_cursor
  } while (next_cursor)
  return found
}
const ids = (list) => list.map((user) => user.id)
const faults = (kind, times = 1) =>
  fetch(`${EGRESS}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ host: 'api.hubapi.com', times, kind }) })

const everyone = await users({ limit: 1000 })
assert.equal(everyone.length, Number(count))

const laws = {
  async 'lists to the end'() {
    for (const limit of [1, 17, 40]) assert.deepEqual(await users({ limit }), everyone)
  },
  async 'filters with nested objects and indexed arrays'() {
    const some = ids(everyone).slice(2, 5)
    assert.deepEqual(ids(await users({ id: { in: some } })), some)
    const [gte, lt] = [new Date('1990-01-01T00:00:00Z'), new Date('2010-01-01T00:00:00Z')]
    const between = everyone.filter((u) => new Date(u.created_at) >= gte && new Date(u.created_at) < lt && u.is_active)
    assert.deepEqual(ids(await users({ created_at: { gte, lt }, is_active: true, limit: 2 })), ids(between))
    assert.deepEqual(ids(await users({ created_at: { gte, lt }, is_active: 1 })), ids(between))
  },
  async 'sorts and shapes'() {
    const sorted = await users({ sort_by: { created_at: 'desc' }, truto_ignore_remote_data: true, limit: 7 })
    assert.deepEqual(sorted.map((u) => u.created_at), everyone.map((u) => u.created_at).sort().reverse())
    assert(!('remote_data' in sorted[0]))
    const bare = await users({ truto_exclude_fields: ['remote_data', 'id'] })
    assert.deepEqual(Object.keys(bare[0]), ['name', 'email', 'is_active', 'created_at', 'updated_at'])
  },
  async 'gets one, its id escaped'() {
    const one = (id) => fetch(`${USERS}/${encodeURIComponent(id)}?${query({})}`, { headers })
    assert.deepEqual(await (await one(everyone[0].id)).json(), everyone[0])
    for (const id of ['none', 'a/b', '../x', '?', 'ß 1', 'me']) assert.equal((await one(id)).status, 404, id)
  },
  async 'errors have one shape'() {
    for (const [given, status] of [[{ colour: 1 }, 400], [{ limit: 1001 }, 400], [{ created_at: { gte: 'soon' } }, 400]]) {
      const response = await ask(given)
      const error = await response.json()
      assert.deepEqual([response.status, error.statusCode], [status, status])
      assert(error.message.includes(Object.keys(given)[0]), error.message)
    }
    assert.equal((await fetch(USERS)).status, 401)
    assert.equal((await ask({}, { method: 'DELETE' })).status, 405)
  },
  async 'a failing vendor is tried again, a throttling one waited for'() {
    await faults({ status: { code: 502 } })
    assert.deepEqual(await users({ limit: 30 }), everyone)
    await faults({ throttle: { retry_after: '1' } })
    assert.deepEqual(await users({ limit: 30 }), everyone)
  },
  async 'reads a stream while it comes'() {
    const response = await ask({ truto_response_format: 'stream' }, { headers: { ...headers, accept: 'application/x-ndjson' } })
    let text = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk
    assert.deepEqual(text.trim().split('\n').map((line) => JSON.parse(line)), everyone)
  },
  async 'a request given up harms no other'() {
    await faults({ delay: { millis: 3000 } })
    await assert.rejects(ask({}, { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' })
    assert.deepEqual(await users(), everyone)
  },
  async 'many at once'() {
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => users({ limit: 5 + at })))
    for (const found of all) assert.deepEqual(found, everyone)
  },
}

let failed = 0
for (const [name, law] of Object.entries(laws)) {
  try {
    await law()
  } catch (error) {
    failed += 1
    console.error(`   ${name} failed:`, error)
  }
  await fetch(`${EGRESS}/_sandbox/faults`, { method: 'DELETE' })
}
const total = Object.keys(laws).length
console.log(`   ${total - failed} of ${total} laws hold`)
process.exit(failed ? 1 : 0)
