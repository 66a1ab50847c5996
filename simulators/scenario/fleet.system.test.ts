import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FleetState, FleetTill } from '#protocol/hub-api/fleet.ts'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import type { View } from '#protocol/till-api/api.ts'
import { stageBucket } from '#protocol/hub/updates.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { superviseTill, type TillProcesses } from '../../terminal/electron/processes.ts'
import { ROOT } from '../demo/shop.ts'

const run = promisify(execFile)
const PATIENCE = 40_000

/** A hub and two tills, each with its launcher, bridge and core, as they run in a shop; the feed is the hub's own. */
let folder: string
let hub: ChildProcess | undefined
let http = ''
const tills = new Map<string, TillProcesses>()
/** Whoever takes part in the first stage, and who does not. */
let first = ''
let second = ''
const views = new Map<string, View>()
const log: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-'))
  const started = spawn(process.execPath, [join(ROOT, 'hub/main.ts'), '--data', join(folder, 'hub'), '--http-port', '0', '--mqtt-port', '0', '--demo'], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  hub = started
  http = await new Promise<string>((ready) => started.stdout?.once('data', (line: Buffer) => ready((JSON.parse(String(line)) as { http: string }).http)))
  const made = await Promise.all(['A', 'B'].map((name) => post<NewTill>('/api/tills', { name })))
  for (const { till, code } of made) {
    const dataDir = join(folder, till)
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'bridge.json'), '{ "devices": [] }')
    tills.set(
      till,
      superviseTill({
        nodePath: process.execPath,
        appRoot: ROOT,
        dataDir,
        bridgeConfig: join(dataDir, 'bridge.json'),
        programs: { home: join(dataDir, 'programs'), feed: `${http}/updates/`, lookSeconds: 0.3 },
        coreArgs: ['--hub', http, '--enrol', code],
        timers: systemTimers,
        log: (line) => void log.push(line),
        onScreen: (message) => message.type === 'view' && views.set(till, message.view),
        onState() {},
      }),
    )
  }
  const [one = '', other = ''] = made.map(({ till }) => till).toSorted((a, b) => stageBucket(nodeCrypto, a, 1) - stageBucket(nodeCrypto, b, 1))
  ;[first, second] = [one, other]
}, PATIENCE)

afterAll(async () => {
  await Promise.all([...tills.values()].map((till) => till.stop()))
  const ended = hub && new Promise((over) => hub?.once('exit', over))
  hub?.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}, PATIENCE)

async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(`${http}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}
const fleet = async (): Promise<FleetState> => (await (await fetch(`${http}/api/fleet`)).json()) as FleetState
const updateOf = (state: FleetState, id: string): NonNullable<FleetTill['health']>['update'] => state.tills.find((till) => till.id === id)?.health?.update
/** Looks until it is so. */
async function until(what: string, isSo: (state: FleetState) => boolean): Promise<FleetState> {
  let last: FleetState | undefined
  await expect.poll(async () => isSo((last = await fleet())), { message: what, interval: 100, timeout: PATIENCE }).toBe(true)
  if (last === undefined) throw new Error('nobody answered')
  return last
}

async function publish(release: number, program: string, ...more: readonly string[]): Promise<void> {
  const from = join(folder, `program-${release}`)
  mkdirSync(from)
  writeFileSync(join(from, 'core.mjs'), program)
  const what = ['--data', join(folder, 'hub'), '--from', from, '--release', String(release), '--version', `9.${release}.0`, '--entry', 'core.mjs']
  await run(process.execPath, [join(ROOT, 'hub/release-cli.ts'), ...what, ...more])
}

test('whoever calls for help at a till is seen at the hub, and sees that somebody comes', async () => {
  await until('both say how they are', (state) => [first, second].every((id) => updateOf(state, id)?.release === 0))
  const till = tills.get(first)
  till?.screenOpened()
  till?.send({ type: 'command', id: 'call', command: { type: 'callForHelp', from: 'cashier' } })
  const { needs } = await until('the hub knows', (state) => state.needs.length > 0)
  expect(needs).toMatchObject([{ what: 'help', till: first, from: 'cashier' }])
  const path = `/api/needs/${needs[0]?.id.replace('/', '~') ?? ''}`
  await post(`${path}/take`, { by: 'Ann' })
  await expect.poll(() => views.get(first)?.help?.state, { timeout: PATIENCE }).toBe('taken')
  await post(`${path}/done`, { by: 'Ann' })
  await expect.poll(() => views.get(first)?.help, { timeout: PATIENCE }).toBeUndefined()
}, 60_000)

test('a bad build stops at the first till: it goes back by itself, the release halts, and nobody else begins until a person has looked', async () => {
  await publish(1, 'process.exit(1)', '--stage', String(stageBucket(nodeCrypto, first, 1) + 1))
  const halted = await until('it halts', ({ rollout }) => rollout?.halted === true)
  expect(halted.rollout).toMatchObject({ release: 1, acts: [{ act: 'haltedItself', release: 1 }], standings: { rolledBack: 1, notYet: 1 } })
  expect(halted.needs.map(({ what, till }) => [what, till])).toEqual([
    ['halted', undefined],
    ['rolledBack', first],
  ])
  expect([updateOf(halted, first), updateOf(halted, second)]).toEqual([
    { release: 0, trial: false, refused: [{ release: 1, why: 'did not come up in 3 starts' }] },
    { release: 0, trial: false, refused: [] },
  ])
  // It sells on with what it had.
  expect(halted.tills.map(({ link, health }) => [link, health?.blocked])).toEqual([
    ['online', undefined],
    ['online', undefined],
  ])

  await publish(2, `import(${JSON.stringify(join(ROOT, 'terminal/core/main.ts'))})`)
  const mended = await until('both run the mended one', (state) => [first, second].every((id) => updateOf(state, id)?.release === 2))
  expect(mended.rollout).toMatchObject({ release: 2, halted: false, standings: { trial: 2 } })
  expect(mended.needs.map(({ what }) => what)).toEqual([])
  expect(log.filter((line) => line.includes('cannot'))).toEqual([])
}, 90_000)
