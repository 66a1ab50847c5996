import type { DeviceHealth } from '../device/messages.ts'
import type { ErrorCode } from '../errors.ts'
import type { Health, HelpCall } from '../hub/health.ts'
import type { Id } from '../ids.ts'
import type { EpochMs } from '../time.ts'
import type { TillView } from './overview.ts'

/** Why a person has to look, the most pressing first. `halted`: the update was stopped by itself, and is about no single till. */
export const needKinds = ['help', 'blocked', 'halted', 'paper', 'silent', 'stuck', 'rolledBack', 'device', 'clock', 'disk'] as const
export type NeedKind = (typeof needKinds)[number]

export const needActs = ['taken', 'left', 'noted', 'done', 'again', 'ended'] as const
/** `by` is missing where the hub did it: it began anew (`again`), or was over by itself (`ended`). */
export type NeedAct = { readonly at: EpochMs; readonly act: (typeof needActs)[number]; readonly by?: string | undefined; readonly words?: string | undefined }

/** One thing at one till that somebody has to see to, and who does. */
export type NeedView = {
  readonly id: string
  readonly what: NeedKind
  readonly till?: Id
  readonly tillName?: string
  readonly device?: DeviceHealth['kind']
  readonly code?: ErrorCode
  readonly release?: number
  readonly from?: HelpCall['from']
  readonly since: EpochMs
  readonly takenBy?: string
  /** Over: by itself, or because somebody said so. */
  readonly overAt?: EpochMs
  /** Oldest first. */
  readonly acts: readonly NeedAct[]
}

/** What a till said last, without its envelope. */
export type HealthView = Omit<Health, 'v' | 'till' | 'launch' | 'n'> & { readonly heardAt: EpochMs }
export type FleetTill = Pick<TillView, 'id' | 'name' | 'store' | 'link' | 'since'> & { readonly health?: HealthView; readonly needs: readonly NeedKind[] }

/** How far one till is with the release that is published. `unwell`: it runs it, and has stopped selling, sending or answering since. */
export const updateStandings = ['notYet', 'trial', 'good', 'rolledBack', 'unwell'] as const
export type UpdateStanding = (typeof updateStandings)[number]

/** What tills run next. `share`: of a thousand that have begun, so many may fail before it halts by itself. */
export type RolloutView = {
  readonly release: number
  readonly version: string
  readonly revision: number
  readonly halted: boolean
  readonly stages: readonly { readonly perMille: number; readonly notBefore: EpochMs }[]
  readonly share: number
  readonly standings: Readonly<Record<UpdateStanding, number>>
  /** Releases that are kept and can be put in its place, the newest first. */
  readonly earlier: readonly { readonly release: number; readonly version: string }[]
  /** Newest first. */
  readonly acts: readonly RolloutAct[]
}
export const rolloutActs = ['widened', 'halted', 'wentOn', 'rolledBack', 'haltedItself'] as const
export type RolloutAct = {
  readonly at: EpochMs
  readonly act: (typeof rolloutActs)[number]
  readonly release: number
  readonly by?: string | undefined
  readonly words?: string | undefined
}

/**
 * `GET /api/fleet`. What people do answers it anew: `POST /api/needs/:id/take`, `/leave`, `/done` `{ by? }`, `/note` `{ words, by? }`, and `POST /api/rollout/widen`
 * `{ perMille }`, `/halt` `{ why }`, `/go-on` `{ why }`, `/roll-back` `{ release, why }`. `by` counts only where nobody signs in.
 */
export type FleetState = {
  readonly at: EpochMs
  readonly who?: string
  readonly tills: readonly FleetTill[]
  /** Open, the most pressing first. */
  readonly needs: readonly NeedView[]
  /** The last that are over, newest first. */
  readonly ended: readonly NeedView[]
  readonly rollout?: RolloutView
}

/** `GET /api/fleet/:id`: how one till was, newest first; not every report, but each that said something else. */
export type TillPast = { readonly id: Id; readonly name: string; readonly past: readonly HealthView[]; readonly needs: readonly NeedView[] }
