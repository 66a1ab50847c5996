import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FromBridge, PrintBlock } from '#protocol/device/messages.ts'
import { startBridgeProcess, type BridgeProcess } from './bridge-process.ts'
import { startPrinter, type SimulatedPrinter } from './printer.ts'
import { receiptText } from './receipt.ts'
import { startScanner, type SimulatedScanner } from './scanner.ts'

// Nothing is replaced here: the bridge is its own process, the lines are real pseudo-terminals (TCP where there are none), the socket is a real one.

const EAN = '4006381333931'
const DOCUMENT: PrintBlock[] = [
  { kind: 'text', text: 'Café Zürich', align: 'center', bold: true, size: 'double' },
  { kind: 'pair', left: 'Coffee', right: '€ 3.50' },
  { kind: 'rule' },
  { kind: 'qr', data: 'https://example.org/r/1' },
]

let folder: string
let scanner: SimulatedScanner
let printer: SimulatedPrinter
let bridge: BridgeProcess

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: 2 * PATIENCE })

const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })
const said = (type: FromBridge['type']) => bridge.messages.filter((message) => message.type === type)
const resultOf = (job: string) => bridge.messages.find((message) => message.type === 'print_result' && message.job === job)
const print = (job: string, deadlineMs = 5000) => bridge.send({ type: 'print', job, document: DOCUMENT, deadlineMs })
const expectHealth = (device: string, expected: object) => eventually(() => expect(bridge.health(device)).toMatchObject(expected))

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-device-'))
  scanner = await startScanner({ linkAs: join(folder, 'scanner') })
  printer = await startPrinter({ linkAs: join(folder, 'printer') })
  bridge = await startBridgeProcess(folder, {
    devices: [
      { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
      { id: 'printer-1', kind: 'printer', transport: printer.transport(), columns: 42 },
    ],
  })
  await expectHealth('scanner-1', { state: 'ready' })
  await expectHealth('printer-1', { state: 'ready' })
})

afterEach(async () => {
  bridge.kill('SIGTERM')
  await bridge.ended
  scanner.close()
  printer.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a scanner on a real line', () => {
  it('reports every scan once and in order, however the bytes come', async () => {
    await scanner.scan(EAN, { aim: ']E0', pacing: 'bytes' })
    await scanner.scan('SP1:6BFOXN%TSMAHN', { pacing: 'pieces' })
    await scanner.scan(['a', 'b'])
    await eventually(() => expect(said('scan')).toHaveLength(4))
    expect(said('scan')).toEqual([
      { type: 'scan', device: 'scanner-1', n: 1, text: EAN, aim: ']E0' },
      { type: 'scan', device: 'scanner-1', n: 2, text: 'SP1:6BFOXN%TSMAHN' },
      { type: 'scan', device: 'scanner-1', n: 3, text: 'a' },
      { type: 'scan', device: 'scanner-1', n: 4, text: 'b' },
    ])
  })

  it('reports noise and half frames as garbage and reads the next code whole', async () => {
    await scanner.fault('noise')
    await eventually(() => expect(said('garbage')).toEqual([{ type: 'garbage', device: 'scanner-1', bytes: 7 }]))
    await scanner.fault('half_frame', EAN)
    await eventually(() => expect(said('garbage')).toHaveLength(2))
    await scanner.scan(EAN)
    await eventually(() => expect(said('scan')).toMatchObject([{ n: 1, text: EAN }]))
    await expectHealth('scanner-1', { counters: { scans: 1, garbage_bytes: 14, opened: 1 } })
  })

  it('recovers from an unplugged cable, and glues nothing together across it', async () => {
    await scanner.fault('unplug_mid_frame', EAN)
    await expectHealth('scanner-1', { state: 'absent', code: 'device.absent' })
    await scanner.replug()
    await expectHealth('scanner-1', { state: 'ready' })
    await scanner.scan(EAN)
    await eventually(() => expect(said('scan')).toMatchObject([{ n: 1, text: EAN }]))
  })
})

describe('a printer on a real line', () => {
  it('prints a job once, and says so again when it is asked for again', async () => {
    print('job-1')
    await eventually(() => expect(resultOf('job-1')).toEqual({ type: 'print_result', job: 'job-1', result: 'printed' }))
    print('job-1')
    await eventually(() => expect(said('print_result')).toHaveLength(2))
    expect(printer.receipts.map(({ receipt }) => receiptText(receipt).replaceAll(/ {2,}/g, ' '))).toEqual([
      ['Café Zürich', 'Coffee € 3.50', '─'.repeat(42), '[QR https://example.org/r/1]'].join('\n'),
    ])
  })

  it('refuses without paper or with the cover open, and prints nothing later', async () => {
    printer.setPaper('out')
    print('no-paper')
    await eventually(() => expect(resultOf('no-paper')).toMatchObject({ result: 'failed', code: 'device.paper_out' }))
    printer.setPaper('ok')
    printer.setCover(true)
    print('open')
    await eventually(() => expect(resultOf('open')).toMatchObject({ result: 'failed', code: 'device.cover_open' }))
    printer.setCover(false)
    print('good')
    await eventually(() => expect(resultOf('good')).toMatchObject({ result: 'printed' }))
    expect(printer.receipts).toHaveLength(1)
  })

  it('does not know after the cable was pulled in the middle, and never sends the job again', async () => {
    printer.mishapAfter(1, 'lines', 'unplug')
    print('cut-off')
    await eventually(() => expect(resultOf('cut-off')).toMatchObject({ result: 'unknown', code: 'device.unknown_result' }))
    print('while-absent')
    await eventually(() => expect(resultOf('while-absent')).toMatchObject({ result: 'failed', code: 'device.absent' }))
    await printer.replug()
    await expectHealth('printer-1', { state: 'ready' })
    print('cut-off')
    await eventually(() => expect(said('print_result')).toHaveLength(3))
    expect(said('print_result').at(-1)).toMatchObject({ job: 'cut-off', result: 'unknown' })
    print('next')
    await eventually(() => expect(resultOf('next')).toMatchObject({ result: 'printed' }))
    // One receipt came out whole: the new one, behind the line that the first left on the paper.
    const paper = printer.receipts.map(({ receipt }) => receiptText(receipt)).join('\n')
    expect(paper.match(/Coffee/g)).toHaveLength(1)
    expect(paper.match(/Café/g)).toHaveLength(2)
  })

  it('prints the next receipt after one that broke off inside a command', async () => {
    printer.mishapAfter(600, 'bytes', 'unplug')
    bridge.send({ type: 'print', job: 'cut-off', document: [{ kind: 'qr', data: 'x'.repeat(1000) }], deadlineMs: 5000 })
    await eventually(() => expect(resultOf('cut-off')).toMatchObject({ result: 'unknown' }))
    await printer.replug()
    await expectHealth('printer-1', { state: 'ready' })
    print('next')
    await eventually(() => expect(resultOf('next')).toMatchObject({ result: 'printed' }))
    expect(printer.receipts.map(({ receipt }) => receiptText(receipt).includes('Coffee'))).toEqual([true])
  })

  it('does not know when the printer froze, and says that it does not answer, until it was switched off and on', async () => {
    printer.mishapAfter(1, 'lines', 'freeze')
    print('frozen', 500)
    await eventually(() => expect(resultOf('frozen')).toMatchObject({ result: 'unknown' }))
    print('still-frozen')
    await eventually(() => expect(resultOf('still-frozen')).toMatchObject({ result: 'failed', code: 'device.timeout' }))
    await expectHealth('printer-1', { state: 'fault', code: 'device.timeout' })
    printer.restart()
    await expectHealth('printer-1', { state: 'ready' })
    print('next')
    await eventually(() => expect(resultOf('next')).toMatchObject({ result: 'printed' }))
    expect(printer.receipts).toHaveLength(1)
  })

  it('does not know when the roll ends in the middle and nobody changes it in time; the scanner does not wait for it', async () => {
    printer.mishapAfter(2, 'lines', 'paper_out')
    print('roll-ends', 3000)
    await scanner.scan(EAN)
    await eventually(() => expect(said('scan')).toHaveLength(1))
    expect(resultOf('roll-ends')).toBeUndefined()
    await expectHealth('printer-1', { state: 'fault', code: 'device.paper_out' })
    await eventually(() => expect(resultOf('roll-ends')).toMatchObject({ result: 'unknown' }))
    printer.setPaper('ok')
    await eventually(() => expect(printer.receipts).toHaveLength(1))
    print('next')
    await eventually(() => expect(resultOf('next')).toMatchObject({ result: 'printed' }))
    expect(printer.receipts).toHaveLength(2)
  })
})

describe('over TCP, where there are no pseudo-terminals', () => {
  it('scans and prints, and finds both again when they were gone', async () => {
    const [wired, slip] = await Promise.all([startScanner({ kind: 'tcp', framing: 'stx-etx' }), startPrinter({ kind: 'tcp' })])
    const other = await startBridgeProcess(mkdtempSync(join(folder, 'tcp-')), {
      devices: [
        { id: 'scanner-1', kind: 'scanner', transport: wired.transport(), framing: 'stx-etx' },
        { id: 'printer-1', kind: 'printer', transport: slip.transport() },
      ],
    })
    const expectState = (state: string) =>
      eventually(() => expect([other.health('scanner-1')?.state, other.health('printer-1')?.state]).toEqual([state, state]))
    await expectState('ready')
    wired.unplug()
    slip.unplug()
    await expectState('absent')
    await Promise.all([wired.replug(), slip.replug()])
    await expectState('ready')
    await wired.scan(EAN)
    other.send({ type: 'print', job: 'job-1', document: DOCUMENT, deadlineMs: 5000 })
    await eventually(() => {
      expect(other.messages).toContainEqual({ type: 'scan', device: 'scanner-1', n: 1, text: EAN })
      expect(other.messages).toContainEqual({ type: 'print_result', job: 'job-1', result: 'printed' })
    })
    expect(slip.receipts).toHaveLength(1)
    other.kill('SIGINT')
    expect(await other.ended).toBe(0)
    wired.close()
    slip.close()
  })
})

describe('the process', () => {
  it('makes its socket for its own user only, and ends with its parent, leaving nothing', async () => {
    expect(statSync(bridge.socketPath).mode & 0o777).toBe(0o600)
    bridge.orphan()
    expect(await bridge.ended).toBe(0)
    expect(existsSync(bridge.socketPath)).toBe(false)
  })

  it('takes over the socket file of a killed bridge, but not the socket of a living one', async () => {
    const config = { devices: [] }
    await expect(startBridgeProcess(folder, config)).rejects.toThrow('is in use')
    bridge.kill('SIGKILL')
    await bridge.ended
    expect(existsSync(bridge.socketPath)).toBe(true)
    bridge = await startBridgeProcess(folder, config)
    await eventually(() => expect(said('welcome')).toEqual([{ type: 'welcome', version: 2, devices: [] }]))
  })

  it('names the field that is wrong in its configuration', async () => {
    const config = { devices: [{ id: 'x', kind: 'scanner', transport: { type: 'serial', path: 'ttyUSB0' } }] }
    await expect(startBridgeProcess(folder, config)).rejects.toThrow('devices[0].transport.path: must be an absolute path')
  })
})
