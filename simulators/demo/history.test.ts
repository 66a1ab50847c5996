import { beforeEach, describe, expect, it } from 'vitest'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { openCounter, type Counter } from '../../hub/test-counter.ts'
import { refund, sale, START, type TestTill } from '../../hub/test-rig.ts'
import { histories, printed, type TillSide } from './history.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})

/** What the till's own journal would say, up to `received` at the hub. */
function tillSide(till: TestTill, payments: readonly Id[], facts: readonly (readonly [number, Fact])[], received: number): TillSide {
  const entries = facts.map(([n, fact]) => {
    const read = decodeEntry(encodeEntry({ till: till.id, epoch: 1, n }, START, fact), { till: till.id, epoch: 1, n })
    if (!read.ok) throw new Error(read.code)
    return { place: { epoch: 1, n }, entry: read.value }
  })
  return { till: till.id, name: 'Counter 1', found: { entries, payments, received: { epoch: 1, n: received }, safe: { epoch: 1, n: 0 } } }
}
const told = (history: ReturnType<typeof histories>[number] | undefined) =>
  history?.lines.map(({ what, state = '-', custody = '-' }) => `${what} ${state} ${custody}`)

describe('the history of a payment', () => {
  it('goes through its states, with the postings between and what only the till knows at the end', async () => {
    const one = sale(1000, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured)
    const side = tillSide(
      counter.till,
      [one.paymentId],
      [
        [2, one.intended],
        [4, one.captured],
        [5, one.completed],
        [6, refund(one, 1000).made],
      ],
      5,
    )
    const [history, ...others] = histories(one.paymentId, await counter.rig.hub.trace(one.paymentId), [side])
    expect(others).toEqual([])
    expect(told(history)?.filter((line) => !line.startsWith('posting'))).toEqual([
      'payment.intended INTENDED safe',
      'payment.accepted_offline ACCEPTED_OFFLINE safe',
      'payment.captured CAPTURED safe',
      'sale.completed - received',
      'payment.refunded REFUNDED local',
    ])
    expect(told(history)?.some((line) => line.startsWith('posting'))).toBe(true)
  })

  it('is that of the till alone where the hub has not heard of it, or cannot be asked', async () => {
    const one = sale(1000, counter.wallet.show())
    const side = tillSide(
      counter.till,
      [one.paymentId],
      [
        [2, one.intended],
        [3, one.acceptedOffline],
        [4, one.captured],
      ],
      0,
    )
    for (const hub of [await counter.rig.hub.trace(one.paymentId), undefined]) {
      const [history] = histories(one.paymentId, hub, [side])
      expect(told(history)).toEqual(['payment.intended INTENDED local', 'payment.accepted_offline ACCEPTED_OFFLINE local', 'payment.captured CAPTURED local'])
      expect(history?.summary).toEqual({ hub: 'has not heard of it' })
    }
  })

  it('has what another till asked back, as the hub granted it', async () => {
    const one = sale(1000, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    const other = await counter.rig.till()
    await counter.journal(other, refund(one, 400).asked)
    await counter.journal(other, refund(one, 600).asked)
    const [history] = histories(one.paymentId, await counter.rig.hub.trace(one.paymentId), [])
    expect(told(history)?.filter((line) => line.startsWith('hub.'))).toEqual(['hub.refunded CAPTURED -', 'hub.refunded REFUNDED -'])
    expect(told(history)?.filter((line) => line.startsWith('refund approved'))).toHaveLength(2)
  })

  it('of a refund that waits for the hub is one of its own', () => {
    const { asked, refundId } = refund(sale(1000, counter.wallet.show()), 100)
    const [history] = histories(refundId, { payments: [], strayRefunds: [] }, [tillSide(counter.till, [], [[2, asked]], 0)])
    expect(history?.id).toBe(refundId)
    expect(told(history)).toEqual(['refund.requested - local'])
  })

  it('says why, in the words of the table of errors, and obeys nothing that a till wrote', () => {
    const one = sale(1000, counter.wallet.show())
    const declined: Fact = one.declined
    const nasty: Fact = { kind: 'payment.captured', body: { paymentId: one.paymentId, amountMinor: 1, currency: 'EUR', receiptNumber: '\u001B[2J\u0007' } }
    const [history] = histories(one.paymentId, undefined, [
      tillSide(
        counter.till,
        [one.paymentId],
        [
          [2, one.intended],
          [3, declined],
          [4, nasty],
        ],
        0,
      ),
    ])
    expect(history?.lines[1]).toMatchObject({ code: 'hub.insufficient_funds', say: 'The wallet has not enough money.', state: 'DECLINED' })
    // The machine refuses it, so it changes no state.
    expect(history?.lines[2]?.state).toBeUndefined()
    const text = history === undefined ? '' : printed(history)
    expect(text).toContain('hub.insufficient_funds: The wallet has not enough money.')
    expect(text).toContain('DECLINED')
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/)
  })
})
