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
      return `${decimal(entry.body)} ${entry.body.currency}, ${instrumentOf(entry.body.instrument)}`
    case 'payment.held':
    case 'payment.declined':
      return `the hub’s decision: ${verdictOf(entry.body.decision)}`
    case 'payment.accepted_offline':
      return `by policy version ${entry.body.policyVersion}, ${entry.body.because === 'offline' ? 'the till was offline' : 'the hub did not answer in time'}`
    case 'payment.captured':
      return `${decimal(entry.body)} ${entry.body.currency}, receipt ${entry.body.receiptNumber}`
    case 'payment.taken_in_cash':
      return `${decimal(entry.body)} ${entry.body.currency} in cash, ${sumIn(entry.body.currency, entry.body.tenderedMinor)} given and ${sumIn(entry.body.currency, entry.body.changeMinor)} back${foreignOf(entry.body)}, receipt ${entry.body.receiptNumber}`
    case 'credit.issued':
      return `${decimal(entry.body)} ${entry.body.currency} as ${entry.body.why === 'gift' ? 'a gift card' : 'store credit'} ${entry.body.creditId}`
    case 'goods.returned': {
      const { lines, currency, totalMinor, paidMinor, as, of, reason } = entry.body
      return `${lines.length} lines worth ${sumIn(currency, totalMinor)} ${currency} ${of === undefined ? 'without a receipt' : `of receipt ${of}`} (${reason}), ${sumIn(currency, paidMinor)} back ${as === 'as_paid' ? 'as it was paid' : as === 'cash' ? 'in cash' : 'as store credit'}`
    }
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
      return `${entry.body.lines.length} lines, ${decimal({ amountMinor: entry.body.totalMinor, currency: entry.body.currency })} ${entry.body.currency}, receipt ${entry.body.receiptNumber}${takenOff(entry.body)}${tipOf(entry.body)}`
    case 'payment.rejected':
      return `${decimal(entry.body)} ${entry.body.currency}`
    case 'staff.acted':
      return staffAct(entry.body)
    case 'entry.salvaged':
      return `entry ${entry.body.epoch}/${entry.body.n} of an earlier epoch`
    case 'receipt.requested':
      return `receipt ${entry.body.receiptNumber} to be sent to an address, request ${entry.body.requestId}`
    case 'order.placed': {
      const { receiptNumber, currency, until, keptMinor, restMinor } = entry.body
      const rest = restMinor === undefined ? '' : ` with ${sumIn(currency, restMinor)} ${currency} left to pay`
      return `receipt ${receiptNumber} is to be fetched by ${new Date(until).toISOString()}${rest}, or all but ${sumIn(currency, keptMinor)} ${currency} goes back`
    }
    case 'order.handed_over':
      return `receipt ${entry.body.receiptNumber} was fetched`
    case 'incident.recorded':
      return entry.body.detail ?? ''
    case 'payment.voided':
    case 'payment.unknown':
    case 'payment.reversed':
      return ''
  }
}

function instrumentOf(instrument: EntryBody<'payment.intended'>['instrument']): string {
  switch (instrument.type) {
    case 'wallet':
      return instrument.request === undefined ? 'a code that was shown' : 'a code for exactly this'
    case 'credit':
      return `credit ${instrument.creditId}`
    case 'card':
      return `card ${instrument.maskedPan}`
    case 'merchant_qr':
      return 'a phone that paid at the hub'
    case 'scheme':
      return `a code of ${instrument.scheme.replaceAll('_', ' ')}`
  }
}

const tipOf = ({ tipMinor, currency }: EntryBody<'sale.completed'>): string => (tipMinor === undefined ? '' : `, and a tip of ${sumIn(currency, tipMinor)}`)

function foreignOf({ foreign, currency }: EntryBody<'payment.taken_in_cash'>): string {
  if (foreign === undefined) return ''
  const { numerator, denominator, source, at } = foreign.rate
  const rate = `${numerator}/${denominator} ${currency} by ${source} of ${new Date(at).toISOString().slice(0, 10)}`
  return ` for ${sumIn(foreign.currency, foreign.tenderedMinor)} ${foreign.currency} at ${rate}`
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
export type Names = {
  readonly payments: readonly Id[]
  readonly refunds: readonly Id[]
  readonly receipts: readonly string[]
  readonly numbers: readonly string[]
}

export function namesIn({ body }: Entry): Names {
  const payments = [
    ...('paymentId' in body ? [body.paymentId] : []),
    ...('payments' in body && Array.isArray(body.payments) ? body.payments.map(({ paymentId }) => paymentId) : []),
    ...('refunds' in body && Array.isArray(body.refunds) ? body.refunds.map(({ paymentId }) => paymentId) : []),
  ]
  const receipts = [
    ...('receiptNumber' in body && body.receiptNumber !== undefined ? [body.receiptNumber] : []),
    ...('of' in body && body.of !== undefined ? [body.of] : []),
  ]
  const refunds = [...('refundId' in body ? [body.refundId] : []), ...('returnId' in body && body.returnId !== undefined ? [body.returnId] : [])]
  return { payments, refunds, receipts, numbers: 'lines' in body && 'payments' in body ? numbersIn(body.lines) : [] }
}

/** Serial and batch numbers of what was sold. */
export const numbersIn = (lines: EntryBody<'sale.completed'>['lines']): readonly string[] => [
  ...new Set(lines.flatMap(({ serials = [], batch }) => [...serials, ...(batch === undefined ? [] : [batch])])),
]

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
