import type { Minor } from '#protocol/money.ts'
import { instrumentKinds } from '#protocol/policy/bundle.ts'
import { capsOfKind } from '#protocol/policy/decide.ts'
import type { PolicyRules } from './rules.ts'

/**
 * What a policy can cost at worst, each time that tills are cut off from the hub: everybody who pays has no money, and all of them know each other.
 *
 * A till accepts alone only while what it has accepted and the hub has not settled stays within its cap and its slice, and nothing is settled while it is
 * cut off. Lanes lend each other parts of their slices, so a slice bounds no till by itself, but all slices together bound the store: all tills' loss is at
 * most the lower of the sum of their caps and the sum of their slices, and one till's the lower of its cap and the latter. Steps only make it less, and
 * validity and the longest time offline end it; neither adds to it, since a cap is a sum and not a rate. One instrument's share of it: on each till at most
 * the lower of its caps, and where its payments are counted, so many of the largest.
 */
export type WorstCase = {
  /** All tills together, each time that they are cut off. */
  readonly lossMinor: Minor
  /** The till that may lose most. */
  readonly tillMinor: Minor
  /** One instrument that nobody honours, shown at every till. */
  readonly instrumentMinor: Minor
  /** One shown code that was photographed. */
  readonly shownCodeMinor: Minor
  /** So many instruments of that kind are needed for the whole loss. */
  readonly instruments: number
}

/** `slices`: of each till, `Infinity` where the store has no cap. Minor units. */
export function worstCaseOf(rules: Pick<PolicyRules, 'offline'>, slices: readonly Minor[]): WorstCase {
  const { perTillMinor, perPaymentMinor, perShownCodeMinor } = rules.offline
  const store = slices.reduce((total, slice) => total + slice, 0)
  const instrument = Math.max(0, ...instrumentKinds.map((kind) => worstOfKind(rules, kind)))
  const sum = (cap: Minor): Minor => Math.min(store, slices.length * Math.min(perTillMinor, cap))
  const most = Math.min(perTillMinor, store)
  return {
    lossMinor: sum(Infinity),
    tillMinor: most,
    instrumentMinor: sum(instrument),
    shownCodeMinor: Math.min(perShownCodeMinor, perPaymentMinor, most),
    instruments: instrument === 0 ? 0 : Math.ceil(most / instrument),
  }
}

function worstOfKind(rules: Pick<PolicyRules, 'offline'>, kind: (typeof instrumentKinds)[number]): Minor {
  const { perInstrumentMinor, perPaymentMinor, perShownCodeMinor } = rules.offline
  const own = capsOfKind(rules, kind)
  if (own === 'refused') return 0
  const payment = Math.min(perPaymentMinor, own?.perPaymentMinor ?? Infinity, kind === 'wallet_shown' ? perShownCodeMinor : Infinity)
  const counted = own?.perInstrumentCount === undefined ? Infinity : own.perInstrumentCount * payment
  return Math.min(perInstrumentMinor, own?.perInstrumentMinor ?? Infinity, counted)
}
