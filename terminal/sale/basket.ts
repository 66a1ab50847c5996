import type { Weight } from '#protocol/device/messages.ts'
import type { SaleLine, TaxTotal } from '#protocol/journal/entry.ts'
import type { Product } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { scale, sum, type Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** A sale before it is paid. Prices and names are copied from the catalogue when a line is made, so that a new catalogue never changes a basket. */
export type Line = Omit<SaleLine, 'totalMinor'> & { readonly id: string }
export type Sale = { readonly id: Id; readonly lines: readonly Line[]; readonly nextLine: number; readonly touched?: string }

export type SaleEvent =
  | { readonly type: 'product_added'; readonly product: Product }
  /** `product.priceMinor` is the price of one unit of the weight, which is in the unit that the product is sold by. */
  | { readonly type: 'product_weighed'; readonly product: Product; readonly weight: Weight }
  /** 0 removes the line. */
  | { readonly type: 'quantity_set'; readonly line: string; readonly quantity: number }
  | { readonly type: 'cleared' }

export const MAX_LINES = 500
export const MAX_QUANTITY = 999
/** Ten thousand million euros in cents: far above any basket, far below where integers end. */
export const MAX_TOTAL_MINOR: Minor = 1_000_000_000_000
/** A price is of one unit of weight, a weight is in thousandths of it. */
const THOUSAND = 1000
/** Of an entry's tax table. */
export const MAX_TAX_RATES = 20

export const newSale = (id: Id): Sale => ({ id, lines: [], nextLine: 1 })

/** The sale after an event. The same product at the same price is one line with a higher quantity; each weighing is a line of its own. */
export function applySaleEvent(sale: Sale, event: SaleEvent): Outcome<Sale> {
  const changed = change(sale, event)
  if (!changed.ok) return changed
  const { lines } = changed.value
  // Before anything adds up: a sum that leaves the safe integers would throw, and a stored basket would do so at every start. Near enough
  // without rounding: what is compared with is far above any basket and far below where integers end.
  const total = lines.reduce((sofar, { quantity, unitMinor, weight }) => sofar + quantity * unitMinor * ((weight?.milli ?? THOUSAND) / THOUSAND), 0)
  const fits = total <= MAX_TOTAL_MINOR && new Set(lines.map((line) => line.taxPpm)).size <= MAX_TAX_RATES
  return fits ? changed : fail('sale.limit')
}

function change(sale: Sale, event: SaleEvent): Outcome<Sale> {
  switch (event.type) {
    case 'product_added':
      return addProduct(sale, event.product)
    case 'product_weighed':
      return addLine(sale, event.product, event.weight)
    case 'quantity_set':
      return setQuantity(sale, event.line, event.quantity)
    case 'cleared':
      return ok({ id: sale.id, lines: [], nextLine: sale.nextLine })
  }
}

function addProduct(sale: Sale, product: Product): Outcome<Sale> {
  const { gtin, name, priceMinor, taxPpm } = product
  const isSame = (line: Line): boolean =>
    line.weight === undefined && line.gtin === gtin && line.unitMinor === priceMinor && line.taxPpm === taxPpm && line.name === name
  const same = sale.lines.find(isSame)
  return same === undefined ? addLine(sale, product) : setQuantity(sale, same.id, same.quantity + 1)
}

function addLine(sale: Sale, { gtin, name, priceMinor, taxPpm }: Product, weight?: Weight): Outcome<Sale> {
  if (sale.lines.length >= MAX_LINES) return fail('sale.limit')
  const id = `L${sale.nextLine}`
  const line: Line = { id, gtin, name, quantity: 1, unitMinor: priceMinor, taxPpm, ...(weight === undefined ? {} : { weight }) }
  return ok({ id: sale.id, lines: [...sale.lines, line], nextLine: sale.nextLine + 1, touched: id })
}

function setQuantity(sale: Sale, id: string, quantity: number): Outcome<Sale> {
  const changed = sale.lines.find((line) => line.id === id)
  if (changed === undefined) return fail('sale.unknown_line')
  if (quantity > MAX_QUANTITY) return fail('sale.limit')
  if (quantity === 0) return ok({ id: sale.id, lines: sale.lines.filter((line) => line.id !== id), nextLine: sale.nextLine })
  // Goods that were weighed together cannot be there twice.
  if (changed.weight !== undefined) return ok({ ...sale, touched: id })
  return ok({ ...sale, lines: sale.lines.map((line) => (line === changed ? { ...line, quantity } : line)), touched: id })
}

type Priced = Pick<Line, 'quantity' | 'unitMinor' | 'weight'>

/** In minor units. By weight: unit price × thousandths ÷ 1000, rounded here and nowhere else. */
export const lineTotal = ({ quantity, unitMinor, weight }: Priced): Minor =>
  weight === undefined ? quantity * unitMinor : scale(unitMinor, weight.milli, THOUSAND)

export type Totals = { readonly totalMinor: Minor; readonly taxes: readonly TaxTotal[]; readonly itemCount: number }

const MILLION = 1_000_000

/**
 * Totals in minor units. Prices include tax: the tax of a rate is taken out of the sum of that rate's lines, once a receipt
 * (gross × rate ÷ (1 + rate), `scale`), so net + tax is the total exactly.
 */
export function totalsOf(lines: readonly (Priced & Pick<Line, 'taxPpm'>)[]): Totals {
  const gross = new Map<number, Minor>()
  for (const line of lines) gross.set(line.taxPpm, sum([gross.get(line.taxPpm) ?? 0, lineTotal(line)]))
  const taxes = [...gross]
    .toSorted(([a], [b]) => b - a)
    .map(([ratePpm, grossMinor]) => {
      const taxMinor = scale(grossMinor, ratePpm, MILLION + ratePpm)
      return { ratePpm, netMinor: grossMinor - taxMinor, taxMinor }
    })
  return { totalMinor: sum(lines.map(lineTotal)), taxes, itemCount: sum(lines.map((line) => line.quantity)) }
}

/** A GTIN as it is looked up: 14 digits, zero-padded (GS1 General Specifications §1.6), whatever symbol carried it. */
export const gtin14 = (digits: string): string => digits.padStart(14, '0')
