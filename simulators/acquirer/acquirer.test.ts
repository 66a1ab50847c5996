import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startAcquirer, type AcquirerFault, type SimulatedAcquirer } from './server.ts'
import { readWire, writeWire } from './wire.ts'
import type { Acquirer, Asking, ExchangeRef } from '../../hub/acquirers/acquirer.ts'
import { openAcquirer } from '../../hub/acquirers/connector.ts'
import { decodeMessage, encodeMessage } from '../../hub/acquirers/iso8583/message.ts'
import type { KeyService } from '../../hub/key-service/key-service.ts'
import { testCard } from '../device/test-cards.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { ok } from '#protocol/outcome.ts'

/** The hub's connector and an acquirer that shares no code with it, over real sockets. */
const { pan, expiry } = testCard('Visa')
let bank: SimulatedAcquirer
let acquirer: Acquirer
const lines: string[] = []
const opened: Uint8Array[] = []
const keyService: Pick<KeyService, 'open'> = {
  open() {
    const card = new TextEncoder().encode(`${pan}=${expiry}2010000`)
    opened.push(card)
    return Promise.resolve(ok(card))
  },
}

beforeEach(async () => {
  lines.length = 0
  opened.length = 0
  bank = await startAcquirer({ lateAfter: 400 })
  acquirer = openAcquirer(
    {
      id: 'test',
      host: '127.0.0.1',
      port: bank.port,
      dialect: 'bcd',
      terminal: 'TILL0001',
      merchant: 'MERCHANT0000001',
      institution: '12345',
      patienceMs: 250,
    },
    { clock: systemClock, timers: systemTimers, keyService: keyService as KeyService, warn: (line) => lines.push(line) },
  )
  await vi.waitUntil(() => acquirer.state.link === 'ready')
})
afterEach(async () => {
  acquirer.close()
  await bank.close()
})

let last = 0
const asking = (kind: ExchangeRef['kind'], amountMinor: number, of?: ExchangeRef & { approvalCode?: string }): Asking & { exchange: ExchangeRef } => {
  last += 1
  const exchange = { kind, stan: last, rrn: String(last).padStart(12, '0'), at: systemClock.now(), amountMinor, ...(of === undefined ? {} : { of }) }
  return { payment: 'p', exchange, currency: 'EUR', repeat: 0, maskedPan: '-', ...(of === undefined ? { secret: { is: 'number', sealed: '-' } as const } : {}) }
}
const undo = (of: ExchangeRef, why: 'no_answer' | 'voided' = 'no_answer', repeat = 0): Asking => ({
  ...asking('sale', of.amountMinor),
  repeat,
  exchange: { ...asking('sale', of.amountMinor).exchange, kind: 'reverse', why, of },
})

describe('an acquirer over TCP', () => {
  it('authorises, captures, gives back, and wipes the card', async () => {
    const hold = asking('authorise', 400)
    const answer = await acquirer.ask(hold)
    expect(answer).toMatchObject({ type: 'approved', approvalCode: 'S00001' })
    expect(opened.every((card) => card.every((byte) => byte === 0))).toBe(true)
    expect([bank.books.heldMinor, bank.books.takenMinor]).toEqual([400, 0])
    const capture = asking('capture', 300, { ...hold.exchange, approvalCode: 'S00001' })
    expect(await acquirer.ask(capture)).toMatchObject({ type: 'approved' })
    expect([bank.books.heldMinor, bank.books.takenMinor]).toEqual([0, 300])
    expect(await acquirer.ask(asking('refund', 100, capture.exchange))).toMatchObject({ type: 'approved' })
    expect(bank.books.takenMinor).toBe(200)
    expect(bank.heard).toEqual(['0100', '0200', '0200'])
    expect(bank.books.booked[0]).toMatchObject({ last4: pan.slice(-4), rrn: hold.exchange.rrn })
  })

  it('says why not, by the sum', async () => {
    expect(await acquirer.ask(asking('sale', 19_951))).toEqual({ type: 'declined', code: '51' })
    expect(await acquirer.ask(asking('sale', 9954))).toEqual({ type: 'declined', code: '54' })
    expect(bank.books.takenMinor).toBe(0)
  })

  it('undoes by the number of what it is to undo, as often as it is told, and also before it has heard of it', async () => {
    const sale = asking('sale', 400)
    await acquirer.ask(sale)
    expect(await acquirer.ask(undo(sale.exchange))).toMatchObject({ type: 'approved' })
    expect(await acquirer.ask(undo(sale.exchange, 'voided', 1))).toMatchObject({ type: 'approved' })
    const never = asking('sale', 500)
    expect(await acquirer.ask(undo(never.exchange))).toEqual({ type: 'declined', code: '25' })
    expect(await acquirer.ask(never)).toEqual({ type: 'declined', code: '94' })
    expect(bank.books.takenMinor).toBe(0)
    expect(bank.heard).toEqual(['0200', '0400', '0421', '0400', '0200'])
  })

  it.each<AcquirerFault>(['silence', 'late', 'wrong_stan', 'cut', 'unheard', 'garbage', 'part'])(
    'is silence when it fails: %s; the reversal then puts it right',
    async (fault) => {
      bank.fault(fault)
      const sale = asking('sale', 400)
      expect(await acquirer.ask(sale)).toEqual({ type: 'silence' })
      // A line that went is opened again after two seconds.
      await expect.poll(() => acquirer.state.link, { timeout: 5000 }).toBe('ready')
      const undone = await acquirer.ask(undo(sale.exchange))
      expect(undone.type === 'approved' || (undone.type === 'declined' && undone.code === '25')).toBe(true)
      expect(bank.books.takenMinor).toBe(0)
      if (fault === 'late' || fault === 'wrong_stan' || fault === 'part') await expect.poll(() => acquirer.state.stray).toBe(1)
    },
  )

  it('an answer that comes twice changes nothing', async () => {
    bank.fault('twice')
    expect(await acquirer.ask(asking('sale', 400))).toMatchObject({ type: 'approved' })
    expect(await acquirer.ask(asking('sale', 500))).toMatchObject({ type: 'approved', approvalCode: 'S00002' })
    expect(acquirer.state.stray).toBe(1)
  })

  it('that is down is asked nothing, and found again', async () => {
    await bank.goDown()
    await expect.poll(() => acquirer.state.link).toBe('connecting')
    expect(await acquirer.ask(asking('sale', 400))).toEqual({ type: 'unsent' })
    await bank.comeUp()
    await expect.poll(() => acquirer.state.link, { timeout: 5000 }).toBe('ready')
    expect(await acquirer.ask(asking('sale', 400))).toMatchObject({ type: 'approved' })
  })

  it('is asked many things at once, and each answer finds its question', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => acquirer.ask(asking('sale', at % 10 === 0 ? 9951 : 100))))
    expect(answers.map(({ type }) => type)).toEqual(answers.map((_, at) => (at % 10 === 0 ? 'declined' : 'approved')))
    expect(bank.books.takenMinor).toBe(9000)
  })
})

it('both ends read what the other writes, and neither uses the other’s code', () => {
  const fields = new Map([
    [3, '000000'],
    [4, '000000000400'],
    [7, '1122173000'],
    [11, '000042'],
    [37, '00000000000A'],
    [38, 'S00001'],
    [49, 'EUR'],
    [70, '301'],
    [90, `0200${'1'.repeat(38)}`],
  ])
  const read = readWire(Buffer.from(encodeMessage('bcd', { type: '0420', fields })))
  expect([read.type, [...read.fields]]).toEqual(['0420', [...fields]])
  const back = decodeMessage('bcd', writeWire('0430', fields))
  expect(back.ok && [back.value.type, [...back.value.fields]]).toEqual(['0430', [...fields]])
})
