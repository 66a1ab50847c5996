import { unbase64url, utf8Text } from '../bytes.ts'
import { parseSign1 } from '../cose.ts'
import { decimal } from '../money.ts'
import { decodeEntry, type Entry } from './entry.ts'
import type { Id } from '../ids.ts'

/** What an entry says, for a person who reads a payment's history: one line, and the reason that it gives as a code. */
export type Told = { readonly detail: string; readonly code?: string }

export function tell(entry: Entry): Told {
  const { body } = entry
  const code = 'code' in body ? { code: body.code } : {}
  return { detail: detailOf(entry), ...code }
}

function detailOf(entry: Entry): string {
  switch (entry.kind) {
    case 'epoch.opened':
      return `epoch ${entry.epoch} (${entry.body.reason})`
    case 'payment.intended':
      return `${decimal(entry.body)} ${entry.body.currency}, ${entry.body.instrument.request === undefined ? 'a code that was shown' : 'a code for exactly this'}`
    case 'payment.held':
    case 'payment.declined':
      return `the hub’s decision: ${verdictOf(entry.body.decision)}`
    case 'payment.accepted_offline':
      return `by policy version ${entry.body.policyVersion}, ${entry.body.because === 'offline' ? 'the till was offline' : 'the hub did not answer in time'}`
    case 'payment.captured':
      return `${decimal(entry.body)} ${entry.body.currency}, receipt ${entry.body.receiptNumber}`
    case 'payment.refunded':
      return `${decimal(entry.body)} ${entry.body.currency} given back, receipt ${entry.body.receiptNumber}, refund ${entry.body.refundId}`
    case 'refund.requested':
      return `${decimal(entry.body)} ${entry.body.currency} of receipt ${entry.body.of} asked back, refund ${entry.body.refundId}`
    case 'refund.answered':
      return `refund ${entry.body.refundId} ${entry.body.approved ? 'approved' : 'declined'}: ${verdictOf(entry.body.decision)}`
    case 'sale.completed':
      return `${entry.body.lines.length} lines, ${decimal({ amountMinor: entry.body.totalMinor, currency: entry.body.currency })} ${entry.body.currency}, receipt ${entry.body.receiptNumber}`
    case 'payment.rejected':
      return `${decimal(entry.body)} ${entry.body.currency}`
    case 'entry.salvaged':
      return `entry ${entry.body.epoch}/${entry.body.n} of an earlier epoch`
    case 'incident.recorded':
      return entry.body.detail ?? ''
    case 'payment.voided':
    case 'payment.unknown':
    case 'payment.reversed':
    case 'shift.closed':
      return ''
  }
}

/** A signed decision (base64url) is evidence, checked when it came; here it is only read. */
function verdictOf(decision: string): string {
  const bytes = unbase64url(decision)
  const envelope = bytes === undefined ? undefined : parseSign1(bytes)
  if (envelope?.ok !== true) return 'unreadable'
  try {
    const { verdict } = JSON.parse(utf8Text(envelope.value.payload)) as { verdict?: { type?: unknown; code?: unknown; until?: unknown } }
    const until = typeof verdict?.until === 'number' ? ` until ${new Date(verdict.until).toISOString()}` : ''
    const code = typeof verdict?.code === 'string' ? ` (${verdict.code})` : ''
    return typeof verdict?.type === 'string' ? `${verdict.type}${code}${until}` : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Everything by which a history is found: of the payment, of a refund, or on a receipt. */
export type Names = { readonly payments: readonly Id[]; readonly refunds: readonly Id[]; readonly receipts: readonly string[] }

export function namesIn({ body }: Entry): Names {
  const payments = [
    ...('paymentId' in body ? [body.paymentId] : []),
    ...('payments' in body && Array.isArray(body.payments) ? body.payments.map(({ paymentId }) => paymentId) : []),
  ]
  const receipts = [...('receiptNumber' in body && body.receiptNumber !== undefined ? [body.receiptNumber] : []), ...('of' in body ? [body.of] : [])]
  return { payments, refunds: 'refundId' in body ? [body.refundId] : [], receipts }
}

/** The entry that really happened: what a salvaged one holds, however often it was salvaged; undefined for one that cannot be read. */
export function innermost(entry: Entry): Entry | undefined {
  if (entry.kind !== 'entry.salvaged') return entry
  const { epoch, n, bytes } = entry.body
  if (epoch >= entry.epoch) return undefined
  const inner = decodeEntry(unbase64url(bytes) ?? new Uint8Array(0), { till: entry.till, epoch, n })
  // Each one inside is of an earlier epoch, and shorter: this ends.
  return inner.ok ? innermost(inner.value) : undefined
}
