import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import bwipjs from 'bwip-js/node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startBridgeProcess, type BridgeProcess } from './bridge-process.ts'
import { startCamera, type SimulatedCamera } from './camera.ts'
import { startHidScanner, type SimulatedHidScanner } from './hid-scanner.ts'
import { startScanner, type SimulatedScanner } from './scanner.ts'

// Faults that take their time, through the real bridge. Each test leaves its device well.

/** What a scanner reads while it fails. */
const FAILING = '4006381333931'

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: 2 * PATIENCE })
const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })

const folder = mkdtempSync(join(tmpdir(), 'stillpoint-faults-'))
let bridge: BridgeProcess
let scanner: SimulatedScanner
let hidScanner: SimulatedHidScanner
let camera: SimulatedCamera

beforeAll(async () => {
  ;[scanner, hidScanner, camera] = await Promise.all([
    startScanner({ linkAs: join(folder, 'scanner') }),
    startHidScanner({ model: 'standard', kind: 'tcp' }),
    startCamera(),
  ])
  bridge = await startBridgeProcess(folder, {
    devices: [
      { id: 'scanner', kind: 'scanner', transport: scanner.transport() },
      { id: 'hid-scanner', kind: 'scanner', transport: hidScanner.transport() },
      { id: 'camera', kind: 'camera', transport: camera.transport() },
    ],
  })
  for (const id of ['scanner', 'hid-scanner', 'camera']) await expectHealth(id, { state: 'ready' })
})
afterAll(async () => {
  bridge.kill('SIGTERM')
  await bridge.ended
  for (const device of [scanner, hidScanner, camera]) device.close()
  rmSync(folder, { recursive: true, force: true })
})

const expectHealth = (id: string, expected: object) => eventually(() => expect(bridge.health(id)).toMatchObject(expected))
const scansOf = (id: string) => bridge.messages.flatMap((message) => (message.type === 'scan' && message.device === id ? [message.text] : []))
const garbageOf = (id: string) => bridge.messages.filter((message) => message.type === 'garbage' && message.device === id).length

/** What came of a fault, up to the next good code, which must come. */
async function scansDuring(id: 'scanner' | 'hid-scanner', trouble: () => Promise<unknown>): Promise<string[]> {
  const before = scansOf(id).length
  await trouble()
  const good = `good ${before}`
  await (id === 'scanner' ? scanner : hidScanner).scan(good)
  await eventually(() => expect(scansOf(id).at(-1)).toBe(good))
  return scansOf(id).slice(before, -1)
}

async function untilGarbage(id: string, trouble: () => Promise<unknown>): Promise<void> {
  const before = garbageOf(id)
  await trouble()
  await eventually(() => expect(garbageOf(id)).toBeGreaterThan(before))
}

async function throughFlood(id: 'scanner' | 'hid-scanner', flood: () => Promise<unknown>): Promise<void> {
  await Promise.all([flood(), expectHealth(id, { lastError: { code: 'device.flooding' } })])
  await expectHealth(id, { state: 'ready', lastError: { code: 'device.flooding' } })
}

it('a scanner that ends codes otherwise than configured sells nothing', async () => {
  expect(await scansDuring('scanner', () => untilGarbage('scanner', () => scanner.fault('wrong_framing')))).toEqual([])
})

it('a slow scanner is waited for', async () => {
  expect(await scansDuring('scanner', () => scanner.fault('slow'))).toEqual([FAILING])
})

it('a stuck trigger reads as often as it fires', async () => {
  expect(await scansDuring('scanner', () => scanner.fault('stuck_key'))).toEqual(Array.from({ length: 20 }, () => FAILING))
})

it('a scanner that floods is cut off, and no part of a code is taken for one when it is heard again', async () => {
  const scans = await scansDuring('scanner', () => throughFlood('scanner', () => scanner.fault('flood')))
  expect(new Set(scans)).toEqual(new Set([FAILING]))
})

it('a frozen scanner works again once it was plugged in again', async () => {
  const scans = await scansDuring('scanner', async () => {
    await scanner.fault('frozen')
    await scanner.scan('nobody hears this')
    scanner.unplug()
    await expectHealth('scanner', { state: 'absent', code: 'device.absent' })
    await scanner.replug()
    await expectHealth('scanner', { state: 'ready' })
  })
  expect(scans).toEqual([])
})

it('a HID scanner whose code comes with long pauses sells no part of it', async () => {
  expect(await scansDuring('hid-scanner', () => untilGarbage('hid-scanner', () => hidScanner.fault('slow')))).toEqual([])
})

it('a HID scanner that floods is cut off and heard again', async () => {
  const scans = await scansDuring('hid-scanner', () => throughFlood('hid-scanner', () => hidScanner.fault('flood')))
  expect(new Set(scans)).toEqual(new Set([FAILING]))
})

it('a slow camera reads, later', async () => {
  await camera.fault('slow')
  await camera.show(await pictureOf('slow but sure'))
  await eventually(() => expect(scansOf('camera')).toEqual(['slow but sure']))
  expect(bridge.health('camera')?.state).toBe('ready')
  await camera.show(undefined)
  await camera.fault('well')
})

it('a camera whose picture does not end is given up, and reads again', async () => {
  await untilGarbage('camera', () => camera.fault('endless_frame'))
  await camera.fault('well')
  await camera.show(await pictureOf('back again'))
  await eventually(() => expect(scansOf('camera')).toEqual(['slow but sure', 'back again']))
})

const pictureOf = (text: string) => bwipjs.toBuffer({ bcid: 'qrcode', text, scale: 5, padding: 10, backgroundcolor: 'FFFFFF' })
