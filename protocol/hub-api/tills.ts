import type { Id } from '../ids.ts'
import type { Currency } from '../money.ts'
import type { EpochMs } from '../time.ts'

/**
 * One till, for the person who administers it. `GET /api/tills/:id` answers a `TillFile`; `POST /api/tills/:id/revoke` `{ why }` makes its key count for nothing;
 * `POST /api/tills/:id/code` `{}` answers a `NewTill`: another one-time code for a till that has not enrolled yet, or for the machine that takes a revoked till's
 * place; `POST /api/tills/:id/rekey` `{ why }` has a till that is in use make another key now, and sign with it as soon as nobody is served.
 */
export type TillFile = {
  readonly id: Id
  readonly name: string
  readonly state: 'awaited' | 'in use' | 'revoked'
  /** Until when its one-time code is good. Missing: there is none. */
  readonly codeUntil?: EpochMs
  readonly keys: readonly TillKeyView[]
  /** What the hub has of it. */
  readonly stands: { readonly epoch: number; readonly received: number; readonly safe: number; readonly receivedAt?: EpochMs }
  /** The most that it may have taken alone, and until when it may; nothing once that is over. Minor units. */
  readonly alone?: { readonly minor: number; readonly currency: Currency; readonly until: EpochMs }
  /** More than 0: it has sent something since its key was revoked, which was set aside unread. Many messages make one row. */
  readonly setAside: number
  /** Newest first. */
  readonly acts: readonly TillAct[]
}

/** By the first 16 hex digits of its hash. `next`: certified, and not used yet. */
export type TillKeyView = { readonly keyId: string; readonly state: 'current' | 'next' | 'former' | 'lost'; readonly since: EpochMs; readonly until?: EpochMs }

export const tillActs = ['registered', 'code', 'enrolled', 'revoked', 'replaced', 'rekeyed', 'rekeyAsked'] as const
/** Who did what to a till, as it was journalled with the change itself. */
export type TillAct = { readonly at: EpochMs; readonly act: (typeof tillActs)[number]; readonly by: string; readonly why?: string }
