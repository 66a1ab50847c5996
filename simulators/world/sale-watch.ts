import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Promotion } from '#protocol/hub/offers.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { wrongWithGoods } from './goods-work.ts'

/** What can happen to a basket on its way to a sale: what was in the sale, and what the cashier did. */
export const basketMoves = ['promotion', 'coupon', 'discount', 'note', 'park', 'recall', 'undo', 'redo'] as const
type BasketMove = (typeof basketMoves)[number]

export const COUPON = 'WORLD-10'
const SECOND = 'Second at half price'
const COUPON_NAME = 'Ten off'

/** What the simulated shop takes off: something for pieces and something by coupon. */
export const promotionsFor = (gtin: string): Promotion[] => [
  { type: 'nth', name: SECOND, gtins: [gtin], count: 2, ppm: 500_000 },
  { type: 'threshold', name: COUPON_NAME, coupon: COUPON, fromMinor: 0, off: { ppm: 100_000 } },
]

/** What a shopkeeper who checks a receipt by hand would find wrong with it. Written down a second time on purpose, for the promotions above. */
export function wrongOnReceipt(sale: EntryBody<'sale.completed'>, products: Iterable<string>): string | undefined {
  const { lines, totalMinor, taxes, empties = [], exemption } = sale
  const known = new Set(products)
  for (const { gtin, name, quantity, unitMinor, discountMinor = 0, reasons = [], totalMinor: whole, weight, depositMinor = 0 } of lines) {
    const left = whole - quantity * depositMinor
    if (!known.has(gtin)) return `nobody sells ${gtin}`
    const thousandths = unitMinor * (weight?.milli ?? quantity * 1000)
    const error = Math.abs((left + discountMinor) * 1000 - thousandths)
    if (left < 0 || error > (weight === undefined ? 0 : 500)) return `${thousandths / 1000} less ${discountMinor} is not ${left}`
    if (discountMinor > 0 !== reasons.length > 0) return `${discountMinor} less for ${name} because of ${reasons.length} reasons`
    const half = Math.floor(quantity / 2) * Math.round(unitMinor / 2)
    if (reasons.includes(SECOND) && discountMinor < half) return `${discountMinor} less for ${quantity} of ${name} where ${half} was promised`
  }
  const back = empties.reduce((sum, one) => sum + one.depositMinor * one.quantity, 0)
  const paid = lines.reduce((sum, line) => sum + line.totalMinor, 0) - back - (exemption?.untaxedMinor ?? 0)
  if (paid !== totalMinor) return `lines of ${paid} for ${totalMinor}`
  const taxed = taxes.reduce((sum, { netMinor, taxMinor }) => sum + netMinor + taxMinor, 0)
  const deposits = lines.reduce((sum, line) => sum + line.quantity * (line.depositMinor ?? 0), 0)
  return taxed + deposits - back === totalMinor ? wrongWithGoods(sale) : `taxes of ${taxed} for ${totalMinor}`
}

export function movesInSale({ lines, note }: EntryBody<'sale.completed'>): readonly BasketMove[] {
  const reasons = new Set(lines.flatMap((line) => line.reasons ?? []))
  const others = [...reasons].some((reason) => reason !== SECOND && reason !== COUPON_NAME && !reason.endsWith(' points'))
  return [
    ...(reasons.has(SECOND) ? (['promotion'] as const) : []),
    ...(reasons.has(COUPON_NAME) ? (['coupon'] as const) : []),
    ...(others ? (['discount'] as const) : []),
    ...(note === undefined ? [] : (['note'] as const)),
  ]
}

const done: Partial<Record<Command['type'], BasketMove>> = { park: 'park', recall: 'recall', undo: 'undo', redo: 'redo' }
export const moveOf = ({ type }: Command): BasketMove | undefined => done[type]

/** Baskets that a screen shows as put aside, with what they come to. */
export type ParkedBaskets = ReadonlyMap<Id, Minor>
export const parkedIn = ({ parked = [] }: View): ParkedBaskets => new Map(parked.map(({ id, totalMinor }) => [id, totalMinor]))

/** What became of baskets between two views of one till, which may have lost its power between them: none may be gone, or come back as another. */
export function wrongWithParked(before: ParkedBaskets, view: View): string | undefined {
  const now = parkedIn(view)
  for (const [id, totalMinor] of before) {
    if (view.sale.id === id && view.sale.totalMinor !== totalMinor) return `took basket ${id} of ${totalMinor} back as one of ${view.sale.totalMinor}`
    if (view.sale.id !== id && now.get(id) !== totalMinor) return `lost the basket ${id} that was put aside`
  }
  return undefined
}
