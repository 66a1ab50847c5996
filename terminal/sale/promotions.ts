import type { Discount, Promotion } from '#protocol/hub/offers.ts'
import type { SaleLine } from '#protocol/journal/entry.ts'
import { allocate, scale, sum, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import { grossOf, gtin14 } from './goods.ts'

/** A line as far as promotions look at it. */
export type Goods = Pick<SaleLine, 'gtin' | 'quantity' | 'unitMinor' | 'weight'> & { readonly category?: string | undefined }

/** What a promotion takes off the line at `index`, in minor units, more than 0. */
export type Cut = { readonly index: number; readonly minor: Minor; readonly reason: string }

const MILLION = 1_000_000

/** Of an amount, never more than it. */
export const offOf = (discount: Discount, amountMinor: Minor): Minor =>
  Math.min(amountMinor, 'ppm' in discount ? scale(amountMinor, discount.ppm, MILLION) : discount.amountMinor)

/** Those of a catalogue that count at this time in a sale for which these coupons were shown, in its order. */
export function promotionsAt(promotions: readonly Promotion[], now: EpochMs, coupons: readonly string[]): readonly Promotion[] {
  return promotions.filter(
    ({ from, until, coupon }) => (from ?? 0) <= now && (until === undefined || now < until) && (coupon === undefined || coupons.includes(coupon)),
  )
}

/** Looked up at every scan, and the promotions of a catalogue may name thousands of products: made once for each promotion, which never changes. */
const gtinsOf = new WeakMap<Promotion, ReadonlySet<string>>()

function namedBy(promotion: Promotion): ReadonlySet<string> {
  const known = gtinsOf.get(promotion) ?? new Set(promotion.gtins?.map(gtin14))
  gtinsOf.set(promotion, known)
  return known
}

/** The places of those lines that a promotion is for. */
function meantBy(promotion: Promotion, lines: readonly Goods[], gtins: readonly string[]): readonly number[] {
  const { categories } = promotion
  const places = [...lines.keys()]
  if (promotion.gtins === undefined && categories === undefined) return places
  const named = namedBy(promotion)
  return places.filter((index) => {
    const category = lines[index]?.category
    return named.has(gtins[index] ?? '') || (category !== undefined && categories?.includes(category) === true)
  })
}

const gtinsIn = (lines: readonly Goods[]): readonly string[] => lines.map(({ gtin }) => gtin14(gtin))

type PiecePromotion = Exclude<Promotion, { readonly type: 'threshold' }>

/** What the promotions about pieces take off, in their order: a piece that one has taken is not there for the next. */
export function pieceCuts(lines: readonly Goods[], promotions: readonly Promotion[]): readonly Cut[] {
  const left = lines.map(({ quantity }) => quantity)
  const gtins = gtinsIn(lines)
  return promotions.flatMap((promotion) => {
    if (promotion.type === 'threshold') return []
    const meant = meantBy(promotion, lines, gtins).flatMap((index) => {
      const [line, count = 0] = [lines[index], left[index]]
      return line === undefined || count === 0 ? [] : [{ line, index, count }]
    })
    const taken = takenBy(promotion, meant)
    for (const { index, count } of taken) left[index] = (left[index] ?? 0) - count
    return taken.filter(({ minor }) => minor > 0).map(({ index, minor }) => ({ index, minor, reason: promotion.name }))
  })
}

/** So many pieces of a line that no promotion has taken yet. */
type Pieces = { readonly line: Goods; readonly index: number; readonly count: number }
/** Pieces that a promotion takes, and what they cost less for it. */
type Taken = { readonly index: number; readonly count: number; readonly minor: Minor }

function takenBy(promotion: PiecePromotion, meant: readonly Pieces[]): readonly Taken[] {
  if (promotion.type === 'percent') {
    return meant.map(({ line, index, count }) => ({ index, count, minor: scale(grossOf({ ...line, quantity: count }), promotion.ppm, MILLION) }))
  }
  const pieces = meant.filter(({ line }) => line.weight === undefined).toSorted((a, b) => b.line.unitMinor - a.line.unitMinor)
  return groupsOf(pieces, promotion.count).flatMap(({ parts, times }) => {
    const prices = parts.map(({ line, count }) => line.unitMinor * count)
    const last = parts.at(-1)
    if (last === undefined) return []
    if (promotion.type === 'nth') {
      const minor = times * scale(last.line.unitMinor, promotion.ppm, MILLION)
      return parts.map((part) => ({ index: part.index, count: part.count * times, minor: part === last ? minor : 0 }))
    }
    const saved = sum(prices) - promotion.priceMinor
    // Nobody is made to pay more because the pieces are cheap: they stay for the next promotion.
    if (saved <= 0) return []
    const shares = allocate(saved, prices)
    return parts.map(({ index, count }, i) => ({ index, count: count * times, minor: (shares[i] ?? 0) * times }))
  })
}

/** Groups of `size` pieces each, in their order, as many as there are; `times` that many alike, since a line may be of hundreds of pieces. */
function groupsOf(pieces: readonly Pieces[], size: number): readonly { readonly parts: readonly Pieces[]; readonly times: number }[] {
  const groups: { parts: Pieces[]; times: number }[] = []
  let parts: Pieces[] = []
  let missing = size
  for (const piece of pieces) {
    let left = piece.count
    if (missing < size) {
      const count = Math.min(missing, left)
      parts.push({ ...piece, count })
      missing -= count
      left -= count
      if (missing > 0) continue
      groups.push({ parts, times: 1 })
    }
    const times = Math.floor(left / size)
    if (times > 0) groups.push({ parts: [{ ...piece, count: size }], times })
    const rest = left % size
    parts = rest === 0 ? [] : [{ ...piece, count: rest }]
    missing = size - rest
  }
  return groups
}

/** Of the thresholds that are reached, what the best one takes off, where the lines cost `totals` by now. */
export function thresholdCuts(lines: readonly Goods[], totals: readonly Minor[], promotions: readonly Promotion[]): readonly Cut[] {
  const gtins = gtinsIn(lines)
  let best: { readonly promotion: Promotion; readonly meant: readonly Minor[]; readonly off: Minor } | undefined
  for (const promotion of promotions) {
    if (promotion.type !== 'threshold') continue
    const meant = lines.map(() => 0)
    for (const index of meantBy(promotion, lines, gtins)) meant[index] = totals[index] ?? 0
    const reached = sum(meant)
    const off = reached >= promotion.fromMinor ? offOf(promotion.off, reached) : 0
    if (off > (best?.off ?? 0)) best = { promotion, meant, off }
  }
  return best === undefined ? [] : spread(best.off, best.meant, best.promotion.name)
}

/** A sum over lines in proportion to what they cost, which is not less than the sum: no line's share is more than it costs. */
export const spread = (off: Minor, totals: readonly Minor[], reason: string): readonly Cut[] =>
  off === 0
    ? []
    : allocate(off, totals)
        .map((minor, index) => ({ index, minor, reason }))
        .filter(({ minor }) => minor > 0)
