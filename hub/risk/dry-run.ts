import type { PastDecisions } from './known.ts'
import type { RulesInForce } from './judgement.ts'
import type { DryRun, OutcomeTally, RuleTally } from '#protocol/hub-api/risk-rules.ts'
import type { Currency } from '#protocol/money.ts'
import { firedWords, ruleOutcomes, type RuleOutcome } from '#protocol/risk/rules.ts'
import type { EpochMs } from '#protocol/time.ts'

type Counted = { -readonly [Key in keyof Omit<RuleTally, 'id'>]: number }
const nothing = (): Counted => ({ fired: 0, sumMinor: 0, frauds: 0, fraudMinor: 0, legitimate: 0, legitimateMinor: 0 })

/** Whether rule `r` is true of the vector that `fired` is about. */
export const hasFired = (fired: Uint32Array, r: number): boolean => (((fired[r >> 5] ?? 0) >>> (r & 31)) & 1) === 1

/**
 * What each of these sets of rules would have said about payments of before, in one going over: from the features as they were then, so nothing is known to the
 * rules that was not known to the hub. Sums are of one currency; a payment whose label nobody knows counts as neither fraud nor false alarm.
 */
export async function dryRun(
  sets: readonly Omit<RulesInForce, 'version'>[],
  past: PastDecisions,
  { since, until, currency }: { readonly since: EpochMs; readonly until: EpochMs; readonly currency: Currency },
): Promise<readonly DryRun[]> {
  const all = { payments: 0, labelled: 0, frauds: 0, fraudMinor: 0 }
  const tallies = sets.map(({ rules }) => ({
    rules,
    byRule: rules.map(nothing),
    byOutcome: new Map(ruleOutcomes.map((outcome) => [outcome, nothing()])),
    fired: new Uint32Array(firedWords(rules.length)),
  }))
  for await (const share of past.between(since, until)) {
    for (const { features, amountMinor, currency: own, isFraud } of share) {
      if (own !== currency) continue
      all.payments++
      if (isFraud !== undefined) all.labelled++
      if (isFraud === true) {
        all.frauds++
        all.fraudMinor += amountMinor
      }
      tallies.forEach(({ rules, byRule, byOutcome, fired }, s) => {
        sets[s]?.fire(features, fired)
        let hardest: RuleOutcome | undefined
        rules.forEach(({ outcome }, r) => {
          const tally = byRule[r]
          if (tally === undefined || !hasFired(fired, r)) return
          count(tally, amountMinor, isFraud)
          if (hardest === undefined || ruleOutcomes.indexOf(outcome) > ruleOutcomes.indexOf(hardest)) hardest = outcome
        })
        const outcome = hardest === undefined ? undefined : byOutcome.get(hardest)
        if (outcome !== undefined) count(outcome, amountMinor, isFraud)
      })
    }
  }
  return tallies.map(({ rules, byRule, byOutcome }) => ({
    ...all,
    since,
    until,
    currency,
    rules: rules.map(({ id }, r): RuleTally => ({ id, ...(byRule[r] ?? nothing()) })),
    outcomes: [...byOutcome].map(([outcome, tally]): OutcomeTally => ({ outcome, ...tally })),
  }))
}

function count(tally: Counted, amountMinor: number, isFraud: boolean | undefined): void {
  tally.fired++
  tally.sumMinor += amountMinor
  if (isFraud === undefined) return
  tally[isFraud ? 'frauds' : 'legitimate']++
  tally[isFraud ? 'fraudMinor' : 'legitimateMinor'] += amountMinor
}
