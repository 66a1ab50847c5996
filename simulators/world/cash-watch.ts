import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import type { Transfer } from '../../hub/ledger/ledger.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { Kept } from './custody-watch.ts'
import { worldTenders } from './tender-work.ts'
import type { Trace } from './trace.ts'

type Place = { readonly till: Id; readonly epoch: number; readonly n: number }

/** A drawer at the hub, of the shop's own currency: what its postings make. */
const tillOf = (account: string): Id | undefined => /^cash\/([^/]+)$/.exec(account)?.[1]

/**
 * Every posting into a drawer's account and out of it, looked at in the moment that it is made: somebody in custody must have said it. Payments and what goes
 * back of them are the affair of `HubWatch`.
 */
export class CashWatch {
  readonly #trace: Trace
  readonly #moves: Set<string>
  readonly #said: (place: Place) => Entry | undefined
  readonly #holds = new Map<Id, bigint>()
  /** What was said first of each movement. */
  readonly #movements = new Map<Id, { readonly till: Id; readonly by: bigint }>()

  /** `said`: what the entry at a place means that is in the hub's custody. */
  constructor(trace: Trace, moves: Set<string>, said: (place: Place) => Entry | undefined) {
    this.#trace = trace
    this.#moves = moves
    this.#said = said
  }

  clear(): void {
    this.#holds.clear()
    this.#movements.clear()
  }

  /** An entry is in custody. */
  took(said: Entry | undefined): void {
    if (said?.kind !== 'cash.moved' || this.#movements.has(said.body.movementId)) return
    const { till, body } = said
    this.#movements.set(body.movementId, { till, by: body.direction === 'in' ? BigInt(body.amountMinor) : -BigInt(body.amountMinor) })
  }

  /** One that is new. */
  books({ id, debit, credit, amount }: Transfer): void {
    const [into, from] = [tillOf(debit), tillOf(credit)]
    const till = into ?? from
    if (till === undefined) return
    const by = into === undefined ? -amount : amount
    const holds = (this.#holds.get(till) ?? 0n) + by
    this.#holds.set(till, holds)
    const [name = '', epoch, n, what] = id.split('/')
    if (what === 'float' || what === 'count') this.#levelled({ till, epoch: Number(epoch), n: Number(n) }, what, holds, by)
    if (epoch !== 'cash') return
    const said = this.#movements.get(name)
    if (said?.till !== till || said.by !== by) this.#trace.violation(16, `cash movement ${name} of ${by} in the drawer of ${till}, which nobody made`)
  }

  /** The drawer was set to what a person said lies in it. */
  #levelled(place: Place, what: 'float' | 'count', holds: bigint, by: bigint): void {
    const entry = this.#said(place)
    const told = entry?.kind === 'shift.opened' ? entry.body.floatMinor : entry?.kind === 'shift.closed' ? entry.body.cash?.countedMinor : undefined
    if (told === undefined || BigInt(told) !== holds)
      this.#trace.violation(12, `the drawer of ${place.till} was set to ${holds} by a ${what} of ${told ?? 'nothing'}`)
    if (what === 'count') this.#moves.add(by > 0n ? 'cash counted over' : 'cash counted short')
  }
}

/** What was paid in cash goes back in cash, unless it says otherwise; and so may everything else. */
const isFromDrawer = ({ as }: EntryBody<'payment.refunded'>, wasCash: boolean): boolean => as === 'cash' || (as === undefined && wasCash)

/** What the hub's drawers must hold (`till`, and `till/currency` for foreign notes), by all that is in its custody, in its order; what it made of payments and refunds is as its rows say. */
export function recountDrawers(
  entries: readonly Kept[],
  { payments, refunds, returns }: Pick<MemoryDisk['rows'], 'payments' | 'refunds' | 'returns'>,
): ReadonlyMap<Id, bigint> {
  const drawers = new Map<Id, bigint>()
  const counted = new Set<string>()
  const once = (name: string): boolean => !counted.has(name) && counted.add(name).size > 0
  for (const { said } of entries) {
    // What was carried over from an earlier epoch was said there, and may have come from there as well.
    if (said === undefined || !once(JSON.stringify(said))) continue
    const { till, kind, body } = said
    const holds = drawers.get(till) ?? 0n
    if (kind === 'shift.closed') for (const { currency, countedMinor } of body.foreignCash ?? []) drawers.set(`${till}/${currency}`, BigInt(countedMinor))
    const ofHere = 'paymentId' in body ? payments.get(body.paymentId) : undefined
    const payment = ofHere?.profile === 'cash' && ofHere.till === till ? ofHere : undefined
    if (kind === 'shift.opened') drawers.set(till, BigInt(body.floatMinor))
    else if (kind === 'shift.closed' && body.cash !== undefined) drawers.set(till, BigInt(body.cash.countedMinor))
    else if (kind === 'cash.moved' && once(body.movementId)) {
      const drawer = body.currency !== worldTenders.foreignCash[0]?.currency ? till : `${till}/${body.currency}`
      drawers.set(drawer, (drawers.get(drawer) ?? 0n) + (body.direction === 'in' ? 1n : -1n) * BigInt(body.amountMinor))
    } else if (kind === 'payment.taken_in_cash' && payment !== undefined && once(payment.id)) {
      const { foreign, amountMinor, changeMinor } = body
      drawers.set(till, holds + BigInt(foreign === undefined ? amountMinor : -changeMinor))
      if (foreign !== undefined) drawers.set(`${till}/${foreign.currency}`, (drawers.get(`${till}/${foreign.currency}`) ?? 0n) + BigInt(foreign.tenderedMinor))
    } else if (
      kind === 'payment.refunded' &&
      isFromDrawer(body, payment !== undefined) &&
      refunds.get(body.refundId)?.verdict === 'approved' &&
      once(body.refundId)
    )
      drawers.set(till, holds - BigInt(body.amountMinor))
    else if (kind === 'goods.returned' && body.of === undefined && body.as === 'cash' && returns.get(body.returnId)?.till === till && once(body.returnId))
      drawers.set(till, holds - BigInt(body.paidMinor))
    else if (kind === 'payment.voided' && payment?.state === 'VOIDED' && once(`${payment.id} voided`)) drawers.set(till, holds - BigInt(payment.capturedMinor))
  }
  return drawers
}
