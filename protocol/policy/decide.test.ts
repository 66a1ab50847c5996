import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../hub/messages.ts'
import { HOUR } from '../time.ts'
import { decideOffline, offlineStanding, type Asked, type Situation } from './decide.ts'

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
  profile: 'show',
  instrumentExposureMinor: 0,
  credential: { perPaymentLimitMinor: 10_000, totalLimitMinor: 20_000 },
}

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
    ['ok', { amountMinor: 2_501, profile: 'bound' }, {}],
    ['ok', { amountMinor: 5_000, profile: 'bound' }, {}],
    ['policy.payment_cap', { amountMinor: 5_001, profile: 'bound' }, {}],
    ['policy.payment_cap', { amountMinor: 5_001 }, {}],
    ['ok', { instrumentExposureMinor: 7_000 }, {}],
    ['policy.instrument_cap', { instrumentExposureMinor: 7_001 }, {}],
    ['ok', { credential: { perPaymentLimitMinor: 1_000, totalLimitMinor: 1_000 } }, {}],
    ['code.over_credential_limit', { credential: { perPaymentLimitMinor: 999, totalLimitMinor: 20_000 } }, {}],
    ['code.over_credential_limit', { credential: { perPaymentLimitMinor: 10_000, totalLimitMinor: 999 } }, {}],
    ['code.over_credential_limit', { instrumentExposureMinor: 1, credential: { perPaymentLimitMinor: 10_000, totalLimitMinor: 1_000 } }, {}],
    ['ok', {}, { tillExposureMinor: 49_000 }],
    ['policy.till_cap', {}, { tillExposureMinor: 49_001 }],
    ['policy.clock_doubtful', {}, { clockDoubtful: true }],
  ])('%s for %j at %j', (expected, asked, situation) => expect(decision(asked, situation)).toBe(expected))

  const exposure = fc.nat({ max: 60_000 })
  const askedOf = fc.record({
    amountMinor: fc.nat({ max: 6_000 }),
    currency: fc.constantFrom('EUR', 'USD'),
    profile: fc.constantFrom('show' as const, 'bound' as const),
    instrumentExposureMinor: fc.nat({ max: 9_000 }),
    credential: fc.record({ perPaymentLimitMinor: fc.nat({ max: 6_000 }), totalLimitMinor: fc.nat({ max: 9_000 }) }),
  })

  test('whatever is accepted leaves every cap kept (invariant 3)', () => {
    fc.assert(
      fc.property(askedOf, exposure, (asked, tillExposureMinor) => {
        if (decision(asked, { tillExposureMinor }) !== 'ok') return
        const { offline } = policy
        const instrument = asked.instrumentExposureMinor + asked.amountMinor
        expect(asked.amountMinor).toBeLessThanOrEqual(Math.min(offline.perPaymentMinor, asked.credential.perPaymentLimitMinor))
        expect(instrument).toBeLessThanOrEqual(Math.min(offline.perInstrumentMinor, asked.credential.totalLimitMinor))
        expect(tillExposureMinor + asked.amountMinor).toBeLessThanOrEqual(offline.perTillMinor)
        expect(asked.profile === 'bound' || asked.amountMinor <= offline.perShownCodeMinor).toBe(true)
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
