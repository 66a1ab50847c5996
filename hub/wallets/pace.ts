import type { Clock } from '#protocol/time.ts'

/** How often somebody may ask: `burst` at once, and then `perSecond`. */
export type Pace = { readonly burst: number; readonly perSecond: number }

/** Who has not asked for as long as a burst takes to come back is as good as new, and forgotten. */
const MAX_REMEMBERED = 10_000

/** True while `who` keeps the pace. */
export function createPace(clock: Pick<Clock, 'monotonic'>, { burst, perSecond }: Pace): (who: string) => boolean {
  const seen = new Map<string, { readonly left: number; readonly at: number }>()
  return (who) => {
    const now = clock.monotonic()
    const last = seen.get(who)
    const left = last === undefined ? burst : Math.min(burst, last.left + ((now - last.at) / 1000) * perSecond)
    // Whoever asked last stands last, so the first is who may be forgotten.
    seen.delete(who)
    if (seen.size >= MAX_REMEMBERED) for (const oldest of seen.keys()) if (seen.delete(oldest)) break
    seen.set(who, { left: left < 1 ? left : left - 1, at: now })
    return left >= 1
  }
}
