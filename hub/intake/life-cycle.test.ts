import { beforeEach, describe, expect, it } from 'vitest'
import { HOLD_LIFETIME } from './hub-step.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { refund, sale, type TestWallet } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { paymentStates, stepPayment, type PaymentEntryKind, type PaymentState } from '#protocol/journal/payment.ts'
import { HOUR, MINUTE } from '#protocol/time.ts'

/** The whole machine at the hub: every entry of a till after every state, and every step that the hub takes by itself. */
let counter: Counter
beforeEach(async () => {
  counter = await openCounter({ terms: { fundsMinor: 0 } })
})

const AMOUNT = 100
/** Each by a wallet of its own, so that no payment lives on what another gave back. */
type Sale = ReturnType<typeof sale> & { readonly wallet: TestWallet }
const broke = async (): Promise<Sale> => {
  const wallet = await counter.rig.wallet()
  return { ...sale(AMOUNT, wallet.show()), wallet }
}
const paid = async (): Promise<Sale> => {
  const one = await broke()
  await counter.fund(one.wallet, AMOUNT)
  return one
}
const after = async (one: Sale, ...facts: readonly Fact[]): Promise<Sale> => {
  await counter.journal(counter.till, one.intended, ...facts)
  return one
}
const unpaid = async (): Promise<Sale> => {
  const one = await broke()
  return await after(one, one.acceptedOffline, one.captured)
}
const forged = async (): Promise<Sale> => {
  const one = { ...sale(AMOUNT, 'SP1:FORGED'), wallet: counter.wallet }
  return await after(one, one.acceptedOffline, one.captured)
}
const rejected = (one: Sale): Fact => ({
  kind: 'payment.rejected',
  body: { paymentId: one.paymentId, saleId: one.saleId, amountMinor: AMOUNT, currency: 'EUR', code: 'code.expired', scanned: 'aa'.repeat(32) },
})

const ways: Readonly<Record<PaymentState, () => Promise<Sale>>> = {
  INTENDED: async () => await after(await paid()),
  UNKNOWN: async () => {
    const one = await paid()
    return await after(one, one.unknown)
  },
  HELD: async () => {
    const one = await paid()
    return await after(one, one.held)
  },
  ACCEPTED_OFFLINE: async () => {
    const one = await paid()
    return await after(one, one.acceptedOffline)
  },
  EXPIRED: async () => {
    const one = await after(await paid())
    await counter.pass(HOLD_LIFETIME + MINUTE)
    return one
  },
  CAPTURED: async () => {
    const one = await paid()
    return await after(one, one.held, one.captured)
  },
  RETRY: unpaid,
  RECOVERY: forged,
  RECOVERED: async () => {
    const one = await unpaid()
    await counter.fund(one.wallet, AMOUNT)
    await counter.pass(HOUR + MINUTE)
    return one
  },
  WRITTEN_OFF: async () => {
    const one = await forged()
    expect(await counter.rig.hub.writeOff(one.paymentId, 'the customer is gone')).toEqual({ ok: true, value: undefined })
    return one
  },
  REFUNDED: async () => {
    const one = await paid()
    return await after(one, one.held, one.captured, refund(one, AMOUNT).made)
  },
  DECLINED: async () => {
    const one = await paid()
    return await after(one, one.declined)
  },
  VOIDED: async () => {
    const one = await paid()
    return await after(one, one.voided)
  },
  REVERSED: async () => {
    const one = await paid()
    return await after(one, one.unknown, one.reversed)
  },
  REJECTED: async () => {
    const one = await broke()
    await counter.journal(counter.till, rejected(one))
    return one
  },
  QUARANTINED: async () => {
    const one = await paid()
    return await after(one, one.held, { ...one.captured, body: { ...one.captured.body, amountMinor: AMOUNT + 1 } })
  },
}

/** What a till may write next, whether or not it follows; a refund is of a part, or of everything. */
const events: readonly [PaymentEntryKind, number | undefined, (one: Sale) => Fact][] = [
  ['payment.held', undefined, (one) => one.held],
  ['payment.accepted_offline', undefined, (one) => one.acceptedOffline],
  ['payment.captured', AMOUNT, (one) => one.captured],
  ['payment.declined', undefined, (one) => one.declined],
  ['payment.voided', undefined, (one) => one.voided],
  ['payment.unknown', undefined, (one) => one.unknown],
  ['payment.reversed', undefined, (one) => one.reversed],
  ['payment.refunded', 1, (one) => refund(one, 1).made],
  ['payment.refunded', AMOUNT, (one) => refund(one, AMOUNT).made],
  ['payment.refunded', AMOUNT + 1, (one) => refund(one, AMOUNT + 1).made],
]

describe.each(paymentStates)('a payment that is %s', (state) => {
  it('stripe/stripe-terminal-react-native#1061: takes what the one machine allows and nothing else', async () => {
    for (const [event, amountMinor, fact] of events) {
      const one = await ways[state]()
      const before = await counter.rig.payment(one.paymentId)
      expect(before?.state).toBe(state)
      const expected = stepPayment(before, { event, ...(amountMinor === undefined ? {} : { amountMinor }) })
      const exceptions = (await counter.rig.exceptions()).length
      await counter.journal(counter.till, fact(one))
      const found = await counter.rig.payment(one.paymentId)
      const set = (await counter.rig.exceptions()).slice(exceptions)
      if (expected.ok) {
        const { state: next, capturedMinor, refundedMinor } = expected.value
        expect(found, `${event} after ${state}`).toMatchObject({ state: next, capturedMinor, refundedMinor })
        expect(set).toEqual([])
      } else {
        expect(found, `${event} after ${state}`).toEqual(before)
        const code = state === 'REFUNDED' && event === 'payment.refunded' ? 'refund.exceeds_captured' : expected.code
        expect(set.map(([, , why]) => why)).toEqual([code])
      }
      await counter.money()
    }
  })
})

it('a payment that nobody intended takes nothing but its beginning', async () => {
  for (const [event, , fact] of events) {
    const one = await broke()
    await counter.journal(counter.till, fact(one))
    expect(await counter.rig.payment(one.paymentId), event).toBeUndefined()
  }
  expect((await counter.rig.exceptions()).map(([, , code]) => code)).toEqual(events.map(() => 'entry.illegal_transition'))
})

describe('what only the hub knows', () => {
  it('expires a hold in every state in which there is one', async () => {
    const held = ['INTENDED', 'UNKNOWN', 'HELD', 'ACCEPTED_OFFLINE', 'QUARANTINED'] as const
    const payments: Sale[] = []
    for (const state of held) payments.push(await ways[state]())
    expect(await counter.money()).toMatchObject({ pending: held.length * AMOUNT })
    await counter.pass(HOLD_LIFETIME + MINUTE)
    const states = await Promise.all(payments.map(async ({ paymentId }) => await counter.rig.payment(paymentId)))
    expect(states.map((payment) => [payment?.state, payment?.funds])).toEqual([
      ['EXPIRED', 'expired'],
      ['EXPIRED', 'expired'],
      ['EXPIRED', 'expired'],
      ['EXPIRED', 'expired'],
      ['QUARANTINED', 'expired'],
    ])
    expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0 })
    for (const { wallet } of payments) expect(await counter.rig.purse(wallet)).toEqual([AMOUNT, 0])
    expect((await counter.detail(payments[0]?.paymentId ?? ''))?.steps.map(({ event }) => event)).toEqual(['hub.hold_expired'])
  })

  it('quarantines a capture that contradicts its intent, in amount or currency', async () => {
    const one = await ways.HELD()
    const other = await ways.ACCEPTED_OFFLINE()
    await counter.journal(
      counter.till,
      { ...one.captured, body: { ...one.captured.body, amountMinor: AMOUNT - 1 } },
      { ...other.captured, body: { ...other.captured.body, currency: 'USD' } },
      one.captured,
    )
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({
      state: 'QUARANTINED',
      funds: 'held',
      capturedMinor: 0,
      exception: 'entry.amount_mismatch',
    })
    expect(await counter.rig.payment(other.paymentId)).toMatchObject({ state: 'QUARANTINED', exception: 'entry.currency_mismatch' })
    expect((await counter.rig.exceptions()).map(([, , code]) => code)).toEqual(['entry.amount_mismatch', 'entry.currency_mismatch', 'entry.illegal_transition'])
    expect(await counter.money()).toMatchObject({ merchant: 0, pending: 2 * AMOUNT })
  })
})

describe('an approval that comes too late', () => {
  it('is reversed: the till had voided, and the hub gives back what it held', async () => {
    const one = await ways.INTENDED()
    expect(counter.rig.decisions(counter.till)).toMatchObject([{ paymentId: one.paymentId, verdict: { type: 'held' } }])
    await counter.journal(counter.till, one.voided)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'VOIDED', funds: 'released' })
    expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0 })
    expect(await counter.rig.purse(one.wallet)).toEqual([AMOUNT, 0])
  })

  it('Adyen/adyen-magento2#1431: is told again to a till that says it does not know, and reversed when asking led nowhere', async () => {
    const one = await ways.INTENDED()
    await counter.journal(counter.till, one.unknown)
    const [first, again, ...more] = counter.rig.decisions(counter.till)
    expect([again, more]).toEqual([first, []])
    await counter.journal(counter.till, one.reversed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'REVERSED', funds: 'released' })
    expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0 })
    expect(await counter.rig.purse(one.wallet)).toEqual([AMOUNT, 0])
  })

  it('is held and captured by a till that had not known for a while', async () => {
    const one = await ways.UNKNOWN()
    await counter.journal(counter.till, one.held, one.captured, one.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect(await counter.rig.exceptions()).toEqual([])
  })
})

it('voids a capture: all of it goes back, once', async () => {
  const one = await ways.CAPTURED()
  await counter.journal(counter.till, one.completed, one.voided)
  expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'VOIDED', funds: 'released' })
  const postings = (await counter.detail(one.paymentId))?.postings.map(({ id, amountMinor }) => [id.split('/')[1], amountMinor])
  expect(postings).toEqual([
    ['hold', '100'],
    ['post', '100'],
    ['return', '100'],
  ])
  expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0 })
  expect(await counter.rig.purse(one.wallet)).toEqual([AMOUNT, 0])
  await counter.journal(counter.till, one.voided, refund(one, 1).made)
  expect((await counter.rig.exceptions()).map(([, , code]) => code)).toEqual(['entry.illegal_transition', 'entry.illegal_transition'])
  expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0 })
  expect(await counter.rig.purse(one.wallet)).toEqual([AMOUNT, 0])
})

describe('the end of a shift', () => {
  type Sums = { payments: number; capturedMinor: number; refunds: number; refundedMinor: number }
  const end = (sums: Partial<Sums>): Fact => ({
    kind: 'shift.closed',
    body: { currency: 'EUR', payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0, exported: 0, ...sums },
  })

  it('says what the till’s entries since the last one add up to: captures, refunds, voids, and refunds that it asked for', async () => {
    const other = await counter.rig.till()
    await counter.journal(counter.till, end({ payments: 17 }))
    await ways.CAPTURED()
    await ways.REFUNDED()
    const voided = await ways.CAPTURED()
    const elsewhere = await paid()
    await counter.journal(other, elsewhere.intended, elsewhere.acceptedOffline, elsewhere.captured)
    const asked = refund(elsewhere, 30)
    await counter.journal(counter.till, voided.voided, asked.asked)
    await counter.journal(counter.till, asked.answered(true))
    await counter.journal(counter.till, end({ payments: 3, capturedMinor: 3 * AMOUNT, refunds: 3, refundedMinor: 2 * AMOUNT + 30 }), end({}))
    expect(await counter.rig.exceptions()).toEqual([])
  })

  it('after a restore begins the count anew: the till has lost it', async () => {
    await counter.journal(counter.till, end({}))
    await ways.CAPTURED()
    const [head] = await counter.rig.ports.store.get('heads', [counter.till.id])
    counter.till.openEpoch({ epoch: 1, n: head?.n ?? 0, head: hex(head?.hash ?? new Uint8Array(32)) })
    await counter.journal(counter.till, end({ payments: 9 }), end({ payments: 8 }))
    expect((await counter.rig.exceptions()).map(([, n, code]) => [n, code])).toEqual([
      [1, 'till.restored'],
      [3, 'entry.amount_mismatch'],
    ])
  })

  it('that says otherwise, or speaks of another currency, is set aside', async () => {
    await counter.journal(counter.till, end({}))
    await ways.CAPTURED()
    await counter.journal(counter.till, end({ payments: 1, capturedMinor: AMOUNT - 1 }))
    await counter.journal(counter.till, {
      kind: 'shift.closed',
      body: { currency: 'USD', payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0, exported: 0 },
    })
    expect((await counter.rig.hub.overview()).exceptions.toReversed()).toMatchObject([
      { code: 'entry.amount_mismatch', detail: `capturedMinor: ${AMOUNT - 1}, by its entries ${AMOUNT}` },
      { code: 'entry.currency_mismatch' },
    ])
  })
})
