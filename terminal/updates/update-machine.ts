import type { Crypto } from '#protocol/crypto.ts'
import { isTurnOf, type UpdateManifest } from '#protocol/hub/updates.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'

/** One release on this machine. `entry`: what is started, below its folder. */
export type Installed = { readonly release: number; readonly version: string; readonly entry: string }

/**
 * What this machine has to remember, durable before anything is done about it. `good` ran well; `trial` is whole on the disk and has yet to show that it does;
 * `refused` were tried and did not. `revision`: of the newest manifest that was believed, `keys` the version of the newest key set.
 */
export type UpdateState = {
  readonly good: Installed
  readonly trial?: Installed & { readonly starts: number }
  readonly refused: readonly { readonly release: number; readonly why: string }[]
  readonly revision: number
  readonly keys: number
}

export type Verdict =
  | { readonly take: true }
  | { readonly take: false; readonly why: 'known' | 'older' | 'refused' | 'too far' | 'halted' | 'not yet' | 'on trial' }

/** A program that does not come up may have had bad luck, once. */
export const MAX_STARTS = 3
const MAX_REFUSED = 50

/** What is kept goes on, unless an installer has brought something newer than what ran: then that runs, and what was refused stays so. */
export function beginning(kept: UpdateState | undefined, shipped: Installed): UpdateState {
  if (kept === undefined) return { good: shipped, refused: [], revision: 0, keys: 0 }
  const { trial: _, ...rest } = kept
  if (kept.good.release > 0 && !isOlder(kept.good.version, shipped.version)) return kept
  return kept.good.release === 0 && !isOlder(kept.good.version, shipped.version) ? { ...kept, good: shipped } : { ...rest, good: shipped }
}

/** What the launcher is to start: also after a crash in the middle of anything. */
export const chosen = ({ good, trial }: UpdateState): Installed => trial ?? good

/** Whether to begin with what a manifest says, whose signature is good. Nothing goes back: not to an older release, and not to what an older manifest said. */
export function judge(crypto: Pick<Crypto, 'sha256'>, state: UpdateState, manifest: UpdateManifest, till: Id, now: EpochMs): Verdict {
  const { good, trial, refused, revision } = state
  if (manifest.revision < revision) return { take: false, why: 'older' }
  if (manifest.release === good.release) return { take: false, why: 'known' }
  if (manifest.release < good.release || isOlder(manifest.version, good.version)) return { take: false, why: 'older' }
  if (trial !== undefined) return { take: false, why: 'on trial' }
  if (refused.some(({ release }) => release === manifest.release)) return { take: false, why: 'refused' }
  if (good.release < manifest.minimum) return { take: false, why: 'too far' }
  if (manifest.halted) return { take: false, why: 'halted' }
  return isTurnOf(crypto, manifest, till, now) ? { take: true } : { take: false, why: 'not yet' }
}

/** A manifest was believed, whether it is this machine's turn or not. */
export const heard = (state: UpdateState, { revision }: Pick<UpdateManifest, 'revision'>, keys: number): UpdateState => ({
  ...state,
  revision: Math.max(state.revision, revision),
  keys: Math.max(state.keys, keys),
})

/** It is whole beside the other, and the till is idle: from the next start on it runs. */
export const switched = (state: UpdateState, { release, version, entry }: Installed): UpdateState => ({
  ...state,
  trial: { release, version, entry, starts: 0 },
})

/** Before the program is started. A trial that was started too often without coming up is over. */
export function starting(state: UpdateState): UpdateState {
  if (state.trial === undefined) return state
  if (state.trial.starts >= MAX_STARTS) return failed(state, `did not come up in ${MAX_STARTS} starts`)
  return { ...state, trial: { ...state.trial, starts: state.trial.starts + 1 } }
}

/** It came up, and did so for long enough. */
export function proved(state: UpdateState): UpdateState {
  const { trial, ...rest } = state
  if (trial === undefined) return state
  const { release, version, entry } = trial
  return { ...rest, good: { release, version, entry } }
}

/** Back to the last good one, and never to this one again: whoever mends it gives it another number. */
export function failed(state: UpdateState, why: string): UpdateState {
  const { trial, ...rest } = state
  return trial === undefined ? state : { ...rest, refused: [...rest.refused, { release: trial.release, why }].slice(-MAX_REFUSED) }
}

/** Numbers apart by dots: what an installer brought is release 0, whatever its version. */
function isOlder(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split('.').map(Number))
  for (const [index, part] of (one ?? []).entries()) {
    const against = other?.[index] ?? 0
    if (part !== against) return part < against
  }
  return false
}
