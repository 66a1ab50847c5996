import { scale, type Currency, type Minor, type Ppm } from '../money.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import type { DurationMs, EpochMs } from '../time.ts'
import type { ErrorCode } from '../errors.ts'
import { unbase64url } from '../bytes.ts'
import { compactScoreOf, readCompactTrees, type CompactTrees } from '../risk/compact-trees.ts'
import { instrumentKinds, type InstrumentCaps, type InstrumentKind, type LoneRisk, type Policy } from './bundle.ts'

/** What a till knows when it must decide alone. Exposures count everything accepted or still undecided, never only what is final. */
export type Situation = {
  readonly now: EpochMs
  readonly clockDoubtful: boolean
  /** Since the last hub-signed time. */
  readonly offlineFor: DurationMs
  readonly tillExposureMinor: Minor
  /** By how much the till's slice of the store's cap is larger (or, negative, smaller) than signed: what lanes lent each other. */
  readonly sliceLentMinor?: Minor
  readonly denyList?: DenyListStanding
}

/** The deny list that a till has; `confirmedAt` is the hub's time when it last said that this was the newest. */
export type DenyListStanding = {
  readonly version: number
  readonly check: string
  readonly confirmedAt: EpochMs
  has(fingerprint: number): boolean
}

type WalletLimits = { readonly perPaymentLimitMinor: Minor; readonly totalLimitMinor: Minor }
/** What pays, and what itself bounds it: the issuer's limits of a wallet's credential, what is left of a credit as far as this till knows. */
export type AskedInstrument =
  | { readonly kind: 'wallet_shown' | 'wallet_bound'; readonly limits: WalletLimits }
  | { readonly kind: 'card' }
  | { readonly kind: 'credit'; readonly leftMinor: Minor }

export type Asked = {
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly instrument: AskedInstrument
  /** Of this instrument on this till, not yet settled by the hub. */
  readonly instrumentExposureMinor: Minor
  /** How many payments that sum is made of. */
  readonly instrumentCount: number
  /** Fingerprints of everything that a deny list may name about it: the wallet, its credential, the issuer's key, the card. */
  readonly denyFingerprints: readonly number[]
  /** `LoneMemory.features` of it. A till gives them wherever its policy has a model; a hub that judges a till's decision later takes what it cannot know in the till's favour. */
  readonly lone?: Float64Array | undefined
}

const WHOLE: Ppm = 1_000_000

/**
 * The share of every cap that is left after so long without the hub, and with such a clock: 0 when nothing is. Steps only ever shrink (see `offlineRules`).
 */
export function shareOfCaps({ offline }: Pick<Policy, 'offline'>, { offlineFor, clockDoubtful }: Pick<Situation, 'offlineFor' | 'clockDoubtful'>): Ppm {
  if (offlineFor > offline.maxOfflineMs) return 0
  const step = offline.steps?.findLast(({ afterMs }) => offlineFor > afterMs)
  return Math.min(step?.capsPpm ?? WHOLE, clockDoubtful ? (offline.doubtfulClockPpm ?? 0) : WHOLE)
}

const capped = (minor: Minor, share: Ppm): Minor => (share === WHOLE ? minor : scale(minor, share, WHOLE))

/** The caps as they stand now: what is left of the policy's by its steps. `sliceMinor` is this till's part of the store's cap, with what lanes lent. */
export function capsNow(policy: Policy, situation: Situation) {
  const share = shareOfCaps(policy, situation)
  const { perPaymentMinor, perShownCodeMinor, perInstrumentMinor, perTillMinor } = policy.offline
  const slice = policy.storeSlice === undefined ? undefined : sliceWith(policy.storeSlice, situation.sliceLentMinor)
  return {
    share,
    perPaymentMinor: capped(perPaymentMinor, share),
    perShownCodeMinor: capped(perShownCodeMinor, share),
    perInstrumentMinor: capped(perInstrumentMinor, share),
    perTillMinor: capped(perTillMinor, share),
    sliceMinor: slice === undefined ? undefined : capped(slice, share),
  }
}
type CapsNow = ReturnType<typeof capsNow>

/** A slice with what lanes lent: a lane that lies about what it gave lifts nobody above the store's whole cap. */
export const sliceWith = ({ storeMinor, sliceMinor }: NonNullable<Policy['storeSlice']>, lentMinor: Minor = 0): Minor =>
  Math.min(storeMinor, Math.max(0, sliceMinor + lentMinor))

/** May this till accept anything offline now? The till's screen shows the reason before anyone has to be refused. */
export function offlineStanding(policy: Policy | undefined, situation: Situation): Outcome<Policy> {
  if (policy === undefined || situation.now > policy.validUntil) return fail('policy.stale')
  if (situation.offlineFor > policy.offline.maxOfflineMs && !situation.clockDoubtful) return fail('policy.too_long_offline')
  const caps = capsNow(policy, situation)
  if (caps.share === 0) return fail(situation.clockDoubtful ? 'policy.clock_doubtful' : 'policy.too_long_offline')
  if (!hasDenyList(policy, situation)) return fail('policy.deny_list_stale')
  if (situation.tillExposureMinor >= caps.perTillMinor) return fail('policy.till_cap')
  if (caps.sliceMinor !== undefined && situation.tillExposureMinor >= caps.sliceMinor) return fail('policy.store_cap')
  return ok(policy)
}

/** The list that the policy names or a later one, confirmed recently enough. */
function hasDenyList({ denyList: asked }: Policy, { denyList: had, now }: Situation): boolean {
  if (asked === undefined) return true
  if (had === undefined || had.version < asked.version) return false
  return (had.version > asked.version || had.check === asked.check) && now - had.confirmedAt <= asked.maxAgeMs
}

/**
 * The offline decision: the same pure function on the till, on the hub and in the simulation. Amounts in minor units of the policy's currency.
 * The instrument must have been verified before; this judges only authority.
 */
export function decideOffline(policy: Policy | undefined, situation: Situation, asked: Asked): Outcome<Policy> {
  const standing = offlineStanding(policy, situation)
  if (!standing.ok) return standing
  if (asked.currency !== standing.value.currency) return fail('policy.wrong_currency')
  if (asked.denyFingerprints.some((fingerprint) => situation.denyList?.has(fingerprint) === true)) return fail('policy.denied')
  const caps = capsNow(standing.value, situation)
  const refused = overCaps(standing.value, caps, asked) ?? overInstrument(asked)
  if (refused !== undefined) return fail(refused)
  const till = situation.tillExposureMinor + asked.amountMinor
  if (till > caps.perTillMinor) return fail('policy.till_cap')
  if (caps.sliceMinor !== undefined && till > caps.sliceMinor) return fail('policy.store_cap')
  // Last, and only ever to refuse: whatever a model thinks of a payment, no cap is wider for it.
  return standing.value.risk !== undefined && isTooRisky(standing.value.risk, asked.lone) ? fail('policy.too_risky') : standing
}

const models = new WeakMap<LoneRisk, CompactTrees>()

/** The trees of a policy, which are read once for each. Whoever has a policy has read its model before. */
function modelOf(risk: LoneRisk): CompactTrees {
  const known = models.get(risk)
  if (known !== undefined) return known
  const read = readCompactTrees(unbase64url(risk.model) ?? new Uint8Array(0))
  invariant(read, 'a policy’s model can be read')
  models.set(risk, read)
  return read
}

const isTooRisky = (risk: LoneRisk, lone: Float64Array | undefined): boolean => lone !== undefined && compactScoreOf(modelOf(risk), lone) > risk.refuseAbove

function overCaps(policy: Policy, caps: CapsNow, { amountMinor, instrument: { kind }, instrumentExposureMinor, instrumentCount }: Asked) {
  const own = capsOfKind(policy, kind)
  if (own === 'refused') return 'policy.kind_not_offline'
  if (amountMinor > caps.perPaymentMinor || (own !== undefined && amountMinor > capped(own.perPaymentMinor, caps.share))) return 'policy.payment_cap'
  if (kind === 'wallet_shown' && amountMinor > caps.perShownCodeMinor) return 'code.bound_required'
  const instrument = instrumentExposureMinor + amountMinor
  if (instrument > caps.perInstrumentMinor || (own !== undefined && instrument > capped(own.perInstrumentMinor, caps.share))) return 'policy.instrument_cap'
  return instrumentCount >= (own?.perInstrumentCount ?? Infinity) ? 'policy.instrument_count' : undefined
}

function overInstrument({ amountMinor, instrument, instrumentExposureMinor }: Asked) {
  switch (instrument.kind) {
    case 'wallet_shown':
    case 'wallet_bound': {
      const { perPaymentLimitMinor, totalLimitMinor } = instrument.limits
      return amountMinor > perPaymentLimitMinor || instrumentExposureMinor + amountMinor > totalLimitMinor ? 'code.over_credential_limit' : undefined
    }
    case 'credit':
      return amountMinor > instrument.leftMinor ? 'policy.credit_spent' : undefined
    case 'card':
      return undefined
  }
}

/** What would still be accepted now, before anybody has paid with it: of one kind of instrument, or why none of it. Minor units. */
export type Allowance = {
  readonly kind: InstrumentKind
  readonly perPaymentMinor: Minor
  readonly perInstrumentMinor: Minor
  readonly perInstrumentCount?: number
  readonly why?: ErrorCode
}

/** For a screen: the same caps by which `decideOffline` decides, for each kind. */
export function allowancesOf(policy: Policy | undefined, situation: Situation): readonly Allowance[] {
  const standing = offlineStanding(policy, situation)
  return instrumentKinds.map((kind): Allowance => {
    const nothing = { kind, perPaymentMinor: 0, perInstrumentMinor: 0 }
    if (!standing.ok) return { ...nothing, why: standing.code }
    const own = capsOfKind(standing.value, kind)
    if (own === 'refused') return { ...nothing, why: 'policy.kind_not_offline' }
    const caps = capsNow(standing.value, situation)
    const left = leftOf(caps, situation)
    const ofKind = (cap: Minor | undefined): Minor => (cap === undefined ? Infinity : capped(cap, caps.share))
    const shown = kind === 'wallet_shown' ? caps.perShownCodeMinor : Infinity
    return {
      kind,
      perPaymentMinor: Math.min(caps.perPaymentMinor, shown, ofKind(own?.perPaymentMinor), left),
      perInstrumentMinor: Math.min(caps.perInstrumentMinor, ofKind(own?.perInstrumentMinor), left),
      ...(own?.perInstrumentCount === undefined ? {} : { perInstrumentCount: own.perInstrumentCount }),
    }
  })
}

/** What the till and the store leave it to accept, whatever pays. Minor units. */
export const leftOf = ({ perTillMinor, sliceMinor = Infinity }: Pick<CapsNow, 'perTillMinor' | 'sliceMinor'>, { tillExposureMinor }: Situation): Minor =>
  Math.max(0, Math.min(perTillMinor, sliceMinor) - tillExposureMinor)

/** When every cap becomes less if nothing is heard of the hub until then, in the till's time, and the share that is left. Undefined once nothing is. */
export function nextStep(policy: Policy, { now, offlineFor, clockDoubtful }: Situation): { readonly at: EpochMs; readonly capsPpm: Ppm } | undefined {
  const { steps = [], maxOfflineMs } = policy.offline
  const afters = [...steps.map(({ afterMs }) => afterMs), maxOfflineMs].filter((after) => after >= offlineFor && after <= maxOfflineMs)
  const at = Math.min(...afters) - offlineFor + now
  if (afters.length === 0 || at > policy.validUntil) return now > policy.validUntil || afters.length === 0 ? undefined : { at: policy.validUntil, capsPpm: 0 }
  return { at, capsPpm: shareOfCaps(policy, { offlineFor: Math.min(...afters) + 1, clockDoubtful }) }
}

/** The caps that hold for a kind beside the general ones: `undefined` where there are none, and `refused` where the policy does not take the kind without the hub. */
export function capsOfKind({ offline }: Pick<Policy, 'offline'>, kind: InstrumentKind): InstrumentCaps | 'refused' | undefined {
  return offline.instruments?.[kind] ?? (kind === 'card' || kind === 'credit' ? 'refused' : undefined)
}
