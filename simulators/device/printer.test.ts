import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_RECEIPTS, startPrinter, type SimulatedPrinter } from './printer.ts'
import { receiptText } from './receipt.ts'

let printer: SimulatedPrinter
let computer: Socket
let heard: number[]

const eventually = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 2 })
const send = (text: string) => void computer.write(Buffer.from(text, 'latin1'))
/** DLE EOT 1, 2, 3, 4. */
const ASK_ALL = '\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04'

beforeEach(async () => {
  printer = await startPrinter({ kind: 'tcp' })
  const transport = printer.transport()
  if (transport.type !== 'tcp') throw new Error('asked for TCP')
  heard = []
  computer = connect(transport).on('data', (bytes) => heard.push(...bytes))
  computer.on('error', () => {})
  await once(computer, 'connect')
})
afterEach(() => {
  computer.destroy()
  printer.close()
})

describe('status', () => {
  it.each<[string, () => void, readonly number[]]>([
    ['ready', () => {}, [0x12, 0x12, 0x12, 0x12]],
    ['paper near its end', () => printer.setPaper('near_end'), [0x12, 0x12, 0x12, 0x1e]],
    ['drawer open', () => printer.openDrawerByKey(), [0x16, 0x12, 0x12, 0x12]],
    ['paper out', () => printer.setPaper('out'), [0x1a, 0x32, 0x12, 0x7e]],
    ['cover open', () => printer.setCover(true), [0x1a, 0x16, 0x12, 0x12]],
  ])('is the bytes of the manual: %s', async (_, change, answers) => {
    change()
    send(ASK_ALL)
    await eventually(() => expect(heard).toEqual(answers))
  })

  it('is told at once in the middle of data, and "done" only in its turn', async () => {
    printer.setPaper('out')
    send('Hel\x10\x04\x01lo\n\x1dr\x01\x1dV\x00')
    await eventually(() => expect(heard).toEqual([0x1a]))
    expect(printer.receipts).toEqual([])
    printer.setPaper('ok')
    await eventually(() => expect(heard).toEqual([0x1a, 0x00]))
    expect(printer.receipts.map(({ receipt }) => receiptText(receipt))).toEqual(['Hello'])
  })

  it('is told by itself where that was asked for', async () => {
    send('\x1da\xff')
    await eventually(() => expect(heard).toEqual([0x10, 0, 0, 0]))
    printer.setCover(true)
    printer.openDrawerByKey()
    await eventually(() => expect(heard.slice(4)).toEqual([0x38, 0, 0, 0, 0x3c, 0, 0, 0]))
  })

  it('takes a 10 hex that is a parameter for what it is', async () => {
    send('\x1bt\x10\x80\n\x1dV\x00')
    await eventually(() => expect(printer.receipts.map(({ receipt }) => receiptText(receipt))).toEqual(['€']))
  })
})

describe('a printer', () => {
  it('numbers its receipts for ever and keeps the last ones', async () => {
    const numbers: number[] = []
    const stop = printer.onReceipt(({ n }) => numbers.push(n))
    send('x\n\x1dV\x00'.repeat(MAX_RECEIPTS + 2))
    await eventually(() => expect(numbers).toHaveLength(MAX_RECEIPTS + 2))
    expect(printer.receipts).toHaveLength(MAX_RECEIPTS)
    expect(printer.receipts[0]?.n).toBe(3)
    stop()
    send('x\n\x1dV\x00\x1dr\x01')
    await eventually(() => expect(heard).toEqual([0]))
    expect(numbers).toHaveLength(MAX_RECEIPTS + 2)
  })

  it('has its drawer kicked open, in its turn or at once, and pushed shut by a person', async () => {
    const seen: boolean[] = []
    printer.onDrawer((open) => seen.push(open))
    send('\x1bp\x00\x19\xfa')
    await eventually(() => expect(printer.drawerOpen).toBe(true))
    printer.pushDrawerShut()
    printer.setCover(true)
    send('\x10\x14\x01\x00\x05')
    await eventually(() => expect(seen).toEqual([true, false, true]))
    printer.pushDrawerShut()
    // The drawer hangs on the other pin.
    send('\x10\x14\x01\x01\x05')
    await eventually(() => expect(printer.counters()).toMatchObject({ pulses: 3, unknown: 0 }))
    expect(printer.drawerOpen).toBe(false)
  })

  it('loses what does not fit its buffer while it cannot print, and says so', async () => {
    printer.setCover(true)
    send('x'.repeat(100_000))
    await eventually(() => expect(printer.counters().overrun).toBe(100_000 - 65_536))
  })

  it('keeps the same address when it is plugged in again', async () => {
    const before = printer.transport()
    printer.unplug()
    expect(printer.plugged).toBe(false)
    await once(computer, 'close')
    await printer.replug()
    expect(printer.plugged).toBe(true)
    expect(printer.transport()).toEqual(before)
  })
})

describe('a fault', () => {
  /** Six lines and a cut, and whether all of it is done. */
  const RECEIPT = 'a\nb\nc\nd\ne\nf\n\x1dV\x00\x1dr\x01'
  const hanging = () => receiptText(printer.uncut())

  it.each([
    ['paper_out_mid_receipt', () => printer.setPaper('ok')],
    ['cover_open_mid_receipt', () => printer.setCover(false)],
  ] as const)('%s stops a receipt, which goes on after', async (fault, mend) => {
    await printer.fault(fault)
    send(RECEIPT)
    await eventually(() => expect(hanging()).toBe('a\nb\nc'))
    expect(heard).toEqual([])
    mend()
    await eventually(() => expect(heard.at(-1)).toBe(0))
    expect(printer.receipts.map(({ receipt }) => receiptText(receipt))).toEqual(['a\nb\nc\nd\ne\nf'])
  })

  it('unplug_mid_receipt loses the rest of it', async () => {
    await printer.fault('unplug_mid_receipt')
    send(RECEIPT)
    await once(computer, 'close')
    expect(hanging()).toBe('a\nb\nc')
    expect(printer.plugged).toBe(false)
  })

  it.each([
    ['1', true],
    ['2', false],
  ])('cutter_jam waits for a person and for DLE ENQ %s', async (n, isDone) => {
    await printer.fault('cutter_jam')
    send(RECEIPT)
    await eventually(() => expect(printer.counters().commands).toBe(1))
    send(ASK_ALL)
    await eventually(() => expect(heard).toEqual([0x1a, 0x52, 0x1a, 0x12]))
    send(`\x10\x05${String.fromCharCode(Number(n))}\x10\x04\x01`)
    await eventually(() => expect(heard.at(-1)).toBe(0x1a))
    expect(printer.receipts).toEqual([])
    printer.setCover(true)
    printer.setCover(false)
    send(`\x10\x05${String.fromCharCode(Number(n))}\x10\x04\x01`)
    await eventually(() => expect(heard.slice(5)).toEqual(isDone ? [0x00, 0x12] : [0x12]))
    expect(printer.receipts).toHaveLength(1)
  })

  it.each([
    ['noise', [0xff, 0x81, 0x11, 0xc3, 0x9e, 0x13, 0x12, 0x12, 0x12, 0x12]],
    ['half_answer', [0x12, 0x12, 0x12]],
    ['wrong_status', [0x81, 0x81, 0x81, 0x81]],
    ['frozen', []],
  ] as const)('%s is on its line', async (fault, answers) => {
    await printer.fault(fault)
    send(ASK_ALL)
    await eventually(() => expect(heard).toEqual(answers))
    printer.restart()
  })

  it('status_storm says the same thing without end', async () => {
    await printer.fault('status_storm')
    await eventually(() => expect(heard.length).toBe(400))
    expect(new Set(heard)).toEqual(new Set([0x12]))
  })

  it('slow prints in its own time, and all of it', async () => {
    await printer.fault('slow')
    send(RECEIPT.replaceAll('\n', `${'.'.repeat(30)}\n`))
    await eventually(() => expect(heard).toEqual([0]))
    expect(receiptText(printer.receipts[0]?.receipt ?? printer.uncut())).toContain('f....')
    printer.restart()
  })
})
