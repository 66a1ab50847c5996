import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryKinds } from './entry.ts'
import {
  hubPaymentEvents,
  isPaymentEvent,
  keptMinor,
  nextPaymentState,
  paymentStates,
  paymentSteps,
  stepPayment,
  type PaymentEvent,
  type PaymentStanding,
  type PaymentState,
  type PaymentStep,
} from './payment.ts'

const events: readonly PaymentEvent[] = [...entryKinds.filter(isPaymentEvent), ...hubPaymentEvents]

/** The whole machine once more, written from docs/architecture.md: what is not in here is refused. */
const machine = `
CREATED           payment.intended         INTENDED
CREATED           payment.rejected         REJECTED
CREATED           payment.taken_in_cash    CAPTURED
INTENDED          payment.held             HELD
INTENDED          payment.accepted_offline ACCEPTED_OFFLINE
INTENDED          payment.declined         DECLINED
INTENDED          payment.unknown          UNKNOWN
INTENDED          payment.voided           VOIDED
INTENDED          hub.hold_expired         EXPIRED
INTENDED          hub.quarantined          QUARANTINED
UNKNOWN           payment.held             HELD
UNKNOWN           payment.declined         DECLINED
UNKNOWN           payment.reversed         REVERSED
UNKNOWN           hub.hold_expired         EXPIRED
UNKNOWN           hub.quarantined          QUARANTINED
HELD              payment.captured         CAPTURED
HELD              payment.voided           VOIDED
HELD              hub.hold_expired         EXPIRED
HELD              hub.quarantined          QUARANTINED
ACCEPTED_OFFLINE  payment.captured         CAPTURED
ACCEPTED_OFFLINE  payment.voided           VOIDED
ACCEPTED_OFFLINE  hub.hold_expired         EXPIRED
ACCEPTED_OFFLINE  hub.quarantined          QUARANTINED
EXPIRED           payment.held             EXPIRED
EXPIRED           payment.accepted_offline EXPIRED
EXPIRED           payment.unknown          EXPIRED
EXPIRED           payment.captured         CAPTURED
EXPIRED           payment.declined         DECLINED
EXPIRED           payment.voided           VOIDED
EXPIRED           payment.reversed         REVERSED
EXPIRED           hub.quarantined          QUARANTINED
CAPTURED          payment.refunded         CAPTURED
CAPTURED          hub.refunded             CAPTURED
CAPTURED          payment.voided           VOIDED
CAPTURED          hub.declined_late        RETRY
RETRY             payment.refunded         RETRY
RETRY             hub.refunded             RETRY
RETRY             payment.voided           VOIDED
RETRY             hub.recovered            RECOVERED
RETRY             hub.gave_up              RECOVERY
RECOVERY          payment.refunded         RECOVERY
RECOVERY          hub.refunded             RECOVERY
RECOVERY          payment.voided           VOIDED
RECOVERY          hub.recovered            RECOVERED
RECOVERY          hub.wrote_off            WRITTEN_OFF
RECOVERED         payment.refunded         RECOVERED
RECOVERED         hub.refunded             RECOVERED
RECOVERED         payment.voided           VOIDED
WRITTEN_OFF       payment.refunded         WRITTEN_OFF
WRITTEN_OFF       hub.refunded             WRITTEN_OFF
WRITTEN_OFF       payment.voided           VOIDED
`
const expected = machine
  .trim()
  .split('\n')
  .map((line) => line.split(/ +/))
const expectedNext = new Map(expected.map(([from, event, to]) => [`${from} ${event}`, to]))
const froms: readonly (PaymentState | 'CREATED')[] = ['CREATED', ...paymentStates]

describe('the payment axis', () => {
  test('knows these steps and no other', () => {
    expect(paymentSteps.toSorted()).toEqual([...expectedNext.keys()].toSorted())
  })

  test.each(froms)('%s goes where it may, and refuses the rest', (from) => {
    for (const event of events) {
      const next = nextPaymentState(from === 'CREATED' ? undefined : from, event)
      const wanted = expectedNext.get(`${from} ${event}`)
      if (wanted === undefined) expect(next).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
      else expect(next).toEqual({ ok: true, value: wanted })
    }
  })

  test('reaches every state, and ends only where nothing is left to say', () => {
    const reached = new Set<string>(['CREATED'])
    for (const _ of expected) for (const [from = '', , to = ''] of expected) if (reached.has(from)) reached.add(to)
    // Only amounts lead to REFUNDED: see below.
    expect([...reached].toSorted()).toEqual(froms.filter((state) => state !== 'REFUNDED').toSorted())
    expect(froms.filter((state) => !expected.some(([from]) => from === state))).toEqual([
      'REFUNDED',
      'DECLINED',
      'VOIDED',
      'REVERSED',
      'REJECTED',
      'QUARANTINED',
    ])
  })
})

const captured = (amountMinor: number): PaymentStanding => ({ state: 'CAPTURED', capturedMinor: amountMinor, refundedMinor: 0 })

describe('a payment with its amounts', () => {
  const refund = (standing: PaymentStanding, amountMinor: number) => stepPayment(standing, { event: 'payment.refunded', amountMinor })

  test('is given back in parts, and REFUNDED with the last of them', () => {
    const first = refund(captured(500), 200)
    expect(first).toEqual({ ok: true, value: { state: 'CAPTURED', capturedMinor: 500, refundedMinor: 200 } })
    if (!first.ok) return
    expect(refund(first.value, 301)).toMatchObject({ ok: false, code: 'refund.exceeds_captured', detail: '301 of the 300 that are left' })
    expect(refund(first.value, 300)).toEqual({ ok: true, value: { state: 'REFUNDED', capturedMinor: 500, refundedMinor: 500 } })
    expect(stepPayment(first.value, { event: 'payment.voided' })).toMatchObject({ ok: false, code: 'refund.exceeds_captured' })
    expect(stepPayment(first.value, { event: 'hub.refunded', amountMinor: 300 })).toMatchObject({ value: { state: 'REFUNDED' } })
  })

  test('is not refunded before it was captured, nor after it was voided', () => {
    const intended = stepPayment(undefined, { event: 'payment.intended' })
    expect(intended.ok && refund(intended.value, 1)).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
    const voided = stepPayment(captured(500), { event: 'payment.voided' })
    expect(voided.ok && refund(voided.value, 1)).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
  })

  const step: fc.Arbitrary<PaymentStep> = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...events).map((event) => ({ event })) },
    { weight: 2, arbitrary: fc.record({ event: fc.constantFrom<PaymentEvent>('payment.refunded', 'hub.refunded'), amountMinor: fc.nat(60) }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constant<PaymentEvent>('payment.captured'), amountMinor: fc.nat(100) }) },
  )
  const openings: readonly (readonly PaymentStep[])[] = [
    [],
    [{ event: 'payment.intended' }, { event: 'payment.held' }],
    [{ event: 'payment.intended' }, { event: 'payment.accepted_offline' }, { event: 'payment.captured', amountMinor: 100 }],
  ]
  /** Every standing on the way, in order; a refused step leaves none. */
  const walk = (steps: readonly PaymentStep[]): { standing: PaymentStanding; step: PaymentStep }[] => {
    const way: { standing: PaymentStanding; step: PaymentStep }[] = []
    for (const one of steps) {
      const next = stepPayment(way.at(-1)?.standing, one)
      if (next.ok) way.push({ standing: next.value, step: one })
    }
    return way
  }
  const walks = fc.tuple(fc.constantFrom(...openings), fc.array(step, { maxLength: 40 })).map(([opening, rest]) => walk([...opening, ...rest]))

  test('refunds and voids never exceed what was captured, in any order of anything (invariant 12)', () => {
    fc.assert(
      fc.property(walks, (way) => {
        let given = 0
        for (const { standing, step: taken } of way) {
          if (taken.event === 'payment.refunded' || taken.event === 'hub.refunded') given += taken.amountMinor ?? 0
          if (taken.event === 'payment.voided') given += standing.capturedMinor
          expect(given).toBeLessThanOrEqual(standing.capturedMinor)
          expect(standing.refundedMinor).toBe(standing.state === 'VOIDED' ? 0 : given)
          expect(keptMinor(standing)).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('no state that was left comes back (invariant 5), and money is captured once, only after somebody allowed it', () => {
    fc.assert(
      fc.property(walks, (way) => {
        const states = way.map(({ standing }) => standing.state)
        const changes = states.filter((state, index) => state !== states[index - 1])
        expect(new Set(changes).size).toBe(changes.length)
        const kinds = way.map(({ step: taken }) => taken.event)
        const capture = kinds.indexOf('payment.captured')
        expect(kinds.lastIndexOf('payment.captured')).toBe(capture)
        // Cash is there or it is not: nobody allows it, and nothing captures it again.
        expect(kinds.lastIndexOf('payment.taken_in_cash')).toBeLessThanOrEqual(0)
        expect(kinds[0] === 'payment.taken_in_cash' && capture >= 0).toBe(false)
        const allowed = ['HELD', 'ACCEPTED_OFFLINE', 'EXPIRED']
        expect(capture < 0 || states.slice(0, capture).some((state) => allowed.includes(state))).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})
