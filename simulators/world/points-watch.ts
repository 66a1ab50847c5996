import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'

type Sale = EntryBody<'sale.completed'>
/** Of one payment, as the ledger has them: what its sale gave and took, and what is left of that with the customer. */
type Booked = { earned: bigint; spent: bigint; left: bigint }

const NOTHING: Booked = { earned: 0n, spent: 0n, left: 0n }

/** Everything that points accounts were moved by, by payment. Written down a second time on purpose, from the names of postings alone. */
export class BookedPoints {
  readonly #of = new Map<Id, Booked>()
  readonly #rows: MemoryDisk['rows']
  /** By payment: the customers whose points moved with it. */
  readonly #customers = new Map<Id, Set<string>>()

  constructor({ rows }: Pick<MemoryDisk, 'rows'>) {
    this.#rows = rows
    for (const { id, debit, credit, amount } of rows.transfers.values()) {
      const [payment = '', what] = id.split('/')
      const isIn = credit.startsWith('points/')
      if (!isIn && !debit.startsWith('points/')) continue
      const { earned, spent, left } = this.#of.get(payment) ?? NOTHING
      this.#of.set(payment, {
        earned: what === 'points-earned' ? earned + amount : earned,
        spent: what === 'points-spent' ? spent + amount : spent,
        left: isIn ? left + amount : left - amount,
      })
      this.#customers.set(payment, (this.#customers.get(payment) ?? new Set()).add((isIn ? credit : debit).slice('points/'.length)))
    }
  }

  /** What is wrong with the points of a sale that an honest till wrote and the hub found right. */
  wrongWith({ receiptNumber, payments, customer, pointsEarned = 0, pointsSpent = 0 }: Sale): string | undefined {
    let [earned, spent] = [0n, 0n]
    for (const { paymentId } of payments) {
      const booked = this.#of.get(paymentId) ?? NOTHING
      for (const other of this.#customers.get(paymentId) ?? []) if (other !== customer) return `customer ${other} has points of sale ${receiptNumber}`
      earned += booked.earned
      spent += booked.spent
      const left = this.#leftOf(paymentId, booked)
      if (booked.left !== left) return `payment ${paymentId} of sale ${receiptNumber} left ${booked.left} points with its customer, and should ${left}`
    }
    if (earned !== BigInt(pointsEarned) || spent !== BigInt(pointsSpent))
      return `sale ${receiptNumber} gave ${pointsEarned} points and took ${pointsSpent}; booked are ${earned} and ${spent}`
    return undefined
  }

  /** The share of what is left of its money; who never paid has earned nothing, and still has the goods that points paid for. */
  #leftOf(id: Id, { earned, spent }: Booked): bigint {
    const payment = this.#rows.payments.get(id)
    if (payment === undefined || payment.state === 'VOIDED') return 0n
    const [back, all] = [BigInt(payment.refundedMinor), BigInt(Math.max(1, payment.capturedMinor))]
    const kept = (points: bigint): bigint => points - (points * back) / all
    return (payment.state === 'WRITTEN_OFF' ? 0n : kept(earned)) - kept(spent)
  }
}
