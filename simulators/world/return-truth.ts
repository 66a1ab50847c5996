import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Trace } from './trace.ts'

type Sale = EntryBody<'sale.completed'>
type Returned = EntryBody<'goods.returned'>
type Back = { units: number; minor: Minor }

/** What can happen to goods that come back. */
export const returnMoves = ['as_paid', 'cash', 'credit', 'all of a sale', 'without receipt'] as const

const unitsOf = ({ quantity, weight }: Returned['lines'][number]): number => weight?.milli ?? quantity

/**
 * Goods that came back to one till, by the entries of its journal, counted a second time: of no line more than was sold, each piece for its share of what was
 * paid (give or take the rounding of one unit), all of a sale for exactly what was paid, and never more money than goods.
 */
export class ReturnTruth {
  readonly #till: Id
  readonly #trace: Trace
  /** By sale, then by line. */
  readonly #back = new Map<Id, Map<number, Back>>()
  readonly #paid = new Map<Id, Minor>()

  constructor(till: Id, trace: Trace) {
    this.#till = till
    this.#trace = trace
  }

  clear(): void {
    this.#back.clear()
    this.#paid.clear()
  }

  /** `sale`: the one that the receipt is of, where there is one. Answers what it was (`returnMoves`). */
  wrote(body: Returned, sale: Sale | undefined): readonly string[] {
    const sum = body.lines.reduce((sofar, { totalMinor }) => sofar + totalMinor, 0)
    // Who is exempt was sold the lines for less than they say.
    if (sale?.exemption === undefined && sum !== body.totalMinor) this.#wrong(body, `lines of ${sum} are worth ${body.totalMinor}`)
    if (body.of === undefined) {
      if (body.refunds.length > 0 || body.paidMinor > body.totalMinor) this.#wrong(body, 'gave back as if there were a receipt')
      return [body.as, 'without receipt']
    }
    if (sale === undefined) {
      this.#wrong(body, `there is no sale ${body.of}`)
      return []
    }
    const isAll = this.#lines(body, sale)
    this.#money(body, sale, isAll)
    return isAll ? [body.as, 'all of a sale'] : [body.as]
  }

  #lines(body: Returned, { saleId, lines }: Sale): boolean {
    const back = this.#back.get(saleId) ?? new Map<number, Back>()
    this.#back.set(saleId, back)
    for (const returned of body.lines) {
      const sold = lines[returned.line ?? -1]
      if (sold === undefined) {
        this.#wrong(body, `line ${returned.line} was never sold`)
        continue
      }
      const before = back.get(returned.line ?? -1) ?? { units: 0, minor: 0 }
      const after = { units: before.units + unitsOf(returned), minor: before.minor + returned.totalMinor }
      back.set(returned.line ?? -1, after)
      const whole = unitsOf({ ...sold })
      if (after.units > whole) this.#wrong(body, `${after.units} of the ${whole} of line ${returned.line} came back`)
      if (Math.abs(after.minor * whole - sold.totalMinor * after.units) * 2 > whole) this.#wrong(body, `line ${returned.line} came back for ${after.minor}`)
    }
    return lines.every((sold, at) => back.get(at)?.units === unitsOf({ ...sold }))
  }

  #money(body: Returned, { saleId, totalMinor, roundingMinor = 0, empties = [], exemption }: Sale, isAll: boolean): void {
    const bottles = empties.reduce((sofar, { depositMinor, quantity }) => sofar + depositMinor * quantity, 0)
    const soldFor = totalMinor + bottles + (exemption?.untaxedMinor ?? 0)
    const paid = (this.#paid.get(saleId) ?? 0) + body.paidMinor
    this.#paid.set(saleId, paid)
    const refunded = body.refunds.reduce((sofar, { amountMinor }) => sofar + amountMinor, 0)
    if (refunded !== body.paidMinor) this.#wrong(body, `refunds of ${refunded} for ${body.paidMinor}`)
    const worth = [...(this.#back.get(saleId)?.values() ?? [])].reduce((sofar, { minor }) => sofar + minor, 0)
    if (isAll && worth !== soldFor) this.#wrong(body, `all of it was worth ${worth}, and was sold for ${soldFor}`)
    if (paid > worth + Math.max(0, isAll ? roundingMinor : 0)) this.#wrong(body, `${paid} went back for goods worth ${worth}`)
  }

  #wrong({ receiptNumber, of }: Returned, what: string): void {
    this.#trace.violation(12, `${this.#till} took goods back as ${receiptNumber} of ${of ?? 'nothing'}: ${what}`)
  }
}
