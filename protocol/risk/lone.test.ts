import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../time.ts'
import { LoneMemory, LONE_FEATURES, loneFeatures, REMEMBERED, type LonePast, type LonePayment } from './lone.ts'

const START = Date.UTC(2027, 0, 4)
const past = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 9 * 24 * 4 }).map((quarters) => START + quarters * 15 * MINUTE),
      instrument: fc.constantFrom('a', 'b', 'c'),
      amountMinor: fc.integer({ min: 1, max: 20_000 }),
    }),
    { maxLength: 40 },
  )
  .map((all) => all.toSorted((one, other) => one.at - other.at))
const memoryOf = (all: readonly LonePast[]): LoneMemory => {
  const memory = new LoneMemory()
  for (const payment of all) memory.add(payment)
  return memory
}
const asked = (at: number, more: Partial<LonePayment> = {}): LonePayment => ({
  at,
  instrument: 'a',
  kind: 'wallet_shown',
  amountMinor: 1000,
  exposureMinor: 0,
  offlineFor: HOUR,
  ...more,
})
const told = (memory: LoneMemory, payment: LonePayment): Record<string, number> => {
  const values = memory.features(payment)
  return Object.fromEntries(loneFeatures.map((name, at) => [name, values[at] ?? Number.NaN]))
}

test('what it counts is what a naive recount counts', () => {
  fc.assert(
    fc.property(past, (all) => {
      const now = (all.at(-1)?.at ?? START) + MINUTE
      const read = told(memoryOf(all), asked(now))
      const own = all.filter(({ instrument }) => instrument === 'a')
      const within = (payments: readonly LonePast[], window: number): readonly LonePast[] => payments.filter(({ at }) => at > now - window)
      const sum = (payments: readonly LonePast[]): number => payments.reduce((total, { amountMinor }) => total + amountMinor, 0)
      expect(read).toMatchObject({
        seen_here: own.length,
        count_here_1h: within(own, HOUR).length,
        count_here_1d: within(own, DAY).length,
        count_here_7d: within(own, 7 * DAY).length,
        sum_here_1d: sum(within(own, DAY)),
        ratio_to_mean_here: own.length === 0 ? -1 : (1000 * own.length) / sum(own),
        till_count_1h: within(all, HOUR).length,
        till_count_1d: within(all, DAY).length,
        till_new_1h: within(all, HOUR).filter((one) => all.find(({ instrument }) => instrument === one.instrument) === one).length,
        till_ratio_to_mean: all.length === 0 ? 1 : (1000 * all.length) / sum(all),
      })
    }),
  )
})

test('every number is finite, whatever is not known', () => {
  fc.assert(
    fc.property(past, fc.boolean(), (all, isKnown) => {
      const more = isKnown
        ? { limits: { perPaymentLimitMinor: 0, totalLimitMinor: 5000 }, codeAgeMs: 500, standing: { payments: 3, frauds: 1, run: 1, lastFraudAt: START } }
        : {}
      const values = memoryOf(all).features(asked(START + 10 * DAY, more))
      expect(values).toHaveLength(LONE_FEATURES)
      expect(values.every(Number.isFinite)).toBe(true)
    }),
  )
})

test('a till with a long past judges by its last payments alone', () => {
  const all = Array.from({ length: REMEMBERED + 500 }, (_, n): LonePast => ({ at: START + n * MINUTE, instrument: `one-${n % 700}`, amountMinor: 1 + n }))
  const now = START + (REMEMBERED + 600) * MINUTE
  for (const instrument of ['one-0', 'one-699', 'nobody']) {
    const payment = asked(now, { instrument })
    const read = told(memoryOf(all), payment)
    const short = told(memoryOf(all.slice(500)), payment)
    // What is older than all that is remembered still counts where something was new.
    expect({ ...read, till_new_1h: 0, till_largest_ratio_1d: 0 }).toEqual({ ...short, till_new_1h: 0, till_largest_ratio_1d: 0 })
  }
})
