import type { NeedView } from '#protocol/hub-api/fleet.ts'
import { errors } from './failures.ts'
import { fleetWords as words } from './fleet-words.ts'

/** What it is in a sentence, why if the till said so, and what to do next. */
export function needText({ what, till, tillName, device, code, release, from }: NeedView): {
  readonly say: string
  readonly why?: string
  readonly next: string
} {
  const about = what === 'halted' ? String(release ?? '') : (tillName ?? till ?? '')
  const say = words.needs.say[what](about, device === undefined ? '' : words.devices[device])
  const why = code !== undefined ? errors[code].say : from === 'shopper' ? words.needs.shopper : undefined
  // What the person at the till is told to do about it is what somebody who is called there has to do.
  const next = code !== undefined && what !== 'blocked' ? errors[code].next : words.needs.next[what]
  return { say, next, ...(why !== undefined && { why }) }
}
