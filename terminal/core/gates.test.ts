import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gateActions } from '#protocol/till-api/api.ts'
import { gateFor, type Stakes } from './gates.ts'

const NOTHING: Stakes = {
  payingNow: false,
  partlyPaid: false,
  basketFilled: false,
  salesParked: false,
  outboxFilled: false,
  copiesKept: false,
  refundsOpen: false,
  exported: false,
}

describe('a gate', () => {
  it.each(gateActions)('lets %s pass when nothing can be lost', (action) => {
    expect(gateFor(action, NOTHING)).toEqual({ reasons: [], canExport: false })
  })

  it.each(gateActions)('says everything that %s would lose, and that an export does not finish a payment', (action) => {
    const { reasons, canExport } = gateFor(action, { ...NOTHING, payingNow: true, outboxFilled: true, refundsOpen: true })
    expect(reasons).toEqual(['gate.open_payment', 'gate.outbox', 'gate.open_refund'])
    expect(canExport).toBe(false)
  })

  it.each(gateActions)('is opened for %s by an export that covers what waits', (action) => {
    const waiting = { ...NOTHING, outboxFilled: true, refundsOpen: true }
    expect(gateFor(action, waiting).canExport).toBe(true)
    expect(gateFor(action, { ...waiting, exported: true })).toEqual({ reasons: [], canExport: false })
  })

  it('keeps a basket from everything but an update, which it outlives', () => {
    const filled = { ...NOTHING, basketFilled: true }
    expect(gateActions.map((action) => gateFor(action, filled).reasons)).toEqual([['gate.open_basket'], ['gate.open_basket'], [], ['gate.open_basket']])
  })

  it('keeps what was put aside from the end of a shift and of the till, and lets somebody else take over', () => {
    const parked = { ...NOTHING, salesParked: true }
    expect(gateActions.map((action) => gateFor(action, parked).reasons)).toEqual([['gate.parked_sale'], [], [], ['gate.parked_sale']])
  })

  it('keeps what is here of other tills from a reset, also where its own entries are exported', () => {
    const kept = { ...NOTHING, copiesKept: true, exported: true }
    expect(gateActions.map((action) => gateFor(action, kept).reasons)).toEqual([[], [], [], ['gate.copies_kept']])
  })

  it.each(gateActions)('is shut for %s while a sale is paid in part (invariant 15)', (action) => {
    expect(gateFor(action, { ...NOTHING, partlyPaid: true, exported: true })).toEqual({ reasons: ['gate.partly_paid'], canExport: false })
  })

  it('never opens while a payment is open, and offers an export exactly when that would open it', () => {
    const stakes = fc.record({
      payingNow: fc.boolean(),
      partlyPaid: fc.boolean(),
      basketFilled: fc.boolean(),
      salesParked: fc.boolean(),
      outboxFilled: fc.boolean(),
      copiesKept: fc.boolean(),
      refundsOpen: fc.boolean(),
      exported: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.constantFrom(...gateActions), stakes, (action, at) => {
        const { reasons, canExport } = gateFor(action, at)
        if (at.payingNow) expect(reasons).toContain('gate.open_payment')
        expect(canExport).toBe(reasons.length > 0 && gateFor(action, { ...at, exported: true }).reasons.length === 0)
      }),
    )
  })
})
