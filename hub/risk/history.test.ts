import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR } from '#protocol/time.ts'
import { History, LABEL_DELAY, WINDOWS } from './history.ts'

type Row = { readonly at: number; readonly amount: number; readonly fraud: boolean }
/** Payments of one key over some months, in any order. */
const payments = fc.array(
  fc.record({ at: fc.integer({ min: 1, max: 100 * 24 }).map((hours) => hours * HOUR), amount: fc.integer({ min: 1, max: 3_000_000 }), fraud: fc.boolean() }),
  { minLength: 1, maxLength: 60 },
)

/** The same by counting everything anew, as the definition says. */
function naive(rows: readonly Row[], now: number) {
  return WINDOWS.map((length) => {
    const recent = rows.filter(({ at }) => at > now - length && at <= now)
    const delayed = rows.filter(({ at }) => at > now - LABEL_DELAY - length && at <= now - LABEL_DELAY)
    return {
      count: recent.length,
      sum: recent.reduce((sum, { amount }) => sum + amount, 0),
      delayed: delayed.length,
      frauds: delayed.filter(({ fraud }) => fraud).length,
    }
  })
}

const told = (history: History) =>
  WINDOWS.map((_, w) => ({
    count: history.recentCount(w),
    sum: history.recentSum(w),
    delayed: history.delayedCount(w),
    frauds: history.delayedFrauds(w),
  }))

/** As the feature pass does it: labels that are due come before the next payment. */
function replayed(rows: readonly Row[]): History {
  const history = new History()
  const waiting: { id: number; row: Row }[] = []
  let now = 0
  rows.forEach((row, id) => {
    now = Math.max(now, row.at)
    while (waiting[0] !== undefined && waiting[0].row.at <= now - LABEL_DELAY) {
      const due = waiting.shift()
      if (due !== undefined) history.confirm(due.id, due.row.fraud)
    }
    history.advance(now)
    history.add(row.at, row.amount, 1, 0, id)
    waiting.push({ id, row })
    waiting.sort((a, b) => a.row.at - b.row.at)
  })
  for (const due of waiting) if (due.row.at <= now - LABEL_DELAY) history.confirm(due.id, due.row.fraud)
  history.advance(now)
  return history
}

describe('windows', () => {
  it('say what counting everything anew says, in order', () => {
    fc.assert(
      fc.property(payments, (all) => {
        const rows = all.toSorted((a, b) => a.at - b.at)
        expect(told(replayed(rows))).toEqual(naive(rows, rows.at(-1)?.at ?? 0))
      }),
    )
  })

  it('and when payments come late', () => {
    fc.assert(
      fc.property(payments, (rows) => {
        expect(told(replayed(rows))).toEqual(naive(rows, Math.max(...rows.map(({ at }) => at))))
      }),
    )
  })

  it('of a moment that is over are those of then', () => {
    fc.assert(
      fc.property(payments, fc.integer({ min: 1, max: 100 * 24 }), (all, hours) => {
        const rows = all.toSorted((a, b) => a.at - b.at)
        const then = hours * HOUR
        fc.pre(then <= (rows.at(-1)?.at ?? 0))
        const before = rows.filter(({ at }) => at < then)
        expect(told(replayed(rows).asOf(then))).toEqual(naive(before, then))
      }),
    )
  })
})

describe('a busy key', () => {
  it('remembers a bounded number of payments, and its sums are those of what it remembers', () => {
    const history = new History()
    for (let i = 0; i < 5000; i++) {
      history.advance(DAY + i * 1000)
      history.add(DAY + i * 1000, 100, 1, 0, i)
    }
    expect(history.recentCount(0)).toBe(512)
    expect([0, 1, 2].map((w) => history.recentSum(w))).toEqual([51_200, 51_200, 51_200])
    expect(history.seen).toBe(5000)
  })
})
