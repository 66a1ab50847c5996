import { isIP } from 'node:net'
import type { Clock } from '#protocol/time.ts'

/** So many requests at once, and then `perSecond` (a token bucket). */
export type Allowance = { readonly burst: number; readonly perSecond: number }
/** `resetSeconds`: until all of them are back; `waitSeconds`: until the next one is, 0 if there is one. */
export type Left = { readonly allowed: boolean; readonly left: number; readonly resetSeconds: number; readonly waitSeconds: number }

/** Who has not asked for as long as a burst takes to come back is as good as new, and forgotten. */
const MAX_REMEMBERED = 10_000

/** Whoever has an IPv6 address has a network of them (RFC 6177): all of it is one stranger. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6 || address.startsWith('::ffff:')) return address
  const [front = '', back] = address.split('::')
  const groups = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  const zeros = Array.from({ length: back === undefined ? 0 : 8 - groups.length - behind.length }, () => '0')
  return `${[...groups, ...zeros, ...behind].slice(0, 4).join(':')}::/64`
}

export function allowances(clock: Pick<Clock, 'monotonic'>, { burst, perSecond }: Allowance): (who: string) => Left {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>()
  return (who) => {
    const now = clock.monotonic()
    const last = buckets.get(who)
    const before = last === undefined ? burst : Math.min(burst, last.left + ((now - last.at) / 1000) * perSecond)
    const allowed = before >= 1
    const left = allowed ? before - 1 : before
    // Whoever asked last stands last, so the first is who may be forgotten.
    buckets.delete(who)
    if (buckets.size >= MAX_REMEMBERED) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break
    buckets.set(who, { left, at: now })
    return {
      allowed,
      left: Math.floor(left),
      resetSeconds: Math.ceil((burst - left) / perSecond),
      waitSeconds: allowed ? 0 : Math.ceil((1 - left) / perSecond),
    }
  }
}
