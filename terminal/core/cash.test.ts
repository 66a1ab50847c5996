import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { EntryBody, EntryKind } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { APPLE, CATALOGUE, offlineTill, onlineTill, openTestTill, sellAndPay, sellApple, type TestTill } from './test-till.ts'

const PRINTER: DeviceHealth = { device: 'printer-1', kind: 'printer', state: 'ready', counters: {} }
const id = (n: number): string => `0198c0de-0000-7000-8000-0000000${String(n).padStart(5, '0')}`
const kicks = (t: TestTill): number => t.ordered.filter(({ what }) => what.do === 'open_drawer').length
const bodies = <K extends EntryKind>(t: TestTill, kind: K): EntryBody<K>[] =>
  t.entries().flatMap((entry) => (entry.kind === kind ? [entry.body as EntryBody<K>] : []))
const paper = (t: TestTill): string => JSON.stringify(t.printed.at(-1)?.document)

/** An apple, 10.00, for cash; answers the number of its receipt. */
function sellForCash(t: TestTill, tenderedMinor: Minor = 2000): string {
  t.till.scanned(APPLE)
  const paid = t.till.command({ type: 'payCash', tenderedMinor })
  const { tender } = t.view()
  if (!paid.ok || tender.stage !== 'approved') throw new Error(`cash can be taken: ${JSON.stringify(paid)}`)
  return tender.receiptNumber
}
const move = (direction: 'in' | 'out', amountMinor: Minor, n = 1): Command => ({
  type: 'moveCash',
  movementId: id(n),
  direction,
  amountMinor,
  reason: 'change',
})
/** A till whose cash is rounded to 5. */
function roundingTill(): TestTill {
  const t = offlineTill()
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, { ...CATALOGUE, version: CATALOGUE.version + 1, cashRoundingMinor: 5 }))
  return t
}

describe('cash', () => {
  it('is captured with its sale in one go, opens the drawer and prints, in this order, and asks no hub', () => {
    const t = onlineTill()
    t.till.device(PRINTER)
    const before = t.head()
    t.till.scanned(APPLE)
    expect(t.view().cash).toEqual({ toPayMinor: 1000, suggestions: [1000, 2000, 5000, 10_000, 20_000] })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 5000 })).toEqual({ ok: true, value: null })
    expect(t.kinds().slice(before)).toEqual(['payment.taken_in_cash', 'sale.completed'])
    expect(bodies(t, 'payment.taken_in_cash')).toMatchObject([{ amountMinor: 1000, tenderedMinor: 5000, changeMinor: 4000, receiptNumber: '0000AA-1-000001' }])
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'cash', amountMinor: 1000, cash: { tenderedMinor: 5000, changeMinor: 4000 } })
    expect(kicks(t)).toBe(1)
    expect(t.printed.at(-1)).toMatchObject({ job: '0000AA-1-000001', head: before + 2 })
    expect(paper(t)).toMatch(/Cash.*10\.00.*Given.*50\.00.*Change.*40\.00/)
    expect(t.view().sold).toMatchObject([{ totalMinor: 1000, state: 'captured', cash: true }])
    expect(t.chainIsWhole()).toBe(true)
  })

  it('is nobody’s risk, and on this till alone until the hub has heard of it', () => {
    const t = offlineTill()
    const { tillLeftMinor } = t.view().link.allowance
    sellForCash(t)
    expect(t.view().link).toMatchObject({ waiting: { payments: 1, amountMinor: 1000 }, allowance: { tillLeftMinor } })
    t.time.advance(SECOND)
    t.goOnline()
    expect(t.view().link.waiting).toMatchObject({ payments: 0, amountMinor: 0 })
  })

  it('ends a payment for which a code is awaited; a second press finds an empty basket and takes nothing', () => {
    const t = offlineTill()
    sellApple(t)
    expect(t.view().tender.stage).toBe('awaiting_code')
    t.till.command({ type: 'payCash', tenderedMinor: 1000 })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1000 })).toMatchObject({ ok: false, code: 'sale.empty' })
    expect(bodies(t, 'payment.taken_in_cash')).toHaveLength(1)
  })

  it('that is too little, or for nothing, is not taken', () => {
    const t = offlineTill()
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1000 })).toMatchObject({ code: 'sale.empty' })
    t.till.scanned(APPLE)
    expect(t.till.command({ type: 'payCash', tenderedMinor: 999 })).toMatchObject({ code: 'sale.cash_too_little' })
    t.disk.roomBytes = 0
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1000 })).toMatchObject({ code: 'till.disk_nearly_full' })
    expect(bodies(t, 'payment.taken_in_cash')).toEqual([])
  })

  it('outlives a power cut without opening the drawer or printing again', () => {
    const t = offlineTill()
    t.till.device(PRINTER)
    const sold = sellForCash(t)
    const again = t.reopen()
    again.till.device(PRINTER)
    expect(again.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'cash', receiptNumber: sold, cash: { changeMinor: 1000 } })
    expect([kicks(again), again.printed.length]).toEqual([0, 0])
    again.till.command({ type: 'reprint' })
    expect(paper(again)).toMatch(/COPY.*Change.*10\.00/)
    expect(kicks(again)).toBe(0)
  })

  it('is not taken while the disk is full: the drawer stays shut', () => {
    const t = offlineTill()
    t.till.device(PRINTER)
    t.till.scanned(APPLE)
    t.disk.full = true
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1000 })).toMatchObject({ ok: false, code: 'till.disk_full' })
    expect([kicks(t), t.printed.length]).toEqual([0, 0])
  })

  it('goes back out of the drawer, by refund and by void, on paper and in the sums', () => {
    const t = offlineTill()
    t.till.device(PRINTER)
    const [first, second] = [sellForCash(t), sellForCash(t)]
    expect(t.till.command({ type: 'refund', refundId: id(7), receiptNumber: first, amountMinor: 400 }).ok).toBe(true)
    expect(paper(t)).toMatch(/REFUND.*Cash.*-4\.00.*Given back in cash/)
    expect(t.till.command({ type: 'voidSale', receiptNumber: second }).ok).toBe(true)
    expect(paper(t)).toMatch(/VOID.*Cash.*-10\.00/)
    expect(kicks(t)).toBe(4)
    const wallet = sellAndPay(t)
    t.till.command({ type: 'refund', refundId: id(8), receiptNumber: wallet, amountMinor: 100 })
    expect(paper(t)).toMatch(/Goes back to the wallet/)
    expect(kicks(t)).toBe(4)
    t.goOnline()
    expect(t.till.command({ type: 'closeShift', countedMinor: 600 }).ok).toBe(true)
    expect(bodies(t, 'shift.closed')).toMatchObject([{ cash: { expectedMinor: 600, countedMinor: 600 }, payments: 3, refunds: 3 }])
  })

  it('is counted once when its entry is carried over into a later epoch; the hub is asked about a number that may be on two receipts', () => {
    const t = offlineTill()
    const sold = sellForCash(t)
    t.till.connected()
    t.time.skip(SECOND)
    t.till.received('ack', t.ack(2, { received: { n: 2, head: 'ab'.repeat(32) } }))
    expect(t.entries().filter(({ kind }) => kind === 'entry.salvaged').length).toBeGreaterThan(1)
    expect(t.view().sold).toMatchObject([{ receiptNumber: sold, state: 'captured', cash: true }])
    expect(t.view().link.waiting).toMatchObject({ payments: 1, amountMinor: 1000 })
    t.till.command({ type: 'refund', refundId: id(7), receiptNumber: sold, amountMinor: 1000 })
    expect(t.reopen().view()).toMatchObject({ sold: [{ refundedMinor: 0 }], refunds: [{ state: 'requested' }] })
  })

  it('is rounded as the catalogue says, and the sale tells by how much', () => {
    const t = roundingTill()
    t.till.scanned(APPLE)
    const [line] = t.view().sale.lines
    t.till.command({ type: 'discountLine', line: line?.id ?? '', discount: { amountMinor: 2 } })
    if (t.view().sale.totalMinor !== 998) throw new Error(`9.98 are to pay, not ${t.view().sale.totalMinor}`)
    expect(t.view().cash).toMatchObject({ toPayMinor: 1000, roundingMinor: 2 })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1000 }).ok).toBe(true)
    expect(bodies(t, 'sale.completed')).toMatchObject([{ totalMinor: 998, roundingMinor: 2, payments: [{ amountMinor: 1000 }] }])
    expect(paper(t)).toMatch(/TOTAL EUR.*9\.98.*Rounding.*0\.02.*Cash.*10\.00/)
  })
})

describe('a shift', () => {
  it('opens with a float, counts blind, and tells what was expected only when it is closed', () => {
    const t = onlineTill()
    expect(t.till.command({ type: 'openShift', floatMinor: 10_000 }).ok).toBe(true)
    expect(t.till.command({ type: 'openShift', floatMinor: 10_000 })).toMatchObject({ ok: false, code: 'shift.already_open' })
    sellForCash(t)
    t.till.command(move('out', 300))
    const { shift } = t.view()
    expect(shift).toEqual({ openedAt: shift.openedAt, floatMinor: 10_000, movedInMinor: 0, movedOutMinor: 300, sales: 1, returns: 0 })
    t.till.command({ type: 'printXReport' })
    expect(paper(t)).toMatch(/X REPORT.*Sales \(1\).*10\.00.*Float.*100\.00.*Cash taken out.*-3\.00/)
    expect(paper(t)).not.toMatch(/107\.00|Expected|Cash sales/)
    t.goOnline()
    expect(t.till.command({ type: 'closeShift', countedMinor: 10_650 }).ok).toBe(true)
    expect(bodies(t, 'shift.closed')).toMatchObject([{ cash: { expectedMinor: 10_700, countedMinor: 10_650 } }])
    expect(paper(t)).toMatch(/Z REPORT.*Cash sales.*10\.00.*Expected in the drawer.*107\.00.*Counted.*106\.50.*SHORT.*-0\.50/)
    expect(t.view().shift).toMatchObject({ floatMinor: 10_650, sales: 0, counted: { expectedMinor: 10_700, countedMinor: 10_650 } })
    expect(t.reopen().view().shift).toEqual(t.view().shift)
  })

  it('keeps the count while the gate is shut, and asks for another when cash has moved since', () => {
    const t = offlineTill()
    sellForCash(t)
    expect(t.till.command({ type: 'closeShift', countedMinor: 1000 })).toMatchObject({ ok: false, code: 'gate.outbox' })
    t.goOnline()
    expect(t.till.command({ type: 'closeShift' }).ok).toBe(true)
    expect(bodies(t, 'shift.closed')).toMatchObject([{ cash: { expectedMinor: 1000, countedMinor: 1000 } }])
    t.till.disconnected()
    sellForCash(t)
    t.till.command({ type: 'closeShift', countedMinor: 2000 })
    t.till.command(move('in', 5))
    t.goOnline()
    expect(t.till.command({ type: 'closeShift' })).toMatchObject({ ok: false, code: 'shift.count_again' })
    expect(t.till.command({ type: 'closeShift', countedMinor: 2005 }).ok).toBe(true)
  })

  it('can be closed without a count, as before; the drawer then holds on', () => {
    const t = onlineTill()
    sellForCash(t)
    t.goOnline()
    expect(t.till.command({ type: 'closeShift' }).ok).toBe(true)
    expect(bodies(t, 'shift.closed')[0]?.cash).toBeUndefined()
    t.goOnline()
    expect(t.till.command(move('in', 1)).ok).toBe(true)
    t.goOnline()
    t.till.command({ type: 'closeShift', countedMinor: 1001 })
    expect(bodies(t, 'shift.closed')[1]?.cash).toEqual({ expectedMinor: 1001, countedMinor: 1001 })
    t.goOnline()
    for (const countedMinor of [1001, 1002, 1002]) t.till.command({ type: 'closeShift', countedMinor })
    t.goOnline()
    t.till.command({ type: 'closeShift', countedMinor: 1002 })
    expect(bodies(t, 'shift.closed').slice(2)).toMatchObject([{ cash: { expectedMinor: 1001, countedMinor: 1002 } }])
  })

  it('moves cash once for each press that means it', () => {
    const t = offlineTill()
    t.till.device(PRINTER)
    expect(t.till.command(move('in', 500)).ok).toBe(true)
    expect(t.till.command(move('in', 500)).ok).toBe(true)
    const again = t.reopen()
    expect(again.till.command(move('in', 501))).toMatchObject({ ok: false, code: 'entry.conflict' })
    expect(bodies(again, 'cash.moved')).toMatchObject([{ movementId: id(1), direction: 'in', amountMinor: 500 }])
    expect(kicks(t)).toBe(1)
  })

  it('expects float + in − out + sales − returns, whatever happens in whatever order, across restarts', () => {
    const act = fc.oneof(
      fc.record({ type: fc.constant('sell' as const) }),
      fc.record({ type: fc.constant('refund' as const), amountMinor: fc.integer({ min: 1, max: 1000 }) }),
      fc.record({ type: fc.constant('in' as const), amountMinor: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ type: fc.constant('out' as const), amountMinor: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ type: fc.constant('open' as const), amountMinor: fc.nat(9000) }),
      fc.record({ type: fc.constant('restart' as const) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 8 }), (acts) => {
        let t = openTestTill()
        t.goOnline()
        let [holds, isOpen, last] = [0, false, '']
        for (const [n, one] of acts.entries()) {
          if (one.type === 'restart') t = t.reopen()
          if (one.type === 'sell') [last, holds] = [sellForCash(t), holds + 1000]
          if (one.type === 'refund' && last !== '') {
            const given = t.till.command({ type: 'refund', refundId: id(100 + n), receiptNumber: last, amountMinor: one.amountMinor })
            if (given.ok) holds -= one.amountMinor
          }
          if ((one.type === 'in' || one.type === 'out') && t.till.command(move(one.type, one.amountMinor, n)).ok)
            holds += one.type === 'in' ? one.amountMinor : -one.amountMinor
          if (one.type === 'open') {
            expect(t.till.command({ type: 'openShift', floatMinor: one.amountMinor }).ok).toBe(!isOpen)
            holds = isOpen ? holds : one.amountMinor
            isOpen = true
          }
        }
        t.till.command(move('in', 1, 99))
        t.goOnline()
        expect(t.till.command({ type: 'closeShift', countedMinor: 7 }).ok).toBe(true)
        expect(bodies(t, 'shift.closed')[0]?.cash).toEqual({ expectedMinor: holds + 1, countedMinor: 7 })
        t.close()
      }),
      { numRuns: 25 },
    )
  })
})
