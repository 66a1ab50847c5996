import { afterEach, beforeEach, expect, test } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { MAX_HEALTH_BYTES, REPORT_EVERY, REPORT_GAP, type Health, type UpdateStage } from '#protocol/hub/health.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { SECOND } from '#protocol/time.ts'
import { HealthReports } from './health.ts'
import { openTestTill, TILL, type TestTill } from './test-till.ts'

let open: TestTill
let reports: Uint8Array[]
let update: UpdateStage | undefined
let health: HealthReports
let changes: number
let rekeys: number[]

beforeEach(() => {
  reports = []
  update = undefined
  changes = 0
  rekeys = []
  open = openWith()
})
afterEach(() => open.till.stop())

function openWith(folder?: string): TestTill {
  return openTestTill({
    ...(folder !== undefined && { folder }),
    health: ({ time, keys, store }) =>
      (health = new HealthReports({
        identity: { till: TILL, signer: keys.till },
        crypto: nodeCrypto,
        clock: time,
        store,
        machine: {
          facts: () => ({ app: '0.1.0', store: 2, update }),
          disk: () => ({ freeBytes: 5, allBytes: 10 }),
          rekey: (before) => void rekeys.push(before),
          report: (message) => void reports.push(message),
        },
        changed: () => void changes++,
      })),
  })
}

function read(message: Uint8Array | undefined): Health {
  const opened = openSigned(nodeCrypto, message ?? new Uint8Array(0), signedTypes.health, () => open.keys.till.publicKey)
  if (!opened.ok) throw new Error(opened.detail ?? opened.code)
  return opened.value
}
const last = (): Health => read(reports.at(-1))
const watch = (call?: { id: string; state: 'heard' | 'taken' | 'over' }) =>
  open.till.received(
    'watch',
    encodeSigned(open.keys.ack, signedTypes.watch, { v: 1, till: TILL, everyMs: REPORT_EVERY, hubTime: open.time.now(), ...(call && { call }) }),
  )
const online = () => {
  open.goOnline()
  watch()
  open.time.advance(SECOND)
}
/** How many came while this went on. */
const during = (act: () => void): number => {
  const before = reports.length
  act()
  return reports.length - before
}

test('a till says nothing before the hub has said that it listens, then how it is, now and then and when something changes', () => {
  open.goOnline()
  open.time.advance(REPORT_EVERY)
  expect(reports).toHaveLength(0)
  watch()
  open.time.advance(SECOND)
  expect(last()).toMatchObject({
    till: TILL,
    n: 1,
    versions: { app: '0.1.0', store: 2, policy: 1, denied: 0 },
    clock: { doubtful: false },
    disk: { freeBytes: 5, allBytes: 10 },
    journal: { epoch: 1 },
    errors: [],
  })
  expect(during(() => open.time.advance(REPORT_EVERY - 2 * SECOND))).toBe(0)
  expect(during(() => open.time.advance(2 * SECOND))).toBe(1)

  // Nobody has answered its probes meanwhile, so the till connects anew.
  online()
  open.time.advance(REPORT_GAP)
  open.till.device({ device: 'printer-1', kind: 'printer', state: 'fault', code: 'device.paper_out', detail: 'secret path', counters: {} })
  expect(during(() => open.time.advance(REPORT_GAP))).toBe(1)
  expect(last().devices).toMatchObject([{ kind: 'printer', state: 'fault', code: 'device.paper_out' }])
  const { since } = last().devices[0] ?? {}
  update = { release: 4, trial: true, refused: [] }
  open.time.advance(REPORT_GAP)
  expect([last().update, last().devices[0]?.since]).toEqual([update, since])
  // A restless device makes no more of them than the least time between two allows.
  const restless = during(() => {
    for (let turn = 0; turn < 40; turn++) {
      open.till.device({ device: 'scanner', kind: 'scanner', state: turn % 2 ? 'ready' : 'absent', counters: {} })
      open.time.advance(SECOND / 2)
    }
  })
  expect(restless).toBeLessThanOrEqual((20 * SECOND) / REPORT_GAP)
})

test('no report is longer than the hub reads, nor says who, what or how much', () => {
  online()
  for (let device = 0; device < 60; device++)
    open.till.device({
      device: `device-with-a-name-${device}`,
      kind: 'scanner',
      state: 'fault',
      code: 'device.no_permission',
      detail: 'x'.repeat(500),
      counters: {},
    })
  update = { release: 9, trial: false, waiting: 10, refused: Array.from({ length: 5 }, (_, release) => ({ release, why: 'y'.repeat(200) })) }
  health.callForHelp('shopper')
  open.time.advance(REPORT_GAP)
  expect(last().devices).toHaveLength(32)
  expect(reports.at(-1)?.length).toBeLessThan(MAX_HEALTH_BYTES)
  expect(JSON.stringify(last())).not.toMatch(/device-with-a-name|xxx/)
})

test('a call for help goes out at once, tells what becomes of it, and is over when somebody says so', () => {
  online()
  open.time.advance(REPORT_GAP)
  expect(during(() => health.callForHelp('cashier'))).toBe(1)
  health.callForHelp('cashier')
  const { help } = last()
  expect([help?.from, health.help?.state]).toEqual(['cashier', 'sending'])
  watch({ id: help?.id ?? '', state: 'heard' })
  watch({ id: '01900000-0000-7000-8000-00000000000f', state: 'over' })
  expect(health.help?.state).toBe('heard')
  watch({ id: help?.id ?? '', state: 'taken' })
  expect([health.help?.state, changes]).toEqual(['taken', 2])
  watch({ id: help?.id ?? '', state: 'over' })
  expect(health.help).toBeUndefined()
  open.time.advance(REPORT_GAP)
  expect(last().help).toBeUndefined()

  // It outlives a restart, and so does its end.
  health.callForHelp('cashier')
  open.close()
  open = openWith(open.folder)
  expect(health.help?.state).toBe('sending')
  health.takeBackCall()
  open.close()
  open = openWith(open.folder)
  expect(health.help).toBeUndefined()
  online()

  // Offline it waits, and goes out when the hub is back.
  open.till.disconnected()
  open.time.advance(SECOND)
  expect(during(() => health.callForHelp('shopper'))).toBe(0)
  online()
  expect(last().help?.from).toBe('shopper')
  health.takeBackCall()
  open.time.advance(REPORT_GAP)
  expect(last().help).toBeUndefined()
})

test('whoever is not the hub makes it say nothing; a till that ends on purpose says so', () => {
  open.goOnline()
  open.till.received('watch', encodeSigned(open.keys.till, signedTypes.watch, { v: 1, till: TILL, everyMs: REPORT_EVERY, hubTime: open.time.now() }))
  open.time.advance(SECOND)
  expect(reports).toHaveLength(0)
  watch()
  open.time.advance(SECOND)
  health.leave()
  expect(last().leaving).toBe(true)
})
