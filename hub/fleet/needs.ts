import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { Health, HelpCall } from '#protocol/hub/health.ts'
import type { NeedKind } from '#protocol/hub-api/fleet.ts'
import type { Id } from '#protocol/ids.ts'
import { HOUR, MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** What the hub knows of one till. `report.heardAt` and `link.since` are by the hub's clock; everything in the report is by the till's. */
export type Seen = {
  readonly report?: { readonly health: Health; readonly heardAt: EpochMs } | undefined
  readonly link?: { readonly state: 'online' | 'offline'; readonly since: EpochMs } | undefined
  /** Since when this hub has been able to hear. */
  readonly listeningSince: EpochMs
}

/** `key` tells it from others of the same till, and is the same as long as it is the same thing. */
export type Need = {
  readonly key: string
  readonly what: NeedKind
  readonly since: EpochMs
  readonly device?: DeviceHealth['kind'] | undefined
  /** Of a till that may know more of them than this hub. */
  readonly code?: string | undefined
  readonly release?: number | undefined
  readonly call?: Id | undefined
  readonly from?: HelpCall['from'] | undefined
}

/** How long each may be as it is before somebody has to look: people unplug things, close covers, and start machines anew. */
export const patience = { device: 5 * MINUTE, silent: 10 * MINUTE, mute: 5 * MINUTE, stuck: 10 * MINUTE, clock: 2 * MINUTE } as const
/** Nearly full: below this share of the disk, but never above the first figure and always below the second. */
const DISK = { share: 0.05, mostBytes: 5 * 1024 ** 3, leastBytes: 512 * 1024 ** 2 } as const
/** A call that its till has not repeated for so long: whoever called has left, or has found somebody. */
const CALL_LASTS: DurationMs = HOUR

/** What a person has to see to at one till: from what it said last, and from its silence. */
export function needsOf({ report, link, listeningSince }: Seen, now: EpochMs): readonly Need[] {
  const silent = silence({ report, link, listeningSince }, now)
  if (report === undefined) return silent
  const { health, heardAt } = report
  // A till that is silent is as it was when it was heard last: nothing about it has grown older that anybody knows.
  const tillNow = health.at + (silent.length > 0 ? 0 : Math.max(0, now - heardAt))
  const ageOf = (since: EpochMs): DurationMs => tillNow - since
  const sinceAtHub = (since: EpochMs): EpochMs => Math.min(now, Math.max(0, heardAt - (health.at - since)))
  const { help, blocked, clock, disk, journal, update } = health
  const needs: Need[] = [...silent]

  if (help !== undefined && now - heardAt < CALL_LASTS && health.leaving === undefined)
    needs.push({ key: `help-${help.id}`, what: 'help', since: sinceAtHub(help.at), call: help.id, from: help.from })
  if (blocked !== undefined) needs.push({ key: 'blocked', what: 'blocked', since: heardAt, code: blocked })
  for (const [index, { kind, state, code, since }] of health.devices.entries()) {
    if (state === 'ready') continue
    const isPaper = code === 'device.paper_out'
    if (!isPaper && ageOf(since) < patience.device) continue
    needs.push({ key: `${isPaper ? 'paper' : 'device'}-${kind}-${index}`, what: isPaper ? 'paper' : 'device', since: sinceAtHub(since), device: kind, code })
  }
  if (clock.doubtful || Math.abs(clock.offMs) > patience.clock) needs.push({ key: 'clock', what: 'clock', since: heardAt })
  if (disk !== undefined && isNearlyFull(disk)) needs.push({ key: 'disk', what: 'disk', since: heardAt })
  if (link?.state === 'online' && journal.waiting > 0 && journal.oldestAt !== undefined && ageOf(journal.oldestAt) > patience.stuck)
    needs.push({ key: 'stuck', what: 'stuck', since: sinceAtHub(journal.oldestAt) })
  const refused = update?.refused.at(-1)
  if (update !== undefined && refused !== undefined && refused.release > update.release)
    needs.push({ key: `rolled-back-${refused.release}`, what: 'rolledBack', since: heardAt, release: refused.release })
  return needs
}

/** Gone without a word, or connected and saying nothing any more. Whoever was switched off on purpose is not missed. */
function silence({ report, link, listeningSince }: Seen, now: EpochMs): readonly Need[] {
  if (report?.health.leaving === true && (link === undefined || link.state === 'offline')) return []
  if (report === undefined && link === undefined) return []
  const heard = Math.max(report?.heardAt ?? 0, link?.since ?? 0)
  const patient = link?.state === 'online' ? patience.mute : patience.silent
  // One that never reported is an older one: only its connection tells of it.
  if (link?.state === 'online' && report === undefined) return []
  return now - Math.max(heard, listeningSince) > patient ? [{ key: 'silent', what: 'silent', since: heard }] : []
}

function isNearlyFull({ freeBytes, allBytes }: NonNullable<Health['disk']>): boolean {
  return freeBytes < Math.max(DISK.leastBytes, Math.min(DISK.mostBytes, allBytes * DISK.share))
}
