import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../hub/messages.ts'
import { base64url } from '../bytes.ts'
import { compactTreesBytes, type CompactTrees } from '../risk/compact-trees.ts'
import { LONE_FEATURES } from '../risk/lone.ts'
import { HOUR } from '../time.ts'
import { policySchema } from './bundle.ts'
import { allowancesOf, decideOffline, nextStep, offlineStanding, shareOfCaps, type Asked, type Situation } from './decide.ts'

const NOW = 1_800_000_000_000
const policy: Policy = {
  v: 1,
  version: 3,
  till: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  issuedAt: NOW - HOUR,
  validUntil: NOW + 24 * HOUR,
  currency: 'EUR',
  offline: { perPaymentMinor: 5_000, perShownCodeMinor: 2_500, perInstrumentMinor: 8_000, perTillMinor: 50_000, maxOfflineMs: 8 * HOUR },
  holdWaitMs: 1_500,
  duplicateBorneBy: 'issuer',
}
const calm: Situation = { now: NOW, clockDoubtful: false, offlineFor: HOUR, tillExposureMinor: 0 }
const small: Asked = {
  amountMinor: 1_000,
  currency: 'EUR',
  instrument: { kind: 'wallet_shown', limits: { perPaymentLimitMinor: 10_000, totalLimitMinor: 20_000 } },
  instrumentExposureMinor: 0,
  instrumentCount: 0,
  denyFingerprints: [7],
}
const bound: Partial<Asked> = { instrument: { ...small.instrument, kind: 'wallet_bound' } as Asked['instrument'] }
const limited = (perPaymentLimitMinor: number, totalLimitMinor: number): Partial<Asked> => ({
  instrument: { kind: 'wallet_shown', limits: { perPaymentLimitMinor, totalLimitMinor } },
})

const standing = (situation: Partial<Situation> = {}, rules: Policy | undefined = policy): string => {
  const outcome = offlineStanding(rules, { ...calm, ...situation })
  return outcome.ok ? 'ok' : outcome.code
}
const decision = (asked: Partial<Asked> = {}, situation: Partial<Situation> = {}, rules: Policy | undefined = policy): string => {
  const outcome = decideOffline(rules, { ...calm, ...situation }, { ...small, ...asked })
  return outcome.ok ? 'ok' : outcome.code
}

describe('may this till accept anything alone', () => {
  test.each<[string, Partial<Situation>]>([
    ['ok', {}],
    ['ok', { now: policy.validUntil }],
    ['policy.stale', { now: policy.validUntil + 1 }],
    ['policy.clock_doubtful', { clockDoubtful: true }],
    ['ok', { offlineFor: policy.offline.maxOfflineMs }],
    ['policy.too_long_offline', { offlineFor: policy.offline.maxOfflineMs + 1 }],
    ['ok', { tillExposureMinor: policy.offline.perTillMinor - 1 }],
    ['policy.till_cap', { tillExposureMinor: policy.offline.perTillMinor }],
  ])('%s at %j', (expected, situation) => expect(standing(situation)).toBe(expected))

  test('not without a policy', () => {
    expect(offlineStanding(undefined, calm)).toMatchObject({ ok: false, code: 'policy.stale' })
    expect(decideOffline(undefined, calm, small)).toMatchObject({ ok: false, code: 'policy.stale' })
  })
})

describe('may it accept this payment', () => {
  test.each<[string, Partial<Asked>, Partial<Situation>]>([
    ['ok', {}, {}],
    ['policy.wrong_currency', { currency: 'USD' }, {}],
    ['ok', { amountMinor: 2_500 }, {}],
    ['code.bound_required', { amountMinor: 2_501 }, {}],
    ['ok', { ...bound, amountMinor: 2_501 }, {}],
    ['ok', { ...bound, amountMinor: 5_000 }, {}],
    ['policy.payment_cap', { ...bound, amountMinor: 5_001 }, {}],
    ['policy.payment_cap', { amountMinor: 5_001 }, {}],
    ['ok', { instrumentExposureMinor: 7_000 }, {}],
    ['policy.instrument_cap', { instrumentExposureMinor: 7_001 }, {}],
    ['ok', limited(1_000, 1_000), {}],
    ['code.over_credential_limit', limited(999, 20_000), {}],
    ['code.over_credential_limit', limited(10_000, 999), {}],
    ['code.over_credential_limit', { instrumentExposureMinor: 1, ...limited(10_000, 1_000) }, {}],
    ['ok', {}, { tillExposureMinor: 49_000 }],
    ['policy.till_cap', {}, { tillExposureMinor: 49_001 }],
    ['policy.clock_doubtful', {}, { clockDoubtful: true }],
  ])('%s for %j at %j', (expected, asked, situation) => expect(decision(asked, situation)).toBe(expected))

  const exposure = fc.nat({ max: 60_000 })
  const askedOf = fc.record({
    amountMinor: fc.nat({ max: 6_000 }),
    currency: fc.constantFrom('EUR', 'USD'),
    instrument: fc.record({
      kind: fc.constantFrom('wallet_shown' as const, 'wallet_bound' as const),
      limits: fc.record({ perPaymentLimitMinor: fc.nat({ max: 6_000 }), totalLimitMinor: fc.nat({ max: 9_000 }) }),
    }),
    instrumentExposureMinor: fc.nat({ max: 9_000 }),
  })

  test('whatever is accepted leaves every cap kept (invariant 3)', () => {
    fc.assert(
      fc.property(askedOf, exposure, (asked, tillExposureMinor) => {
        if (decision(asked, { tillExposureMinor }) !== 'ok') return
        const { offline } = policy
        const instrument = asked.instrumentExposureMinor + asked.amountMinor
        expect(asked.amountMinor).toBeLessThanOrEqual(Math.min(offline.perPaymentMinor, asked.instrument.limits.perPaymentLimitMinor))
        expect(instrument).toBeLessThanOrEqual(Math.min(offline.perInstrumentMinor, asked.instrument.limits.totalLimitMinor))
        expect(tillExposureMinor + asked.amountMinor).toBeLessThanOrEqual(offline.perTillMinor)
        expect(asked.instrument.kind === 'wallet_bound' || asked.amountMinor <= offline.perShownCodeMinor).toBe(true)
        expect(asked.currency).toBe(policy.currency)
      }),
      { numRuns: 2000 },
    )
  })

  test('less money at less risk is never refused where more was accepted', () => {
    fc.assert(
      fc.property(askedOf, exposure, fc.nat({ max: 100 }), (asked, tillExposureMinor, less) => {
        if (decision(asked, { tillExposureMinor }) !== 'ok') return
        const smaller = {
          ...asked,
          amountMinor: Math.max(0, asked.amountMinor - less),
          instrumentExposureMinor: Math.max(0, asked.instrumentExposureMinor - less),
        }
        expect(decision(smaller, { tillExposureMinor: Math.max(0, tillExposureMinor - less) })).toBe('ok')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('what came after the first version', () => {
  const list = { version: 4, check: '0'.repeat(12), confirmedAt: NOW - HOUR, has: (fingerprint: number) => fingerprint === 666 }
  const rules: Policy = {
    ...policy,
    offline: {
      ...policy.offline,
      instruments: {
        wallet_bound: { perPaymentMinor: 4_000, perInstrumentMinor: 6_000, perInstrumentCount: 3 },
        card: { perPaymentMinor: 3_000, perInstrumentMinor: 3_000 },
      },
      steps: [
        { afterMs: 2 * HOUR, capsPpm: 500_000 },
        { afterMs: 4 * HOUR, capsPpm: 100_000 },
      ],
      doubtfulClockPpm: 200_000,
    },
    storeSlice: { storeMinor: 60_000, sliceMinor: 20_000 },
    denyList: { version: 4, size: 1, check: '0'.repeat(12), maxAgeMs: 6 * HOUR },
  }
  const here: Partial<Situation> = { denyList: list }
  const card: Partial<Asked> = { instrument: { kind: 'card' } }
  const credit = (leftMinor: number): Partial<Asked> => ({ instrument: { kind: 'credit', leftMinor } })

  test.each<[string, Partial<Asked>, Partial<Situation>]>([
    ['ok', {}, {}],
    ['ok', card, {}],
    ['policy.payment_cap', { ...card, amountMinor: 3_001 }, {}],
    ['policy.kind_not_offline', credit(5_000), {}],
    ['policy.payment_cap', { ...bound, amountMinor: 4_001 }, {}],
    ['policy.instrument_cap', { ...bound, instrumentExposureMinor: 5_001 }, {}],
    ['ok', { ...bound, instrumentCount: 2 }, {}],
    ['policy.instrument_count', { ...bound, instrumentCount: 3 }, {}],
    ['policy.denied', { denyFingerprints: [1, 666] }, {}],
    ['policy.deny_list_stale', {}, { denyList: { ...list, version: 3 } }],
    ['ok', {}, { denyList: { ...list, version: 5, check: '1'.repeat(12) } }],
    ['policy.deny_list_stale', {}, { denyList: { ...list, check: '1'.repeat(12) } }],
    ['policy.deny_list_stale', {}, { denyList: { ...list, confirmedAt: NOW - 6 * HOUR - 1 } }],
    ['ok', {}, { tillExposureMinor: 19_000 }],
    ['policy.store_cap', {}, { tillExposureMinor: 19_001 }],
    ['policy.store_cap', {}, { tillExposureMinor: 20_000 }],
    ['ok', {}, { tillExposureMinor: 19_001, sliceLentMinor: 1 }],
    ['policy.store_cap', {}, { tillExposureMinor: 18_000, sliceLentMinor: -1_001 }],
    ['policy.store_cap', {}, { sliceLentMinor: -30_000 }],
    // A lane lies about what it gave.
    ['policy.till_cap', {}, { tillExposureMinor: 59_000, sliceLentMinor: 1_000_000 }],
    ['ok', {}, { offlineFor: 2 * HOUR }],
    ['policy.payment_cap', { amountMinor: 2_501 }, { offlineFor: 2 * HOUR + 1 }],
    ['ok', { amountMinor: 1_250 }, { offlineFor: 2 * HOUR + 1 }],
    ['code.bound_required', { amountMinor: 1_251 }, { offlineFor: 2 * HOUR + 1 }],
    ['ok', { amountMinor: 250 }, { offlineFor: 4 * HOUR + 1 }],
    ['policy.till_cap', { amountMinor: 250 }, { offlineFor: 4 * HOUR + 1, tillExposureMinor: 5_000, sliceLentMinor: 90_000 }],
    ['policy.too_long_offline', { amountMinor: 1 }, { offlineFor: 8 * HOUR + 1 }],
    ['ok', { amountMinor: 500 }, { clockDoubtful: true }],
    ['policy.payment_cap', { amountMinor: 1_001 }, { clockDoubtful: true }],
    ['policy.clock_doubtful', { amountMinor: 1 }, { clockDoubtful: true, offlineFor: 8 * HOUR + 1 }],
  ])('%s for %j at %j', (expected, asked, situation) => expect(decision(asked, { ...here, ...situation }, rules)).toBe(expected))

  test('a credit pays no more than is left of it', () => {
    const takes = { ...rules, offline: { ...rules.offline, instruments: { credit: { perPaymentMinor: 2_000, perInstrumentMinor: 2_000 } } } }
    expect([decision(credit(1_000), here, takes), decision(credit(999), here, takes)]).toEqual(['ok', 'policy.credit_spent'])
  })

  test('longer without the hub never leaves more (invariant 10)', () => {
    const time = fc.nat({ max: 10 * HOUR })
    fc.assert(
      fc.property(time, time, fc.boolean(), (a, b, clockDoubtful) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((offlineFor) => shareOfCaps(rules, { offlineFor, clockDoubtful }))
        expect(late).toBeLessThanOrEqual(early ?? 0)
      }),
    )
  })

  test('what the screen shows is what is accepted, to the last cent', () => {
    const situations = fc.record({ offlineFor: fc.nat({ max: 9 * HOUR }), tillExposureMinor: fc.nat({ max: 25_000 }), clockDoubtful: fc.boolean() })
    fc.assert(
      fc.property(situations, (situation) => {
        const now = { ...calm, ...here, ...situation }
        for (const { kind, perPaymentMinor, why } of allowancesOf(rules, now)) {
          const limits = { perPaymentLimitMinor: 99_999, totalLimitMinor: 99_999 }
          const instrument = kind === 'card' ? { kind } : kind === 'credit' ? { kind, leftMinor: 99_999 } : { kind, limits }
          const asked = (amountMinor: number) => decideOffline(rules, now, { ...small, instrument, amountMinor })
          if (why === undefined) expect(asked(perPaymentMinor).ok).toBe(true)
          expect(asked(perPaymentMinor + 1).ok).toBe(false)
        }
      }),
    )
  })

  test('says when the next step comes, and what is left then', () => {
    const at = (offlineFor: number) => nextStep(rules, { ...calm, offlineFor })
    expect(at(HOUR)).toEqual({ at: NOW + HOUR, capsPpm: 500_000 })
    expect(at(3 * HOUR)).toEqual({ at: NOW + HOUR, capsPpm: 100_000 })
    expect(at(5 * HOUR)).toEqual({ at: NOW + 3 * HOUR, capsPpm: 0 })
    expect(at(9 * HOUR)).toBeUndefined()
    expect(nextStep({ ...rules, validUntil: NOW + 1 }, { ...calm, offlineFor: HOUR })).toEqual({ at: NOW + 1, capsPpm: 0 })
  })
})

describe('a model of what a lone till knows', () => {
  const stump: CompactTrees = {
    features: LONE_FEATURES,
    bias: 0,
    feature: new Uint8Array(7),
    threshold: Float32Array.from([1000, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity]),
    leaf: Int16Array.from([-100, 0, 0, 0, 100, 0, 0, 0]),
  }
  const model = base64url(compactTreesBytes(stump) ?? new Uint8Array(0))
  const judging = (refuseAbove: number): Policy => ({ ...policy, risk: { model, refuseAbove } })
  const loneOf = (amountMinor: number): Float64Array => new Float64Array(LONE_FEATURES).fill(amountMinor, 0, 1)

  test('is read from a signed policy, and one that is no model is no policy', () => {
    expect(policySchema.safeParse(judging(0)).success).toBe(true)
    expect(policySchema.safeParse(policy).success).toBe(true)
    expect(policySchema.safeParse({ ...policy, risk: { model: model.slice(4), refuseAbove: 0 } }).success).toBe(false)
  })

  test('refuses what it finds too risky, and takes what it cannot know in the till’s favour', () => {
    expect(decision({ amountMinor: 1001, lone: loneOf(1001) }, {}, judging(0))).toBe('policy.too_risky')
    expect(decision({ amountMinor: 1000, lone: loneOf(1000) }, {}, judging(0))).toBe('ok')
    expect(decision({ amountMinor: 1001, lone: loneOf(1001) }, {}, judging(100))).toBe('ok')
    expect(decision({ amountMinor: 1001 }, {}, judging(0))).toBe('ok')
  })

  test('never accepts what the caps refuse, and changes none of their reasons', () => {
    const asked = fc.record({ amountMinor: fc.nat({ max: 6_000 }), instrumentExposureMinor: fc.nat({ max: 9_000 }), currency: fc.constantFrom('EUR', 'USD') })
    const situations = fc.record({ tillExposureMinor: fc.nat({ max: 60_000 }), offlineFor: fc.nat({ max: 10 * HOUR }), clockDoubtful: fc.boolean() })
    fc.assert(
      fc.property(asked, situations, fc.integer({ min: -200, max: 200 }), (payment, situation, refuseAbove) => {
        const plain = decision(payment, situation)
        const judged = decision({ ...payment, lone: loneOf(payment.amountMinor) }, situation, judging(refuseAbove))
        if (plain === 'ok') expect(['ok', 'policy.too_risky']).toContain(judged)
        else expect(judged).toBe(plain)
      }),
      { numRuns: 1000 },
    )
  })
})
