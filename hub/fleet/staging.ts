import type { Report } from './reports.ts'
import type { UpdateStanding } from '#protocol/hub-api/fleet.ts'
import { HOUR, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** Of a thousand tills that have begun with a release, so many may fail before it halts by itself; and how long a till's silence is the release's fault. */
export const FAILING_SHARE = 100
const BLAMED_FOR: DurationMs = HOUR

/** How far a till is with a release. `isSilent`, `isStuck`: as `needsOf` has it. */
export function standingOf(
  release: number,
  report: Report | undefined,
  { isSilent, isStuck }: { readonly isSilent: boolean; readonly isStuck: boolean },
): UpdateStanding {
  const stage = report?.health.update
  if (report === undefined || stage === undefined) return 'notYet'
  if (stage.refused.some((refused) => refused.release === release)) return 'rolledBack'
  // It was about to begin when it was heard last: whatever became of it, it is not here to say so.
  if (stage.release !== release) return stage.waiting === release && isSilent ? 'unwell' : 'notYet'
  const isNew = report.heardAt - report.running.since < BLAMED_FOR
  if (report.health.blocked !== undefined || isStuck || (isSilent && (stage.trial || isNew))) return 'unwell'
  return stage.trial ? 'trial' : 'good'
}

/** So many tills stand so far. */
export type Standings = Readonly<Record<UpdateStanding, number>>

export function counted(standings: Iterable<UpdateStanding>): Standings {
  const counts = { notYet: 0, trial: 0, good: 0, rolledBack: 0, unwell: 0 }
  for (const standing of standings) counts[standing] += 1
  return counts
}

/**
 * Whether a release that is being handed out must stop by itself: more than `share` of a thousand tills that have begun with it failed. Among few one is enough, which
 * is what a first stage is for. A till that is still on trial counts as one that has begun: what it comes to is not known yet, and it must not hide those that failed.
 * `forgiven`: so many had failed when somebody who had looked at them let it go on.
 */
export function mustHalt({ trial, good, rolledBack, unwell }: Standings, share: number, forgiven = 0): boolean {
  const failed = Math.max(0, rolledBack + unwell - forgiven)
  return failed > 0 && failed * 1000 > share * (failed + good + trial)
}

/** Since when a release has been open to tills: failures of tills with what was before are not its fault. */
export const hasBegun = (stages: readonly { readonly notBefore: EpochMs }[], now: EpochMs): boolean => stages.some(({ notBefore }) => notBefore <= now)
