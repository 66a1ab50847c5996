import type { TracedPayment, HubTrace } from '#protocol/hub-api/trace.ts'
import type { Id } from '#protocol/ids.ts'
import { entryKinds } from '#protocol/journal/entry.ts'
import { isPaymentEvent, stepPayment, type PaymentEvent, type PaymentStanding, type PaymentState } from '#protocol/journal/payment.ts'
import { tell } from '#protocol/journal/tell.ts'
import { errors, isErrorCode } from '#protocol/errors.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Found, FoundEntry } from '../../terminal/core/journal-search.ts'

/** What one till's journal says. `name` as far as it is known. */
export type TillSide = { readonly till: Id; readonly name: string; readonly found: Found }

/** One thing that happened to a payment. `where` of an entry is its place, till and epoch and number; of everything else it is the hub. */
export type Line = {
  readonly at: EpochMs
  readonly where: string
  readonly what: string
  /** After it. */
  readonly state?: PaymentState
  readonly detail: string
  readonly code?: string
  readonly say?: string
  readonly seq?: number
  /** The hub's time of receipt. */
  readonly receivedAt?: EpochMs
  readonly custody?: 'local' | 'received' | 'safe'
}
export type History = { readonly id: Id; readonly summary: Readonly<Record<string, string | number | boolean>>; readonly lines: readonly Line[] }

type Unordered = Line & { readonly order: readonly [EpochMs, number, number]; readonly step?: { readonly event: PaymentEvent; readonly amountMinor?: number } }

/**
 * Joins what the hub and the tills know about each payment, in the order in which the hub came to know it; what only a till knows comes last.
 * A refund that waits at its till for the hub to say which payment it is about is a history under its own id, `key`.
 */
export function histories(key: string, hub: HubTrace | undefined, tills: readonly TillSide[]): History[] {
  const ids = new Set<Id>([...(hub?.payments ?? []).map(({ payment }) => payment.id), ...tills.flatMap(({ found }) => found.payments)])
  if (ids.size === 0 && tills.some(({ found }) => found.entries.length > 0)) ids.add(key)
  return [...ids].map((id) => {
    const known = hub?.payments.find(({ payment }) => payment.id === id)
    const lines = [...(known === undefined ? [] : fromHub(known, tills)), ...tills.flatMap((till) => fromTill(till, id, known))]
    const ordered = lines.toSorted((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2])
    return { id, summary: summaryOf(known), lines: withStates(ordered) }
  })
}

type Place = { readonly epoch: number; readonly n: number }
const isPast = (mark: Place, { epoch, n }: Place): boolean => epoch < mark.epoch || (epoch === mark.epoch && n <= mark.n)
const placeOf = (name: string, epoch: number, n: number): string => `${name} ${epoch}/${n}`
const reason = (code: string | undefined) => (code === undefined ? {} : { code, ...(isErrorCode(code) && { say: errors[code].say }) })

function fromHub({ payment, entries, postings, refunds, steps, exceptions }: TracedPayment, tills: readonly TillSide[]): Unordered[] {
  const onRequest = refunds.filter(({ how, verdict }) => how !== 'by its till' && verdict === 'approved').map(({ amountMinor }) => amountMinor)
  return [
    ...entries.map((entry): Unordered => {
      const { at, till, tillName, epoch, n, kind, detail, code, seq, receivedAt, safe, amountMinor } = entry
      return {
        at,
        where: placeOf(tillName, epoch, n),
        what: kind,
        detail,
        ...reason(code),
        seq,
        receivedAt,
        // A hub that is stopped cannot say it; the till was told before.
        custody: safe || tills.some((one) => one.till === till && isPast(one.found.safe, entry)) ? 'safe' : 'received',
        order: [receivedAt, 0, seq],
        ...stepOf(kind, amountMinor),
      }
    }),
    ...postings.map(({ at, id, kind, debit, credit, amountMinor, currency }): Unordered => ({
      at,
      where: 'hub ledger',
      what: `posting ${kind}`,
      detail: `${amountMinor} minor units ${currency} from ${debit} to ${credit} (${id.slice(payment.id.length + 1) || id})`,
      order: [at, 1, 0],
    })),
    ...refunds.map(({ at, id, till, how, amountMinor, currency, verdict }): Unordered => ({
      at,
      where: 'hub',
      what: `refund ${verdict === 'approved' ? 'approved' : 'refused'}`,
      detail: `${amountMinor} minor units ${currency}, ${how}, at ${till} (${id})`,
      ...reason(verdict === 'approved' ? undefined : verdict),
      order: [at, 2, 0],
    })),
    ...steps.map(({ at, event, detail }): Unordered => ({
      at,
      where: 'hub',
      what: event,
      detail: detail ?? '',
      order: [at, 2, 1],
      ...(event === 'hub.attempt_failed' || event === 'hub.exchanged' || event === 'hub.refund_asked_again'
        ? {}
        : { step: { event, amountMinor: event === 'hub.refunded' ? (onRequest.shift() ?? 0) : 0 } }),
    })),
    ...exceptions.map(({ at, till, epoch, n, code, detail }): Unordered => ({
      at,
      where: placeOf(till, epoch, n),
      what: 'exception',
      detail: detail ?? '',
      ...reason(code),
      order: [at, 3, 0],
    })),
  ]
}

/** What only the till's journal has, because the hub has not heard of it yet. */
function fromTill({ till, name, found }: TillSide, payment: Id, known: TracedPayment | undefined): Unordered[] {
  const heard = new Set(known?.entries.filter((entry) => entry.till === till).map(({ epoch, n }) => `${epoch}/${n}`))
  const isAbout = ({ entry }: FoundEntry): boolean => {
    if ('paymentId' in entry.body) return entry.body.paymentId === payment
    return entry.kind !== 'sale.completed' || entry.body.payments.some(({ paymentId }) => paymentId === payment)
  }
  return found.entries
    .filter((one) => isAbout(one) && !heard.has(`${one.place.epoch}/${one.place.n}`))
    .map(({ place, entry }): Unordered => {
      const { detail, code } = tell(entry)
      const amountMinor = 'amountMinor' in entry.body ? entry.body.amountMinor : undefined
      return {
        at: entry.at,
        where: placeOf(name, place.epoch, place.n),
        what: entry.kind,
        detail,
        ...reason(code),
        custody: isPast(found.safe, place) ? 'safe' : isPast(found.received, place) ? 'received' : 'local',
        order: [known === undefined ? 0 : Number.MAX_SAFE_INTEGER, place.epoch, place.n],
        ...stepOf(entry.kind, amountMinor),
      }
    })
}

function stepOf(kind: string, amountMinor = 0): Pick<Unordered, 'step'> {
  const event = entryKinds.find((known) => known === kind)
  return event !== undefined && isPaymentEvent(event) ? { step: { event, amountMinor } } : {}
}

/** Walks the payment machine along the lines; what it refuses changes no state, as at the hub. */
function withStates(lines: readonly Unordered[]): Line[] {
  let standing: PaymentStanding | undefined
  return lines.map(({ order: _order, step, ...line }) => {
    const next = step && stepPayment(standing, step)
    if (next?.ok !== true) return line
    standing = next.value
    return { ...line, state: standing.state }
  })
}

function summaryOf(known: TracedPayment | undefined): History['summary'] {
  if (known === undefined) return { hub: 'has not heard of it' }
  const { wallet, profile, exception, ...rest } = known.payment
  const { id: _id, ...summary } = rest
  return { ...summary, ...(wallet !== undefined && { wallet }), ...(profile !== undefined && { profile }), ...(exception !== undefined && { exception }) }
}

// ---------------------------------------------------------------- for people

/** A till may say any number; beyond the calendar it stays one. */
const LAST_DAY = 8.64e15
const time = (at: EpochMs): string => (at > LAST_DAY ? String(at) : new Date(at).toISOString().replace('T', ' ').replace('Z', ''))
/** What tills write is shown on a terminal, which would obey control characters. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\uFFFD')

/** A table of fixed columns: time, where, what, state, custody; then what it says and why, below each other where there is more than one. */
export function printed({ id, summary, lines }: History): string {
  const head = Object.entries(summary).map(
    ([name, value]) => `  ${name}: ${name === 'at' || name === 'settledAt' ? time(Number(value)) : plain(String(value))}`,
  )
  const rows = lines.map(({ at, where, what, state = '', custody = '', seq, receivedAt, detail, code, say }) => {
    const hub = seq === undefined ? '' : `hub ${seq} at ${time(receivedAt ?? 0)}`
    const why = code === undefined ? '' : `${code}: ${say ?? ''}`
    return [time(at), where, what, state, custody, [hub, detail, why].filter((part) => part !== '').join(' · ')].map(plain)
  })
  const titles = ['when', 'where', 'what', 'state', 'custody', 'details']
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const table = [titles, ...rows].map(
    (row) => `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}`,
  )
  return [`History of ${id}`, ...head, '', ...table, ''].join('\n')
}
