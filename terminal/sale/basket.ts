import type { Weight } from '#protocol/device/messages.ts'
import type { SaleLine } from '#protocol/journal/entry.ts'
import type { Catalogue, Product } from '#protocol/hub/messages.ts'
import type { Discount } from '#protocol/hub/offers.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { THOUSAND } from './goods.ts'
import { discounted } from './pricing.ts'
import { promotionsAt } from './promotions.ts'
import { taxGroup, type Taxing } from './tax.ts'

/** A line as its entry will say it, and what only the basket needs to know. */
export type Line = Omit<SaleLine, 'totalMinor'> & {
  readonly id: string
  /** Of the product, for promotions; baskets from before there were any have none. */
  readonly category?: string
  readonly openPrice?: true
  /** What the cashier took off. */
  readonly discount?: Discount
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
}

/** What the catalogue says about prices, and when. */
export type Rules = Pick<Catalogue, 'promotions' | 'taxIncluded' | 'taxRounding'> & { readonly now: EpochMs }

export type SaleEvent =
  | { readonly type: 'product_added'; readonly product: Product }
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
  | { readonly type: 'cleared' }

export const MAX_LINES = 500
export const MAX_QUANTITY = 999
/** Ten thousand million euros in cents: far above any basket, far below where integers end. */
export const MAX_TOTAL_MINOR: Minor = 1_000_000_000_000
/** Of an entry's tax table. */
export const MAX_TAX_RATES = 20
const MAX_COUPONS = 20

export const newSale = (id: Id): Sale => ({ id, lines: [], nextLine: 1 })

/** The sale after an event. The same product at the same price is one line with a higher quantity; each weighing is a line of its own. */
export function applySaleEvent(sale: Sale, event: SaleEvent, rules: Rules): Outcome<Sale> {
  const changed = change(sale, event, rules)
  if (!changed.ok) return changed
  const { lines } = changed.value
  // Before anything adds up: a sum that leaves the safe integers would throw, and a stored basket would do so at every start. Near enough
  // without rounding: what is compared with is far above any basket and far below where integers end.
  const total = lines.reduce((sofar, { quantity, unitMinor, weight }) => sofar + quantity * unitMinor * ((weight?.milli ?? THOUSAND) / THOUSAND), 0)
  const fits = total <= MAX_TOTAL_MINOR && new Set(lines.map(taxGroup)).size <= MAX_TAX_RATES
  return fits ? ok(priced(changed.value, rules)) : fail('sale.limit')
}

/** With everything worked out that follows from the catalogue. */
function priced(sale: Sale, { promotions = [], taxIncluded, taxRounding, now }: Rules): Sale {
  const { taxIncluded: _, taxRounding: __, ...plain } = sale
  return {
    ...plain,
    lines: discounted(sale.lines, sale.discount, promotionsAt(promotions, now, sale.coupons ?? [])),
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(taxRounding === undefined ? {} : { taxRounding }),
  }
}

function change(sale: Sale, event: SaleEvent, rules: Rules): Outcome<Sale> {
  switch (event.type) {
    case 'product_added':
      return addProduct(sale, event.product)
    case 'product_weighed':
      return addLine(sale, event.product, event.weight)
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
    case 'cleared':
      return ok(emptied(sale))
  }
}

const emptied = ({ id, nextLine }: Sale): Sale => ({ id, lines: [], nextLine })

function addProduct(sale: Sale, product: Product): Outcome<Sale> {
  const { gtin, name, priceMinor } = product
  const isSame = (line: Line): boolean =>
    line.weight === undefined &&
    line.discount === undefined &&
    line.openPrice === undefined &&
    line.gtin === gtin &&
    line.unitMinor === priceMinor &&
    taxGroup(line) === taxGroup(product) &&
    line.name === name
  const same = product.openPrice === true ? undefined : sale.lines.find(isSame)
  return same === undefined ? addLine(sale, product) : setQuantity(sale, same.id, same.quantity + 1)
}

function addLine(sale: Sale, product: Product, weight?: Weight): Outcome<Sale> {
  if (sale.lines.length >= MAX_LINES) return fail('sale.limit')
  const { gtin, name, category, priceMinor, taxPpm, taxExempt, openPrice } = product
  const id = `L${sale.nextLine}`
  const line: Line = {
    id,
    gtin,
    name,
    category,
    quantity: 1,
    unitMinor: priceMinor,
    taxPpm: taxExempt === true ? 0 : taxPpm,
    ...(taxExempt === undefined ? {} : { taxExempt }),
    ...(openPrice === undefined ? {} : { openPrice }),
    ...(weight === undefined ? {} : { weight }),
  }
  return ok({ ...sale, lines: [...sale.lines, line], nextLine: sale.nextLine + 1, touched: id })
}

function setQuantity(sale: Sale, id: string, quantity: number): Outcome<Sale> {
  if (quantity > MAX_QUANTITY) return sale.lines.some((line) => line.id === id) ? fail('sale.limit') : fail('sale.unknown_line')
  if (quantity > 0) {
    // Goods that were weighed together cannot be there twice.
    return withLine(sale, id, (line) => ok(line.weight === undefined ? { ...line, quantity } : line))
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
