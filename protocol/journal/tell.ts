import { unbase64url, utf8Text } from '../bytes.ts'
import { parseSign1 } from '../cose.ts'
import { decimal, type Currency, type Minor } from '../money.ts'
import { decodeEntry, type Entry, type EntryBody } from './entry.ts'
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
    case 'payment.taken_in_cash':
      return `${decimal(entry.body)} ${entry.body.currency} in cash, ${sumIn(entry.body.currency, entry.body.tenderedMinor)} given and ${sumIn(entry.body.currency, entry.body.changeMinor)} back, receipt ${entry.body.receiptNumber}`
    case 'shift.opened':
      return `${sumIn(entry.body.currency, entry.body.floatMinor)} ${entry.body.currency} in the drawer`
    case 'cash.moved':
      return `${decimal(entry.body)} ${entry.body.currency} ${entry.body.direction === 'in' ? 'into' : 'out of'} the drawer: ${entry.body.reason}`
    case 'shift.closed':
      return entry.body.cash === undefined ? '' : countOf(entry.body.currency, entry.body.cash)
    case 'payment.refunded':
      return `${decimal(entry.body)} ${entry.body.currency} given back, receipt ${entry.body.receiptNumber}, refund ${entry.body.refundId}`
    case 'refund.requested':
      return `${decimal(entry.body)} ${entry.body.currency} of receipt ${entry.body.of} asked back, refund ${entry.body.refundId}`
    case 'refund.answered':
      return `refund ${entry.body.refundId} ${entry.body.approved ? 'approved' : 'declined'}: ${verdictOf(entry.body.decision)}`
    case 'sale.completed':
      return `${entry.body.lines.length} lines, ${decimal({ amountMinor: entry.body.totalMinor, currency: entry.body.currency })} ${entry.body.currency}, receipt ${entry.body.receiptNumber}${takenOff(entry.body)}`
    case 'payment.rejected':
      return `${decimal(entry.body)} ${entry.body.currency}`
    case 'staff.acted':
      return staffAct(entry.body)
    case 'entry.salvaged':
      return `entry ${entry.body.epoch}/${entry.body.n} of an earlier epoch`
    case 'incident.recorded':
      return entry.body.detail ?? ''
    case 'payment.voided':
    case 'payment.unknown':
    case 'payment.reversed':
      return ''
  }
}

const sumIn = (currency: Currency, amountMinor: Minor): string => decimal({ amountMinor, currency })

const countOf = (currency: Currency, { expectedMinor, countedMinor }: { readonly expectedMinor: Minor; readonly countedMinor: Minor }): string =>
  `${sumIn(currency, countedMinor)} ${currency} counted, ${sumIn(currency, expectedMinor)} expected`

/** People by their ids: their names are in the staff list of that time, and not in a journal. */
function staffAct({ staff, act, allowedBy, detail }: EntryBody<'staff.acted'>): string {
  const allowed = allowedBy === undefined ? '' : `, allowed by ${allowedBy}`
  return `${act.replaceAll('_', ' ')} by ${staff}${allowed}${detail === undefined ? '' : ` (${detail})`}`
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

/** What the customer did not have to pay. */
function takenOff({ lines, currency }: EntryBody<'sale.completed'>): string {
  // Of what a till claims, which may add up to more than a safe integer.
  const off = lines.reduce((sofar, { discountMinor = 0 }) => sofar + BigInt(discountMinor), 0n)
  return off === 0n || off > BigInt(Number.MAX_SAFE_INTEGER) ? '' : `, ${sumIn(currency, Number(off))} taken off`
}
