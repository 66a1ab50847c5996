import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { FromBridge } from '#protocol/device/messages.ts'
import { startBridgeProcess, type BridgeProcess } from './bridge-process.ts'
import { startCardReader, type CardReaderOptions, type SimulatedCardReader } from './card-reader.ts'
import { hidScannerModels, startHidScanner, type HidScannerModel, type SimulatedHidScanner } from './hid-scanner.ts'
import { testCard, testCards, track1Of, track2Of } from './test-cards.ts'

// The bridge is its own process; HID reports go over a socket, as they do where the system lets nobody make a virtual device.

const EAN = '4006381333931'
const LONG = `https://example.org/${'ä-long-address/'.repeat(9)}`

/** Real processes on a machine that may be busy. */
const PATIENCE = 10_000
vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: 2 * PATIENCE })
const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })

const folder = mkdtempSync(join(tmpdir(), 'stillpoint-hid-'))
let bridge: BridgeProcess
let device: SimulatedHidScanner | SimulatedCardReader
const said = (type: FromBridge['type']) => bridge.messages.filter((message) => message.type === type)
const expectHealth = (expected: object) => eventually(() => expect(bridge.health('device-1')).toMatchObject(expected))

async function withScanner(model: HidScannerModel): Promise<SimulatedHidScanner> {
  const scanner = await startHidScanner({ model, kind: 'tcp' })
  device = scanner
  bridge = await startBridgeProcess(folder, { devices: [{ id: 'device-1', kind: 'scanner', transport: scanner.transport(), model }] })
  await expectHealth({ state: 'ready' })
  return scanner
}

async function withReader(options: CardReaderOptions): Promise<SimulatedCardReader> {
  const reader = await startCardReader({ ...options, kind: 'tcp' })
  device = reader
  const { model, key } = options
  bridge = await startBridgeProcess(folder, { devices: [{ id: 'device-1', kind: 'card_reader', transport: reader.transport(), model, ...(key && { key }) }] })
  await expectHealth({ state: 'ready' })
  return reader
}

afterEach(async () => {
  bridge.kill('SIGTERM')
  await bridge.ended
  device.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a scanner in HID POS mode', () => {
  it.each(hidScannerModels)('%s: short codes and long ones arrive, after a plug was pulled as well', async (model) => {
    const scanner = await withScanner(model)
    const aim = model === 'newland' ? {} : { aim: ']Q1' }
    await eventually(() => expect(scanner.sends).toBe(true))
    await scanner.scan(EAN)
    await scanner.scan(LONG, { aim: ']Q1' })
    await eventually(() =>
      expect(said('scan')).toEqual([
        { type: 'scan', device: 'device-1', n: 1, text: EAN },
        { type: 'scan', device: 'device-1', n: 2, text: LONG, ...aim },
      ]),
    )
    await scanner.fault('unplug_mid_code')
    await expectHealth({ state: 'absent', code: 'device.absent' })
    await scanner.replug()
    await expectHealth({ state: 'ready' })
    await eventually(() => expect(scanner.sends).toBe(true))
    await scanner.scan(EAN)
    await eventually(() => expect(said('scan').slice(2)).toEqual([{ type: 'scan', device: 'device-1', n: 3, text: EAN }]))
  })

  it('whatever goes wrong is told, and sells nothing', async () => {
    const scanner = await withScanner('standard')
    let told = 0
    for (const kind of ['noise', 'half_report', 'wrong_length'] as const) {
      await scanner.fault(kind)
      await eventually(() => expect(said('garbage').length).toBeGreaterThan(told))
      told = said('garbage').length
    }
    expect(said('scan')).toEqual([])
    await scanner.fault('stuck_key')
    await eventually(() => expect(said('scan')).toHaveLength(20))
    await scanner.fault('frozen')
    await scanner.scan(EAN)
    scanner.unplug()
    await expectHealth({ state: 'absent' })
    expect(said('scan')).toHaveLength(20)
  })
})

describe('a card reader', () => {
  const settings: readonly CardReaderOptions[] = [
    { model: 'hid-msr' },
    ...(['magtek', 'idtech'] as const).flatMap((model): CardReaderOptions[] => [
      { model, encrypted: false },
      { model, key: 'pin' },
      { model, key: 'data' },
    ]),
  ]
  it.each([...settings, { model: 'idtech', cipher: 'aes' } as const])('$model $encrypted $key $cipher: every test card', async (options) => {
    const reader = await withReader(options)
    for (const [at, card] of testCards.entries()) {
      await reader.swipe(card)
      await eventually(() => expect(said('card')).toHaveLength(at + 1))
      const told = said('card').at(-1)
      if (told?.type !== 'card') throw new TypeError('a card was told')
      expect(told.n).toBe(at + 1)
      expect(told.card.maskedPan).toMatch(new RegExp(`^${card.pan.slice(0, 4)}.*\\*{3}${card.pan.slice(-4)}$`))
      const { encrypted } = told.card
      expect(encrypted && reader.decrypt(encrypted)).toEqual(encrypted && { track1: track1Of(card), track2: track2Of(card) })
    }
    const isEncrypted = options.model !== 'hid-msr' && options.encrypted !== false
    expect(said('card').every((told) => told.type === 'card' && (told.card.encrypted !== undefined) === isEncrypted)).toBe(true)
    expect(bridge.health('device-1')?.code).toBe(isEncrypted ? undefined : 'device.card_unencrypted')
  })

  it.each(settings.filter(({ key }) => key !== 'data'))('$model $encrypted: what goes wrong is told, and the next card is read', async (options) => {
    const reader = await withReader(options)
    for (const [at, kind] of (['unreadable', 'wrong_checksum', 'noise', 'half_report'] as const).entries()) {
      await reader.fault(kind)
      await eventually(() => expect(said('garbage')).toHaveLength(at + 1))
    }
    await reader.fault('bad_swipe')
    await eventually(() => expect(said('card')).toHaveLength(1))
    await reader.fault('unplug_mid_card')
    await expectHealth({ state: 'absent' })
    await reader.replug()
    await expectHealth({ state: 'ready' })
    await reader.swipe(testCard('Mastercard'))
    await eventually(() => expect(said('card')).toMatchObject([{ n: 1 }, { n: 2, card: { maskedPan: expect.stringMatching(/^5555.*4444$/) as string } }]))
  })

  it('that has used up its keys is out of order', async () => {
    const reader = await withReader({ model: 'magtek' })
    await reader.fault('keys_used_up')
    await expectHealth({ state: 'fault', code: 'device.fault' })
  })
})
