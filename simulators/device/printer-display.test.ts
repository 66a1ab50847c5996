import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startBridgeProcess, type BridgeProcess } from './bridge-process.ts'
import { startDisplay, type SimulatedDisplay } from './display.ts'
import { startPrinter, type SimulatedPrinter } from './printer.ts'
import { receiptText } from './receipt.ts'

let folder: string
let printer: SimulatedPrinter
let display: SimulatedDisplay
let bridge: BridgeProcess

const eventually = (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 5 })
const resultOf = (order: string) => bridge.messages.find((message) => message.type === 'order_result' && message.order === order)
const printResultOf = (job: string) => bridge.messages.find((message) => message.type === 'print_result' && message.job === job)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-printer-'))
  printer = await startPrinter({ linkAs: join(folder, 'printer'), columns: 32, drawer: 5 })
  display = await startDisplay({ linkAs: join(folder, 'display'), protocol: 'cd5220' })
  bridge = await startBridgeProcess(folder, {
    devices: [
      { id: 'printer-1', kind: 'printer', transport: printer.transport(), columns: 32, codePages: 'chinese', drawerPin: 5 },
      { id: 'display-1', kind: 'display', transport: display.transport(), protocol: 'cd5220' },
    ],
  })
  await vi.waitUntil(() => ['printer-1', 'display-1'].every((id) => bridge.health(id)?.state === 'ready'), { timeout: 20_000, interval: 5 })
})
afterAll(() => {
  bridge?.kill('SIGKILL')
  printer?.close()
  display?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('opens the drawer once for one order, and tells when it was shut', async () => {
  for (let i = 0; i < 2; i++) bridge.send({ type: 'order', order: 'o-1', what: { do: 'open_drawer' }, deadlineMs: 5000 })
  await eventually(() => expect(resultOf('o-1')).toMatchObject({ result: 'done' }))
  expect(printer.counters().pulses).toBe(1)
  expect(printer.drawerOpen).toBe(true)
  await eventually(() => expect(bridge.messages).toContainEqual({ type: 'drawer', device: 'printer-1', open: true }))
  printer.pushDrawerShut()
  await eventually(() => expect(bridge.messages.at(-1)).toEqual({ type: 'drawer', device: 'printer-1', open: false }))
})

it('opens the drawer of a printer without paper', async () => {
  printer.setPaper('out')
  bridge.send({ type: 'order', order: 'o-2', what: { do: 'open_drawer' }, deadlineMs: 5000 })
  await eventually(() => expect(resultOf('o-2')).toMatchObject({ result: 'done' }))
  expect(printer.drawerOpen).toBe(true)
  printer.setPaper('ok')
})

it('prints Chinese, and a receipt whose cut jammed comes out once', async () => {
  await printer.fault('cutter_jam')
  bridge.send({ type: 'print', job: 'j-1', document: [{ kind: 'pair', left: '可口可乐', right: '3.50 €' }], deadlineMs: 30_000 })
  await eventually(() => expect(bridge.health('printer-1')).toMatchObject({ state: 'fault', detail: 'error: cutter' }))
  expect(printResultOf('j-1')).toBeUndefined()
  printer.setCover(true)
  printer.setCover(false)
  await eventually(() => expect(printResultOf('j-1')).toMatchObject({ result: 'printed' }))
  expect(printer.receipts.map(({ receipt }) => receiptText(receipt))).toEqual([`可口可乐${' '.repeat(18)}3.50 €`])
})

it('shows the customer what the till says', async () => {
  bridge.send({ type: 'order', order: 's-1', what: { do: 'show', lines: ['Coffee', '3,50 €'] }, deadlineMs: 5000 })
  await eventually(() => expect(resultOf('s-1')).toMatchObject({ result: 'done' }))
  await eventually(() => expect(display.lines().map((line) => line.trimEnd())).toEqual(['Coffee', '3,50 EUR']))
  expect(display.unknown()).toBe(0)
})
