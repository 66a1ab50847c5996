import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Secret, TOTP } from 'otpauth'
import { openTestPrograms, type TestPrograms } from './api/v1/test-programs.ts'
import { answerOf, hubAt, runningHubIn } from './running-hub.ts'
import { leaveCommandKey, removeCommandKey } from './sign-in/command-key.ts'
import { readStaff } from './staff-file.ts'
import type { ToldInvitation } from '#protocol/hub-api/session.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

let data = ''
let open: TestPrograms
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'running-'))
  open = await openTestPrograms({ passwordCost: { memory: 64, passes: 1 }, commands: leaveCommandKey(data, nodeCrypto) })
  writeFileSync(join(data, 'http-address'), `${open.api.url}\n`)
})
afterEach(async () => {
  await open.close()
  rmSync(data, { recursive: true })
})

const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  await fetch(`${open.api.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

/** From here on people sign in. */
async function enrol(): Promise<void> {
  const token = (await open.api.invitation()) ?? ''
  const { secret } = (await (await post('/api/invitation', { token })).json()) as ToldInvitation
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: open.rig.clock.now() })
  expect((await post('/api/invitation/accept', { token, password: 'correct horse battery', code })).status).toBe(200)
}

const run = promisify(execFile)
const command = async (script: string, ...args: readonly string[]): Promise<string> =>
  (await run(process.execPath, [join(import.meta.dirname, script), ...args, '--data', data, '--json'])).stdout
const bearer = (): Record<string, string> => ({ authorization: `Bearer ${readFileSync(join(data, 'command-key'), 'utf8').trim()}` })

it('serves the commands of its own machine where people sign in, and says in the audit log that they did it', async () => {
  await enrol()
  expect((await post('/api/staff', { name: 'Eve', role: 'manager', badge: false })).status).toBe(401)

  const [added] = JSON.parse(await command('staff-cli.ts', 'add', '--name', 'Ada', '--role', 'manager')) as [{ id: string }]
  expect(JSON.parse(await command('staff-cli.ts', 'list'))).toEqual([{ id: added.id, name: 'Ada', role: 'manager' }])
  const csv = join(data, 'goods.csv')
  writeFileSync(csv, 'gtin,name,category,price,tax\n4006381333931,Pencil,Paper,1.20,19\n')
  expect(JSON.parse(await command('catalogue-cli.ts', 'import', csv))).toMatchObject({ rows: 1, bad: 0 })

  // The hub did it: beside one that runs nobody writes into its folder.
  expect(readStaff(data)).toEqual({ version: 0, staff: [] })
  const lines = await open.desk.audit.page(open.shop, Number.MAX_SAFE_INTEGER, 100)
  expect(lines.filter(({ who }) => who === 'command').map(({ action }) => action)).toEqual(expect.arrayContaining(['POST /api/staff', 'POST /api/catalogue']))
  expect(await open.desk.audit.broken()).toBeUndefined()
})

it('lets a command do no more than commands do, and only by the key of this start', async () => {
  await enrol()
  const key = bearer()
  for (const path of ['/api/tills', '/api/people', '/api/clients', '/api/policy/sign', '/api/payouts/x/approve', '/api/payments/x/write-off', '/api/credits'])
    expect([path, (await post(path, {}, key)).status]).toEqual([path, 401])
  expect((await fetch(`${open.api.url}/api/people`, { headers: key })).status).toBe(401)
  const hub = runningHubIn(data)
  expect(hub && (await answerOf(hub, '/api/trace/x'))?.status).toBe(200)
  for (const authorization of ['', 'Bearer ', `Bearer ${'A'.repeat(43)}`, key['authorization']?.toLowerCase() ?? ''])
    expect((await fetch(`${open.api.url}/api/trace/x`, { headers: { authorization } })).status).toBe(401)
  // Another start of the hub, e.g. after somebody saw the file.
  leaveCommandKey(data, nodeCrypto)
  expect((await fetch(`${open.api.url}/api/trace/x`, { headers: bearer() })).status).toBe(401)
  await expect(command('staff-cli.ts', 'list')).rejects.toMatchObject({ stderr: expect.stringContaining('command-key') as string })
})

it('lets every report in that there is', () => {
  const { admits } = leaveCommandKey(data, nodeCrypto)
  const asked = [...readFileSync(join(import.meta.dirname, 'report-cli.ts'), 'utf8').matchAll(/'(\/api\/[^']+)'/g)].map(([, path]) => `GET ${path}`)
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.filter((route) => !admits(route, bearer()['authorization']))).toEqual([])
})

it('leaves its key readable by its own user only, and takes it away', () => {
  expect(statSync(join(data, 'command-key')).mode & 0o077).toBe(0)
  removeCommandKey(data)
  expect(runningHubIn(data)?.headers).toEqual({})
})

it('never sends a key in the clear to another machine', () => {
  vi.stubEnv('STILLPOINT_COMMAND_KEY', 'k')
  try {
    expect(hubAt('http://hub.example:7400').headers).toEqual({})
    for (const url of ['https://hub.example', 'http://127.0.0.1:7400']) expect(hubAt(url).headers).toEqual({ authorization: 'Bearer k' })
  } finally {
    vi.unstubAllEnvs()
  }
})

it('tells nobody there from a hub that cannot be asked', async () => {
  const hub = runningHubIn(data)
  await open.close()
  expect(hub && (await answerOf(hub, '/api/staff'))).toBeUndefined()
  await expect(answerOf({ url: 'http://hub.invalid', headers: {} }, '/api/staff')).rejects.toThrow()
  // A killed hub's address: the folder is nobody's, and the command does it itself.
  await command('staff-cli.ts', 'add', '--name', 'Ada', '--role', 'manager')
  expect(readStaff(data).staff).toHaveLength(1)
})
