import type { DenyDesk } from './deny-desk.ts'
import type { PolicyDesk } from './desk.ts'
import { termsOf } from './rules.ts'
import type { Payment } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import type { InstrumentKind } from '#protocol/policy/bundle.ts'
import { decideOffline, type AskedInstrument } from '#protocol/policy/decide.ts'
import { HOUR, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** Between a till and its hub, when they last spoke. */
const CLOCKS_DIFFER: DurationMs = 3 * HOUR
const kinds: Readonly<Record<NonNullable<Payment['profile']>, InstrumentKind | 'never' | undefined>> = {
  show: 'wallet_shown',
  bound: 'wallet_bound',
  card: 'card',
  credit: 'credit',
  cash: undefined,
  merchant_qr: 'never',
  scheme: 'never',
}

/** Why a till must not have taken a payment alone, by what this hub can prove; undefined: it may have. */
export type JudgeAcceptance = (payment: Payment, version: number, at: EpochMs) => ErrorCode | undefined

/**
 * The till's decision again, at settling, by the same function and the rules that the till says it went by. What only the till could know (what else it had at
 * risk, how long it had not heard of the hub) is taken in its favour: whatever is found here, no till that keeps its policy has done. A wallet counts as
 * denied when every list that was fresh enough to be used has it.
 */
export const judgeAcceptances =
  (desk: Pick<PolicyDesk, 'versions'>, denied: Pick<DenyDesk, 'deniedAt'>, currency: Currency): JudgeAcceptance =>
  (payment, version, at) => {
    const kind = payment.profile === undefined ? undefined : kinds[payment.profile]
    if (kind === undefined) return undefined
    if (kind === 'never') return 'policy.kind_not_offline'
    const signed = desk.versions.find((rules) => rules.version === version)
    if (signed === undefined) return 'policy.unknown_version'
    const { rules, until } = signed
    const policy = { v: 1, version, till: payment.till, issuedAt: signed.from, validUntil: until + CLOCKS_DIFFER, currency, ...termsOf(rules) } as const
    const blockedAt = payment.wallet === undefined ? undefined : denied.deniedAt({ kind: 'wallet', id: payment.wallet })
    const isBlocked = blockedAt !== undefined && rules.denyListMaxAgeMs !== undefined && at > blockedAt + rules.denyListMaxAgeMs + CLOCKS_DIFFER
    const list = { version, check: '', confirmedAt: at, has: () => isBlocked }
    const decided = decideOffline(
      policy,
      { now: at, clockDoubtful: false, offlineFor: 0, tillExposureMinor: 0, denyList: list },
      {
        amountMinor: payment.amountMinor,
        currency: payment.currency,
        instrument: boundless(kind),
        instrumentExposureMinor: 0,
        instrumentCount: 0,
        denyFingerprints: [0],
      },
    )
    return decided.ok ? undefined : decided.code
  }

/** What bounds the instrument itself is judged by who knows it: the wallet's proof, the ledger of credits. */
const boundless = (kind: InstrumentKind): AskedInstrument =>
  kind === 'card'
    ? { kind }
    : kind === 'credit'
      ? { kind, leftMinor: Infinity }
      : { kind, limits: { perPaymentLimitMinor: Infinity, totalLimitMinor: Infinity } }
