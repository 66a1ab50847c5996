import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryKinds } from './entry.ts'
import { isPaymentEvent, nextPaymentState, paymentStates, type PaymentEvent, type PaymentState } from './payment.ts'

const events = entryKinds.filter(isPaymentEvent)

function after(...kinds: readonly PaymentEvent[]): PaymentState | undefined {
  let state: PaymentState | undefined
  for (const kind of kinds) {
    const next = nextPaymentState(state, kind)
    if (!next.ok) return undefined
    state = next.value
  }
  return state
}

describe('the payment axis', () => {
  test.each<[PaymentState, readonly PaymentEvent[]]>([
    ['CAPTURED', ['payment.intended', 'payment.held', 'payment.captured']],
    ['CAPTURED', ['payment.intended', 'payment.accepted_offline', 'payment.captured']],
    ['DECLINED', ['payment.intended', 'payment.declined']],
    ['VOIDED', ['payment.intended', 'payment.voided']],
    ['VOIDED', ['payment.intended', 'payment.held', 'payment.voided']],
    ['VOIDED', ['payment.intended', 'payment.accepted_offline', 'payment.voided']],
    ['REJECTED', ['payment.rejected']],
  ])('%s after %j', (state, kinds) => expect(after(...kinds)).toBe(state))

  test.each<[readonly PaymentEvent[]]>([
    [['payment.captured']],
    [['payment.held']],
    [['payment.intended', 'payment.captured']],
    [['payment.intended', 'payment.intended']],
    [['payment.intended', 'payment.rejected']],
    [['payment.intended', 'payment.declined', 'payment.captured']],
    [['payment.intended', 'payment.voided', 'payment.held']],
    [['payment.intended', 'payment.held', 'payment.declined']],
    [['payment.intended', 'payment.held', 'payment.accepted_offline']],
    [['payment.intended', 'payment.held', 'payment.captured', 'payment.voided']],
    [['payment.intended', 'payment.held', 'payment.captured', 'payment.captured']],
  ])('%j is refused', (kinds) => expect(after(...kinds)).toBeUndefined())

  test('a final state stays; every other can still move', () => {
    expect(paymentStates.filter((state) => !events.some((event) => nextPaymentState(state, event).ok))).toEqual(['CAPTURED', 'DECLINED', 'VOIDED', 'REJECTED'])
  })

  test('no state ever comes back (invariant 5), and money is captured only after somebody allowed it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (attempts) => {
        const seen: PaymentState[] = []
        for (const event of attempts) {
          const next = nextPaymentState(seen.at(-1), event)
          if (next.ok) seen.push(next.value)
        }
        expect(new Set(seen).size).toBe(seen.length)
        expect(!seen.includes('CAPTURED') || seen.includes('HELD') || seen.includes('ACCEPTED_OFFLINE')).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
