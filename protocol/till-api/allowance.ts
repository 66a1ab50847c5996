import type { ErrorCode } from '../errors.ts'
import type { Minor } from '../money.ts'
import type { InstrumentKind } from '../policy/bundle.ts'
import type { EpochMs } from '../time.ts'

/** What may still be accepted without the hub: for each kind of instrument that the policy takes, and the next time that it becomes less. */
export type AllowanceView = {
  readonly perPaymentMinor: Minor
  readonly tillLeftMinor: Minor
  readonly until: EpochMs
  /** Missing in what an older core sends. */
  readonly kinds?: readonly KindAllowanceView[]
  /** From then on, without the hub, every cap is this share of itself: parts per million, 0 for nothing. */
  readonly next?: { readonly at: EpochMs; readonly capsPpm: number }
  /** Why nothing at all would be accepted now. */
  readonly why?: ErrorCode
}

/** `perPaymentMinor` 0: none of this kind, for the reason in `why`. */
export type KindAllowanceView = {
  readonly kind: InstrumentKind
  readonly perPaymentMinor: Minor
  readonly perInstrumentMinor: Minor
  readonly perInstrumentCount?: number
  readonly why?: ErrorCode
}
