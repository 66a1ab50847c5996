import { MAX_ENTRIES, type HubViews } from './overview.ts'
import { isPhonePaymentId } from './intake/phone-payment-id.ts'
import { transferIds } from './ledger/names.ts'
import type { Head, HubStore, Refund, StoredEntry } from './store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import { isErrorCode } from '#protocol/errors.ts'
import type { ExceptionView, RefundView } from '#protocol/hub-api/overview.ts'
import type { HubTrace, TracedEntry, TracedPayment, UnclaimedView } from '#protocol/hub-api/trace.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { innermost, tell } from '#protocol/journal/tell.ts'

export type TracingPorts = {
  readonly store: HubStore
  readonly views: Pick<HubViews, 'payment'>
  /** The last n of this epoch that is in a second place too. */
  safeOf(head: Head | undefined): Promise<number>
}

/** More payments than a receipt can have. */
const MAX_PAYMENTS = 20
const MAX_EXCEPTIONS = 50

/** Finds payments by payment id, refund id, receipt number, or the serial or batch number of what they were for, and tells all that the hub knows. Only reads. */
export async function traceAtHub(ports: TracingPorts, key: string): Promise<HubTrace> {
  const { store } = ports
  const [refund] = isId(key) ? await store.get('refunds', [key]) : []
  const byReceipt = isId(key) ? [] : await store.paymentsByReceipt([key])
  const found = isId(key) || byReceipt.length > 0 ? byReceipt : await store.paymentsByNumber([key])
  const ids = refund?.payment !== undefined ? [refund.payment] : isId(key) ? [key] : found.map(({ id }) => id)
  const names = new Map((await store.tills()).map((till) => [till.id, till.name]))
  const payments: TracedPayment[] = []
  for (const id of ids.slice(0, MAX_PAYMENTS)) {
    const detail = await ports.views.payment(id)
    if (detail === undefined) continue
    const entries = await tracedEntries(ports, await store.entriesOf(id, MAX_ENTRIES), names)
    payments.push({ ...detail, entries, exceptions: await exceptionsOf(store, id, entries) })
  }
  const unclaimed = payments.length === 0 && isId(key) ? await unclaimedAt(store, key) : undefined
  return { ...(unclaimed && { unclaimed }), payments, strayRefunds: refund !== undefined && refund.payment === undefined ? [refundView(refund, names)] : [] }
}

async function unclaimedAt(store: HubStore, paymentId: Id): Promise<UnclaimedView | undefined> {
  const [hold] = isPhonePaymentId(paymentId) ? await store.get('transfers', [transferIds(paymentId).hold]) : []
  if (hold === undefined) return undefined
  const { amount, currency, at, expiresAt, status } = hold
  return { paymentId, amountMinor: Number(amount), currency, at, until: expiresAt ?? at, state: status === 'open' ? 'open' : 'given_back' }
}

async function tracedEntries({ store, safeOf }: TracingPorts, stored: readonly StoredEntry[], names: ReadonlyMap<Id, string>): Promise<TracedEntry[]> {
  const heads = await store.get('heads', [...new Set(stored.map(({ till }) => till))])
  const safe = new Map<Id, { epoch: number; n: number }>()
  for (const head of heads) safe.set(head.id, { epoch: head.epoch, n: await safeOf(head) })
  return stored.map((one) => {
    const { till, epoch, n, seq, hash, receivedAt, bytes } = one
    const mark = safe.get(till)
    // The second copy follows the hub's order: with anything of an epoch in it, everything of the epochs before is.
    const isSafe = mark !== undefined && (epoch === mark.epoch ? n <= mark.n : epoch < mark.epoch && mark.n > 0)
    const place = { till, tillName: names.get(till) ?? till, epoch, n, seq, receivedAt, hash: hex(hash), safe: isSafe }
    const read = decodeEntry(bytes, one)
    const entry = read.ok ? innermost(read.value) : undefined
    if (entry === undefined) return { ...place, at: receivedAt, kind: 'entry.malformed', code: 'entry.malformed', detail: '' }
    const { detail, code } = tell(entry)
    const amount = 'amountMinor' in entry.body ? { amountMinor: entry.body.amountMinor } : {}
    return { ...place, at: entry.at, kind: entry.kind, detail, ...amount, ...(code !== undefined && isErrorCode(code) ? { code } : {}) }
  })
}

async function exceptionsOf(store: HubStore, payment: Id, entries: readonly TracedEntry[]): Promise<ExceptionView[]> {
  const epochs = new Map(entries.map(({ till, epoch }) => [`${till}/${epoch}`, { till, epoch }]))
  const found = await Promise.all([...epochs.values()].map(({ till, epoch }) => store.exceptionsOf(till, epoch, MAX_EXCEPTIONS)))
  return found
    .flat()
    .filter(({ paymentId }) => paymentId === payment)
    .map(({ detail, paymentId: _, ...rest }) => ({ ...rest, paymentId: payment, ...(detail === undefined ? {} : { detail }) }))
}

const refundView = ({ id, till, requested, amountMinor, currency, verdict, at }: Refund, names: ReadonlyMap<Id, string>): RefundView => ({
  id,
  till: names.get(till) ?? till,
  how: requested === undefined ? 'by its till' : 'on request',
  amountMinor,
  currency,
  verdict,
  at,
})
