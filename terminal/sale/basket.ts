import type { Weight } from '#protocol/device/messages.ts'
import type { ModifierGroup } from '#protocol/hub/goods.ts'
import type { Empties, SaleLine } from '#protocol/journal/entry.ts'
import type { Catalogue, Product } from '#protocol/hub/messages.ts'
import type { Discount } from '#protocol/hub/offers.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { THOUSAND } from './goods.ts'
import { isSameGoods, lineOf, makingCharacters, MAX_MAKING_CHARACTERS, yearsFor, type Chosen } from './lines.ts'
import { modifiersOf, modifiersPrice, shared, type Choices } from './making.ts'
import { pointsOf, type Points } from './points.ts'
import { discounted } from './pricing.ts'
import { promotionsAt } from './promotions.ts'
import { taxedAmounts, taxGroup, type Taxing } from './tax.ts'

/** A line as its entry will say it, and what only the basket needs to know. */
export type Line = Omit<SaleLine, 'totalMinor'> & {
  readonly id: string
  /** Of the product, for promotions; baskets from before there were any have none. */
  readonly category?: string
  readonly openPrice?: true
  /** Its product has choices. */
  readonly madeToOrder?: true
  /** To be sold as a card that is worth what is paid for it. Each is a line of its own. */
  readonly giftCard?: true
  /** What the cashier took off. */
  readonly discount?: Discount
  /** What each part of a bundle would cost alone. */
  readonly partPrices?: readonly Minor[]
}

/**
 * A sale before it is paid. Prices, names and taxes are copied from the catalogue when a line is made, and what is taken off is worked out when the basket
 * changes, so that a new catalogue never changes a basket by itself.
 */
export type Sale = Taxing & {
  readonly id: Id
  readonly lines: readonly Line[]
  readonly nextLine: number
  readonly touched?: string
  /** What the cashier took off all of it. */
  readonly discount?: Discount
  readonly coupons?: readonly string[]
  readonly note?: string
  /** Somebody has looked: the customer is at least so old. */
  readonly ageYears?: number
  readonly empties?: readonly Empties[]
  /** Why the customer pays no tax. */
  readonly exemption?: { readonly reason: string }
  readonly customer?: { readonly id: Id }
  /** Of the customer. */
  readonly points?: Points
}

/** What the catalogue says about prices, and when. */
export type Rules = Pick<Catalogue, 'promotions' | 'taxIncluded' | 'taxRounding' | 'loyalty'> & { readonly now: EpochMs }

export type SaleEvent =
  | { readonly type: 'product_added'; readonly product: Product; readonly chosen?: Chosen }
  /** `product.priceMinor` is the price of one unit of the weight, which is in the unit that the product is sold by. */
  | { readonly type: 'product_weighed'; readonly product: Product; readonly weight: Weight }
  /** 0 removes the line. */
  | { readonly type: 'quantity_set'; readonly line: string; readonly quantity: number }
  | { readonly type: 'price_set'; readonly line: string; readonly unitMinor: Minor }
  | { readonly type: 'line_discounted'; readonly line: string; readonly discount: Discount | undefined }
  | { readonly type: 'sale_discounted'; readonly discount: Discount | undefined }
  | { readonly type: 'coupon_added'; readonly code: string }
  | { readonly type: 'coupon_removed'; readonly code: string }
  | { readonly type: 'note_set'; readonly note: string | undefined }
  /** Made in another way: `groups` are those of its product. */
  | { readonly type: 'modifiers_set'; readonly line: string; readonly groups: readonly ModifierGroup[]; readonly choices: Choices }
  /** So many of this deposit have come back; 0 takes them out. */
  | { readonly type: 'empties_set'; readonly depositMinor: Minor; readonly quantity: number }
  | { readonly type: 'exempted'; readonly reason: string | undefined }
  | { readonly type: 'customer_set'; readonly customer: Id | undefined }
  /** So many points are to be spent, or as many as the basket is worth. */
  | { readonly type: 'points_set'; readonly points: number }
  | { readonly type: 'cleared' }

export const MAX_LINES = 500
export const MAX_QUANTITY = 999
/** Ten thousand million euros in cents: far above any basket, far below where integers end. */
export const MAX_TOTAL_MINOR: Minor = 1_000_000_000_000
/** Of an entry's tax table. */
export const MAX_TAX_RATES = 20
const MAX_COUPONS = 20
const MAX_EMPTIES = 20

export const newSale = (id: Id): Sale => ({ id, lines: [], nextLine: 1 })

/** The sale after an event. The same product at the same price is one line with a higher quantity; each weighing is a line of its own. */
export function applySaleEvent(sale: Sale, event: SaleEvent, rules: Rules): Outcome<Sale> {
  const changed = change(sale, event, rules)
  if (!changed.ok) return changed
  const { lines } = changed.value
  // Before anything adds up: a sum that leaves the safe integers would throw, and a stored basket would do so at every start. Near enough
  // without rounding: what is compared with is far above any basket and far below where integers end.
  const total = lines.reduce((sofar, { quantity, unitMinor, weight }) => sofar + quantity * unitMinor * ((weight?.milli ?? THOUSAND) / THOUSAND), 0)
  const rates = (): number => new Set(lines.flatMap(taxedAmounts).map(taxGroup)).size
  const fits = total <= MAX_TOTAL_MINOR && rates() <= MAX_TAX_RATES && makingCharacters(lines) <= MAX_MAKING_CHARACTERS
  return fits ? ok(priced(changed.value, rules)) : fail('sale.limit')
}

/** With everything worked out that follows from the catalogue. */
function priced(sale: Sale, { promotions = [], taxIncluded, taxRounding, loyalty, now }: Rules): Sale {
  const { taxIncluded: _, taxRounding: __, points: wanted, ...plain } = sale
  const counting = promotionsAt(promotions, now, sale.coupons ?? [])
  const { lines, points } = pointsOf(discounted(sale.lines, sale.discount, counting), sale.customer === undefined ? undefined : loyalty, wanted?.wanted ?? 0)
  return {
    ...plain,
    lines: lines.map(shared),
    ...(points === undefined ? {} : { points }),
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(taxRounding === undefined ? {} : { taxRounding }),
  }
}

function change(sale: Sale, event: SaleEvent, rules: Rules): Outcome<Sale> {
  switch (event.type) {
    case 'product_added':
      return addProduct(sale, event.product, event.chosen ?? {})
    case 'product_weighed':
      return addLine(sale, event.product, {}, event.weight)
    case 'quantity_set':
      return setQuantity(sale, event.line, event.quantity)
    case 'price_set':
      return withLine(sale, event.line, (line) => (line.openPrice === true ? ok({ ...line, unitMinor: event.unitMinor }) : fail('sale.price_fixed')))
    case 'line_discounted':
      return withLine(sale, event.line, ({ discount: _, ...line }) => ok({ ...line, ...(event.discount === undefined ? {} : { discount: event.discount }) }))
    case 'sale_discounted': {
      const { discount: _, ...plain } = sale
      return ok(event.discount === undefined ? plain : { ...plain, discount: event.discount })
    }
    case 'coupon_added':
      return addCoupon(sale, event.code, rules)
    case 'coupon_removed':
      return ok({ ...sale, coupons: (sale.coupons ?? []).filter((code) => code !== event.code) })
    case 'note_set': {
      const { note: _, ...plain } = sale
      return ok(event.note === undefined ? plain : { ...plain, note: event.note })
    }
    case 'modifiers_set':
      return setModifiers(sale, event.line, event.groups, event.choices)
    case 'empties_set':
      return setEmpties(sale, event)
    case 'exempted': {
      const { exemption: _, ...plain } = sale
      return ok(event.reason === undefined ? plain : { ...plain, exemption: { reason: event.reason } })
    }
    case 'customer_set': {
      const { customer: _, points: __, ...plain } = sale
      return ok(event.customer === undefined ? plain : { ...plain, customer: { id: event.customer } })
    }
    case 'points_set':
      return sale.customer === undefined ? fail('sale.no_customer') : ok({ ...sale, points: { earned: 0, spent: 0, wanted: event.points } })
    case 'cleared':
      return ok(emptied(sale))
  }
}

const emptied = ({ id, nextLine }: Sale): Sale => ({ id, lines: [], nextLine })

function addProduct(sale: Sale, product: Product, chosen: Chosen): Outcome<Sale> {
  const years = yearsFor(product, chosen.ingredients)
  const ageYears = Math.max(sale.ageYears ?? 0, chosen.ageYears ?? 0)
  if (years !== undefined && years > ageYears) return fail('sale.age_first')
  if (product.parts !== undefined && chosen.ingredients === undefined) return fail('sale.unknown_product')
  const { tracks } = product
  if (tracks !== undefined && chosen[tracks] === undefined) return fail('sale.number_first')
  const { serial } = chosen
  const isThere = (line: Line): boolean => serial !== undefined && line.gtin === product.gtin && line.serials?.includes(serial) === true
  if (sale.lines.some(isThere)) return fail('sale.serial_twice', serial)
  const known = chosen.ageYears === undefined ? sale : { ...sale, ageYears }
  const same = sale.lines.find((line) => isSameGoods(line, lineOf('', product, chosen, undefined)))
  return same === undefined ? addLine(known, product, chosen) : setQuantity(known, same.id, same.quantity + 1)
}

function addLine(sale: Sale, product: Product, chosen: Chosen, weight?: Weight): Outcome<Sale> {
  if (sale.lines.length >= MAX_LINES) return fail('sale.limit')
  const id = `L${sale.nextLine}`
  return ok({ ...sale, lines: [...sale.lines, lineOf(id, product, chosen, weight)], nextLine: sale.nextLine + 1, touched: id })
}

function setModifiers(sale: Sale, id: string, groups: readonly ModifierGroup[], choices: Choices): Outcome<Sale> {
  const made = modifiersOf(groups, choices)
  if (!made.ok) return made
  return withLine(sale, id, ({ modifiers: before, ...line }) => {
    const unitMinor = line.unitMinor - modifiersPrice(before) + modifiersPrice(made.value)
    return ok({ ...line, unitMinor, ...(made.value.length === 0 ? {} : { modifiers: [...made.value] }) })
  })
}

function setEmpties(sale: Sale, { depositMinor, quantity }: Empties): Outcome<Sale> {
  const { empties: before = [], ...plain } = sale
  const others = before.filter((one) => one.depositMinor !== depositMinor)
  const empties = quantity === 0 ? others : [...others, { depositMinor, quantity }].toSorted((a, b) => a.depositMinor - b.depositMinor)
  if (empties.length > MAX_EMPTIES || quantity > MAX_QUANTITY) return fail('sale.limit')
  return ok(empties.length === 0 ? plain : { ...plain, empties })
}

function setQuantity(sale: Sale, id: string, quantity: number): Outcome<Sale> {
  if (quantity > MAX_QUANTITY) return sale.lines.some((line) => line.id === id) ? fail('sale.limit') : fail('sale.unknown_line')
  if (quantity > 0) {
    // Goods that were weighed together cannot be there twice.
    return withLine(sale, id, (line) => {
      if (line.serials !== undefined && quantity > line.serials.length) return fail('sale.number_first')
      return ok(line.weight === undefined && line.giftCard === undefined ? { ...line, quantity } : line)
    })
  }
  const { touched: _, ...plain } = sale
  const lines = sale.lines.filter((line) => line.id !== id)
  if (lines.length === sale.lines.length) return fail('sale.unknown_line')
  // What was given to one customer must not be found by the next.
  return ok(lines.length === 0 ? emptied(sale) : { ...plain, lines })
}

function withLine(sale: Sale, id: string, changed: (line: Line) => Outcome<Line>): Outcome<Sale> {
  const line = sale.lines.find((other) => other.id === id)
  if (line === undefined) return fail('sale.unknown_line')
  const outcome = changed(line)
  return outcome.ok ? ok({ ...sale, lines: sale.lines.map((other) => (other === line ? outcome.value : other)), touched: id }) : outcome
}

function addCoupon(sale: Sale, code: string, { promotions = [], now }: Rules): Outcome<Sale> {
  const coupons = sale.coupons ?? []
  // Shown twice it counts once.
  if (coupons.includes(code)) return ok(sale)
  const isKnown = promotionsAt(promotions, now, [code]).some(({ coupon }) => coupon === code)
  if (!isKnown) return fail('sale.unknown_coupon')
  return coupons.length < MAX_COUPONS ? ok({ ...sale, coupons: [...coupons, code] }) : fail('sale.limit')
}

/** A product in the basket whose price is open and has not been said. */
export const lacksPrice = ({ lines }: Sale): boolean => lines.some(({ openPrice, unitMinor }) => openPrice === true && unitMinor === 0)
