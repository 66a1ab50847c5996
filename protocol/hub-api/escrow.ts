import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** `GET /api/escrows`: what is held for deliveries and has not ended, with what people need to decide. `who`: who is signed in. */
export type EscrowState = { readonly who?: string; readonly open: readonly EscrowView[]; readonly ended: readonly EscrowView[] }

/**
 * `POST /api/escrows/:payment/decide` `{refundMinor, reason, by?}`, `…/agree` `{refundMinor, by?}` (of the proposal that was shown), `…/refuse` `{reason, by?}`,
 * `…/evidence` `{words, by?}` (for the shop), and `POST /api/escrows` (see `NewEscrow`) answer with the state.
 */
export type EscrowView = {
  readonly payment: Id
  readonly currency: Currency
  readonly amountMinor: Minor
  readonly about: string
  readonly state: 'held' | 'disputed' | 'proposed' | 'released' | 'refunded' | 'split'
  readonly deadline: EpochMs
  readonly atDeadline: 'release' | 'refund'
  readonly evidenceUntil?: EpochMs
  readonly steps: readonly {
    readonly event: 'opened' | 'confirm' | 'deadline' | 'dispute' | 'evidence' | 'give_up' | 'decide' | 'agree' | 'refuse'
    readonly by: string
    readonly at: EpochMs
    readonly words?: string
    readonly side?: 'buyer' | 'seller'
    readonly refundMinor?: Minor
  }[]
  /** What waits for a second person. */
  readonly proposedRefundMinor?: Minor
  readonly refundedMinor?: Minor
}

export type NewEscrow = {
  readonly payment: Id
  readonly amountMinor: Minor
  readonly about: string
  readonly days: number
  readonly atDeadline: 'release' | 'refund'
  /** Who gets what is released, by `parts`; without a wallet: the shop. */
  readonly payees?: readonly { readonly wallet?: string; readonly parts: number }[]
  readonly by?: string
}
