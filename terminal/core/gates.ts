import type { ErrorCode } from '#protocol/errors.ts'
import type { GateAction } from '#protocol/till-api/api.ts'

/** What a till has that an action could lose. */
export type Stakes = {
  /** A code is awaited, or a payment is not decided. */
  readonly payingNow: boolean
  /** A part of the basket is paid. */
  readonly partlyPaid: boolean
  readonly basketFilled: boolean
  readonly salesParked: boolean
  /** Entries that are not in a second place at the hub. */
  readonly outboxFilled: boolean
  /** Entries of other tills that the hub has not called safe. */
  readonly copiesKept: boolean
  /** Refunds that the hub was asked for and has not answered. */
  readonly refundsOpen: boolean
  /** An export holds every entry up to the newest. */
  readonly exported: boolean
}

export type Gate = {
  /** Empty: the action may be done. */
  readonly reasons: readonly ErrorCode[]
  /** An export would open it. */
  readonly canExport: boolean
}

type Reason = Extract<ErrorCode, `gate.${string}`>

const inTheWay: Readonly<Record<Reason, (stakes: Stakes) => boolean>> = {
  'gate.open_payment': ({ payingNow }) => payingNow,
  'gate.partly_paid': ({ partlyPaid }) => partlyPaid,
  'gate.open_basket': ({ basketFilled }) => basketFilled,
  'gate.parked_sale': ({ salesParked }) => salesParked,
  'gate.outbox': ({ outboxFilled, exported }) => outboxFilled && !exported,
  'gate.copies_kept': ({ copiesKept }) => copiesKept,
  'gate.open_refund': ({ refundsOpen, exported }) => refundsOpen && !exported,
}

/** A basket is on the disk and outlives a restart, so an update does not mind it. */
const heeded: Readonly<Record<GateAction, readonly Reason[]>> = {
  closeShift: ['gate.open_payment', 'gate.partly_paid', 'gate.open_basket', 'gate.parked_sale', 'gate.outbox', 'gate.open_refund'],
  signOut: ['gate.open_payment', 'gate.partly_paid', 'gate.open_basket', 'gate.outbox', 'gate.open_refund'],
  update: ['gate.open_payment', 'gate.partly_paid', 'gate.outbox', 'gate.open_refund'],
  reset: ['gate.open_payment', 'gate.partly_paid', 'gate.open_basket', 'gate.parked_sale', 'gate.outbox', 'gate.open_refund', 'gate.copies_kept'],
}

/** Invariant 15: what stands in the way of closing a shift, signing out, updating or resetting. An export opens what it covers, never an open payment. */
export function gateFor(action: GateAction, stakes: Stakes): Gate {
  const reasonsFor = (at: Stakes): readonly Reason[] => heeded[action].filter((reason) => inTheWay[reason](at))
  const reasons = reasonsFor(stakes)
  return { reasons, canExport: reasons.length > 0 && reasonsFor({ ...stakes, exported: true }).length === 0 }
}
