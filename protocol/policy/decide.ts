import type { Policy } from '../hub/messages.ts'
import type { Currency, Minor } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import type { DurationMs, EpochMs } from '../time.ts'

/** What a till knows when it must decide alone. Exposures count everything accepted or still undecided, never only what is final. */
export type Situation = {
  readonly now: EpochMs
  readonly clockDoubtful: boolean
  /** Since the last hub-signed time. */
  readonly offlineFor: DurationMs
  readonly tillExposureMinor: Minor
}

export type Asked = {
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly profile: 'show' | 'bound'
  /** Of this wallet on this till, not yet acknowledged by the hub. */
  readonly instrumentExposureMinor: Minor
  readonly credential: { readonly perPaymentLimitMinor: Minor; readonly totalLimitMinor: Minor }
}

/** May this till accept anything offline now? The till's screen shows the reason before anyone has to be refused. */
export function offlineStanding(policy: Policy | undefined, situation: Situation): Outcome<Policy> {
  if (policy === undefined || situation.now > policy.validUntil) return fail('policy.stale')
  if (situation.clockDoubtful) return fail('policy.clock_doubtful')
  if (situation.offlineFor > policy.offline.maxOfflineMs) return fail('policy.too_long_offline')
  if (situation.tillExposureMinor >= policy.offline.perTillMinor) return fail('policy.till_cap')
  return ok(policy)
}

/**
 * The offline decision: the same pure function on the till, on the hub and in the simulator. Amounts in minor units of the policy's currency.
 * The payment code must have been verified before; this judges only authority.
 */
export function decideOffline(policy: Policy | undefined, situation: Situation, asked: Asked): Outcome<Policy> {
  const standing = offlineStanding(policy, situation)
  if (!standing.ok) return standing
  const caps = standing.value.offline
  if (asked.currency !== standing.value.currency) return fail('policy.wrong_currency')
  if (asked.amountMinor > caps.perPaymentMinor) return fail('policy.payment_cap')
  if (asked.profile === 'show' && asked.amountMinor > caps.perShownCodeMinor) return fail('code.bound_required')
  if (asked.amountMinor > asked.credential.perPaymentLimitMinor) return fail('code.over_credential_limit')
  const instrument = asked.instrumentExposureMinor + asked.amountMinor
  if (instrument > asked.credential.totalLimitMinor) return fail('code.over_credential_limit')
  if (instrument > caps.perInstrumentMinor) return fail('policy.instrument_cap')
  if (situation.tillExposureMinor + asked.amountMinor > caps.perTillMinor) return fail('policy.till_cap')
  return standing
}
