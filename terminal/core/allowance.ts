import type { Policy } from '#protocol/hub/messages.ts'
import { allowancesOf, capsNow, leftOf, nextStep, offlineStanding, type Situation } from '#protocol/policy/decide.ts'
import type { AllowanceView } from '#protocol/till-api/allowance.ts'

/** What may still be accepted without the hub, and why not: by the very functions that decide. What is at risk is counted whether or not anything is accepted now. */
export function allowanceOf(policy: Policy | undefined, situation: Situation): AllowanceView {
  if (policy === undefined) return { perPaymentMinor: 0, tillLeftMinor: 0, until: situation.now, why: 'policy.stale' }
  const { offlineFor, now } = situation
  const caps = capsNow(policy, situation)
  // Where nothing is accepted the caps are shown as signed: what is left of them is a fact, and `why` says that it cannot be spent.
  const shown = caps.share === 0 ? capsNow(policy, { ...situation, offlineFor: 0, clockDoubtful: false }) : caps
  const left = leftOf(shown, situation)
  const hubTimeEnd = offlineFor === Infinity ? now : now - offlineFor + policy.offline.maxOfflineMs
  const standing = offlineStanding(policy, situation)
  const next = nextStep(policy, situation)
  return {
    perPaymentMinor: Math.min(shown.perPaymentMinor, left),
    tillLeftMinor: left,
    until: Math.min(policy.validUntil, hubTimeEnd),
    kinds: allowancesOf(policy, situation),
    ...(next === undefined ? {} : { next: { ...next, at: Math.round(next.at) } }),
    ...(standing.ok ? {} : { why: standing.code }),
  }
}
