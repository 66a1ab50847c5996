import { isErrorCode } from '#protocol/errors.ts'
import { errors } from './failures.ts'
import type { PaymentDetail } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { words } from './words.ts'

/** One thing that happened to a payment: what, where, when there, when the hub heard of it, and why. */
export type Event = {
  readonly key: string
  readonly what: string
  /** The name of the kind in journals and records, for who looks further. */
  readonly kind: string
  readonly where: 'till' | 'hub'
  readonly place?: { readonly till: string; readonly epoch: number; readonly n: number; readonly hash: string }
  /** By the clock of where it happened. */
  readonly at: EpochMs
  readonly receivedAt?: EpochMs
  readonly why?: string
  readonly detail?: string
  /** The entry exactly as its till wrote it. */
  readonly raw?: string
}

/**
 * The way of a payment, oldest first: entries of tills in the order in which the hub got them, and what the hub did in between. Times of different
 * clocks are never compared: an entry counts from when the hub had it.
 */
export function traceOf({ entries, steps }: Pick<PaymentDetail, 'entries' | 'steps'>, tillName: (till: string) => string): readonly Event[] {
  const atTills = entries.map(({ till, epoch, n, at, kind, code, detail, hash, receivedAt, raw }): Event => ({
    key: `${till} ${epoch} ${n}`,
    what: kindWord(kind),
    kind,
    where: 'till',
    place: { till: tillName(till), epoch, n, hash },
    at,
    receivedAt,
    raw,
    ...(code === undefined ? {} : { why: errors[code].say }),
    ...(detail === undefined ? {} : { detail }),
  }))
  const atHub = steps.map(({ at, event, detail }, index): Event => ({
    key: `hub ${index}`,
    what: words.payment.steps[event],
    kind: event,
    where: 'hub',
    at,
    ...(detail === undefined ? {} : { why: isErrorCode(detail) ? errors[detail].say : detail }),
  }))
  const heardAt = ({ at, receivedAt }: Event) => receivedAt ?? at
  // A stable sort: entries of one batch stay in their order, and what the hub did about them follows.
  return [...atTills, ...atHub].toSorted((a, b) => heardAt(a) - heardAt(b))
}

/** A kind of a newer till is shown as it is called there. */
const kindWord = (kind: string): string => (words.payment.kinds as Readonly<Record<string, string>>)[kind] ?? kind

/** What a posting did: transfers that follow a capture say it in their name, e.g. `…/refund`. */
export function postingWord(kind: string, id: string): string {
  const kinds = words.payment.postingKinds as Readonly<Record<string, string>>
  const named = id.slice(id.lastIndexOf('/') + 1)
  return (kind === 'single' && (named === 'refund' || named === 'return') ? kinds[named] : kinds[kind]) ?? kind
}
