import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { APPLE, CATALOGUE, onlineTill, offlineTill, sellAndPay, testWallet, type TestTill } from './test-till.ts'
import { DAY, SECOND } from '#protocol/time.ts'

const settle = (t: TestTill): void => t.till.received('ack', t.ack(t.head()))
const said = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'order.placed' || entry.kind === 'order.handed_over' ? [entry] : []))
const place = (t: TestTill, receiptNumber: string, days = 7, keptPpm = 100_000) => t.till.command({ type: 'placeOrder', receiptNumber, days, keptPpm })

describe('an order at the till', () => {
  it('is what was paid just now, says what becomes of the money, and is handed over by its number', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: true })
    const [placed] = said(t)
    const { amountMinor } = t.view().orders?.[0] ?? { amountMinor: 0 }
    expect(placed).toMatchObject({
      kind: 'order.placed',
      body: { receiptNumber: number, keptMinor: Math.round(amountMinor / 10), until: t.time.now() + 7 * DAY },
    })
    expect(t.view().orders).toMatchObject([{ receiptNumber: number, atHub: false, isLate: false }])
    settle(t)
    expect(t.view().orders).toMatchObject([{ atHub: true }])
    expect(t.till.command({ type: 'handOver', receiptNumber: number.toLowerCase() })).toMatchObject({ ok: true })
    expect(said(t).map(({ kind }) => kind)).toEqual(['order.placed', 'order.handed_over'])
    expect(t.view().orders).toBeUndefined()
    expect(t.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: false, code: 'order.unknown' })
  })

  it('pressed twice is one, and is there after a stop', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    place(t, number)
    place(t, number, 3)
    expect(said(t)).toHaveLength(1)
    const again = t.reopen()
    expect(again.view().orders).toMatchObject([{ receiptNumber: number }])
    expect(again.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: true })
  })

  it('without the hub is one too, and says that nothing is held yet', () => {
    const t = offlineTill()
    const number = sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: true })
    expect(t.view().orders).toMatchObject([{ atHub: false }])
  })

  it('is no other sale’s, and of no cash', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    expect(place(t, 'NOSUCH-1')).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
    sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
  })

  it('is not handed over when its money went back, nor after its time', () => {
    const t = onlineTill()
    const back = sellAndPay(t)
    place(t, back)
    t.till.command({ type: 'continue' })
    expect(t.till.command({ type: 'voidSale', receiptNumber: back })).toMatchObject({ ok: true })
    expect(t.view().orders).toBeUndefined()
    expect(t.till.command({ type: 'handOver', receiptNumber: back })).toMatchObject({ ok: false, code: 'order.given_back' })
    const late = sellAndPay(t)
    place(t, late, 1)
    t.time.skip(DAY)
    t.time.advance(5 * SECOND)
    t.till.command({ type: 'continue' })
    expect(t.till.command({ type: 'handOver', receiptNumber: late })).toMatchObject({ ok: false, code: 'order.too_late' })
    expect(t.view().orders).toMatchObject([{ receiptNumber: late, isLate: true }])
  })
})

describe('a deposit', () => {
  const terms = (t: TestTill, leastDepositPpm: number): void => {
    const catalogue = { ...CATALOGUE, version: CATALOGUE.version + 1, orders: { leastDepositPpm }, tips: [100_000] }
    t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, catalogue))
    t.goOnline()
  }
  const held = (t: TestTill): void => t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + DAY }))
  const does = (t: Pick<TestTill, 'till'>, ...commands: Parameters<TestTill['till']['command']>[0][]): void => {
    for (const command of commands) expect(t.till.command(command)).toEqual({ ok: true, value: null })
  }
  const deposit = (keptPpm = 500_000) => ({ type: 'placeDeposit', days: 7, keptPpm }) as const
  /** Ten euros, of which so much is paid by wallet. */
  const payPart = (t: TestTill, amountMinor = 250): void => {
    expect(t.till.scanned(APPLE).ok).toBe(true)
    does(t, { type: 'takePayment', amountMinor })
    t.till.scanned(testWallet(t).show())
    held(t)
  }
  const placed = (t: TestTill): string => {
    payPart(t)
    does(t, deposit())
    return t.view().orders?.[0]?.receiptNumber ?? ''
  }
  const paper = (t: TestTill): string => (t.printed.at(-1)?.document ?? []).map((block) => Object.values(block).join(' ')).join('\n')

  it('is put aside with its basket, and who scans the slip pays the rest and is handed the goods in one transaction', () => {
    const t = onlineTill()
    const number = placed(t)
    expect(said(t)).toMatchObject([{ kind: 'order.placed', body: { receiptNumber: number, payments: [{ amountMinor: 250 }], restMinor: 750, keptMinor: 125 } }])
    expect(paper(t)).toMatch(/Deposit paid.* 2\.50 EUR.*To be paid.* 7\.50 EUR.*get back 1\.25.*keeps 1\.25.*is an advance/s)
    expect(t.view()).toMatchObject({ sale: { itemCount: 0 }, tender: { stage: 'none' }, orders: [{ amountMinor: 250, restMinor: 750, atHub: false }] })
    sellAndPay(t)
    does(t, { type: 'continue' })
    t.till.scanned(number)
    expect(t.view()).toMatchObject({ sale: { itemCount: 1 }, tenders: { restMinor: 750 }, orders: [{ isOpen: true }] })
    // Scanned twice it is the same.
    t.till.scanned(number)
    does(t, { type: 'payCash', tenderedMinor: 1000 })
    expect(t.kinds().slice(-3)).toEqual(['payment.taken_in_cash', 'sale.completed', 'order.handed_over'])
    expect(t.entries().findLast(({ kind }) => kind === 'sale.completed')).toMatchObject({
      body: { receiptNumber: number, totalMinor: 1000, payments: [{ amountMinor: 250 }, { amountMinor: 750 }] },
    })
    expect(paper(t)).toMatch(/Deposit paid before, Wallet 2\.50.*Cash 7\.50/s)
    expect(t.view().orders).toBeUndefined()
    const again = t.reopen()
    expect(again.view().orders).toBeUndefined()
    expect(again.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: false, code: 'order.unknown' })
  })

  it('waits on after a stop, in work or not, and is paid by wallet without the hub', () => {
    const t = onlineTill()
    const number = placed(t)
    const aside = t.reopen()
    does(aside, { type: 'handOver', receiptNumber: number })
    const inWork = aside.reopen()
    expect(inWork.view()).toMatchObject({ tenders: { restMinor: 750 }, orders: [{ receiptNumber: number, isOpen: true }] })
    does(inWork, { type: 'takePayment' })
    inWork.till.scanned(testWallet(inWork).show())
    expect(inWork.view()).toMatchObject({ tender: { stage: 'approved', amountMinor: 1000, decidedBy: 'policy', receiptNumber: number } })
    expect(said(inWork).map(({ kind }) => kind)).toEqual(['order.placed', 'order.handed_over'])
    // What was fetched just now is not fetched again.
    expect(place(inWork, number)).toMatchObject({ ok: false, code: 'order.unknown' })
  })

  it('loses nothing when the power goes while the rest is written down: all of it happened, or nothing', () => {
    const t = onlineTill()
    const number = placed(t)
    does(t, { type: 'handOver', receiptNumber: number })
    t.disk.full = true
    expect(t.till.command({ type: 'payCash', tenderedMinor: 750 }).ok).toBe(false)
    t.disk.full = false
    const again = t.reopen()
    expect(said(again)).toHaveLength(1)
    expect(again.view()).toMatchObject({ tenders: { restMinor: 750 }, orders: [{ receiptNumber: number, isOpen: true }] })
    does(again, { type: 'payCash', tenderedMinor: 750 })
    expect(said(again).map(({ kind }) => kind)).toEqual(['order.placed', 'order.handed_over'])
  })

  it('whose rest is refused waits on, in work or put back, and takes nothing else with it', () => {
    const t = onlineTill()
    const number = placed(t)
    does(t, { type: 'handOver', receiptNumber: number }, { type: 'takePayment' })
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', t.decide({ type: 'declined', code: 'payment.insufficient_funds' }))
    expect(t.view().tender).toMatchObject({ stage: 'refused' })
    does(t, { type: 'continue' }, { type: 'leaveOrder' })
    expect(t.view()).toMatchObject({ sale: { itemCount: 0 }, orders: [{ receiptNumber: number, restMinor: 750 }] })
    does(t, { type: 'handOver', receiptNumber: number }, { type: 'payCash', tenderedMinor: 200, amountMinor: 200 })
    // What was paid of the rest would be held by nobody.
    expect(t.till.command({ type: 'leaveOrder' })).toMatchObject({ ok: false, code: 'sale.partly_paid' })
    expect(t.till.command(deposit())).toMatchObject({ ok: false, code: 'sale.partly_paid' })
    does(t, { type: 'payCash', tenderedMinor: 550 })
    expect(said(t)).toHaveLength(2)
  })

  it('is given back as a whole with its sale, and is no order any more', () => {
    const t = onlineTill()
    const number = placed(t)
    does(t, { type: 'handOver', receiptNumber: number }, { type: 'abandonSale' })
    expect(t.kinds().at(-1)).toBe('payment.voided')
    expect(t.view().orders).toBeUndefined()
    does(t, { type: 'clearSale' })
    expect(t.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: false, code: 'order.given_back' })
  })

  it('is at least what the shop asks for, by wallet, and before its time', () => {
    const t = onlineTill()
    terms(t, 300_000)
    expect(t.till.command(deposit())).toMatchObject({ ok: false, code: 'order.deposit_too_small' })
    payPart(t, 299)
    expect(t.till.command(deposit())).toMatchObject({ ok: false, code: 'order.deposit_too_small' })
    does(t, { type: 'takePayment', amountMinor: 1 })
    t.till.scanned(testWallet(t).show())
    held(t)
    does(t, deposit())
    expect(t.till.command(deposit())).toMatchObject({ ok: false, code: 'order.deposit_too_small' })
    const [order] = t.view().orders ?? []
    expect(order).toMatchObject({ amountMinor: 300, restMinor: 700 })
    const { receiptNumber = '' } = order ?? {}
    expect(t.till.scanned(APPLE).ok).toBe(true)
    expect(t.till.command({ type: 'handOver', receiptNumber })).toMatchObject({ ok: false, code: 'gate.open_basket' })
    does(t, { type: 'payCash', tenderedMinor: 400, amountMinor: 400 })
    expect(t.till.command(deposit())).toMatchObject({ ok: false, code: 'order.wallet_only' })
    does(t, { type: 'abandonSale' }, { type: 'clearSale' })
    t.time.skip(7 * DAY)
    t.time.advance(5 * SECOND)
    expect(t.till.command({ type: 'handOver', receiptNumber })).toMatchObject({ ok: false, code: 'order.too_late' })
  })
})
