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

  it('kicks the drawer, in its turn or at once', async () => {
    send('\x1bp\x00\x19\xfa\x10\x14\x01\x00\x05')
    await eventually(() => expect(printer.counters()).toMatchObject({ pulses: 2, unknown: 0 }))
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
