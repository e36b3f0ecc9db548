import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const { BASE, TOKEN, ACCOUNT, EGRESS, USERS, CROSSWALK, DATA, CROSSWALK_EGRESS_URL } = process.env

function overHttp(token) {
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  return new StreamableHTTPClientTransport(new URL(`${BASE}/mcp`), { requestInit })
}
async function connected(transport) {
  const client = new Client({ name: 'crosswalk-tests', version: '1.0.0' })
  await client.connect(transport)
  return client
}
const tool = async (client, name, args = {}) => client.callTool({ name, arguments: args })
async function walk(client, args) {
  const found = []
  let next_cursor
  do {
    // The client holds what is structured to the tool's own schema.
    const answer = await tool(client, 'list_users', { ...args, limit: 15, ...(next_cursor && { next_cursor }) })
    assert(!answer.isError, answer.content[0]?.text)
    found.push(...answer.structuredContent.result)
    next_cursor = answer.structuredContent.next_cursor
  } while (next_cursor)
  return found
}

// Over HTTP, with a token of the environment.
const client = await connected(overHttp(TOKEN))
assert.equal(client.getServerVersion().name, 'crosswalk')
const { tools } = await client.listTools()
assert.deepEqual(tools.map((one) => one.name).sort(), ['get_capabilities', 'get_user', 'list_accounts', 'list_users'])
assert(tools.every((one) => one.annotations.readOnlyHint && one.description && one.inputSchema.type === 'object'))
const everyone = await walk(client, { integrated_account_id: ACCOUNT })
assert.equal(everyone.length, Number(USERS))
assert(!('remote_data' in everyone[0]))
const [sorted] = await walk(client, { integrated_account_id: ACCOUNT, sort_by: { created_at: 'desc' } })
assert.equal(sorted.created_at, everyone.map((user) => user.created_at).sort().at(-1))
const some = everyone.slice(3, 6).map((user) => user.id)
const chosen = await walk(client, { integrated_account_id: ACCOUNT, id: { in: some } })
assert.deepEqual(chosen.map((user) => user.id), some)
const one = await tool(client, 'get_user', { integrated_account_id: ACCOUNT, id: everyone[0].id })
assert.deepEqual(one.structuredContent, everyone[0])
const wrong = await tool(client, 'list_users', { integrated_account_id: ACCOUNT, colour: 'red' })
assert(wrong.isError && wrong.content[0].text.includes('colour'), wrong.content[0].text)
await assert.rejects(client.callTool({ name: 'nothing', arguments: {} }), /list_users/)
const accounts = await tool(client, 'list_accounts', { integration: 'hubspot' })
assert.equal(accounts.structuredContent.result[0].id, ACCOUNT)
await client.close()

// With a token of one account, that account's tools.
const made = await fetch(`${BASE}/integrated-account/token`, {
  method: 'POST',
  headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  body: JSON.stringify({ integrated_account_id: ACCOUNT }),
})
const own = await connected(overHttp((await made.json()).token))
assert.equal((await walk(own, {})).length, Number(USERS))
assert((await tool(own, 'list_users', { integrated_account_id: 'another' })).isError)
await own.close()
await assert.rejects(connected(overHttp('wrong')), /401/)

// Over standard input and output, on a data folder.
const offered = await (await fetch(`${EGRESS}/_sandbox/accounts`)).json()
const capsule = offered.find((account) => account.integration === 'capsule')
const add = ['--data', DATA, 'accounts', 'add', '--integration', 'capsule', '--method', capsule.authentication_method]
for (const [name, value] of Object.entries(capsule.context)) add.push('--set', `${name}=${value}`)
execFileSync(CROSSWALK, add, { stdio: 'pipe' })
const started = new StdioClientTransport({
  command: CROSSWALK,
  args: ['mcp', '--data', DATA],
  env: { CROSSWALK_EGRESS_URL },
})
const local = await connected(started)
const [account] = (await tool(local, 'list_accounts')).structuredContent.result
assert.equal(account.integration, 'capsule')
assert.equal((await walk(local, { integrated_account_id: account.id })).length, Number(USERS))
const capabilities = await tool(local, 'get_capabilities', { integrated_account_id: account.id })
assert('email' in capabilities.structuredContent['crm/users'].query_schema.properties)
await local.close()
console.log('   over HTTP with both kinds of token, and over standard input and output')
