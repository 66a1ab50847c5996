import type { ExchangeTold } from '../exchange/told.ts'
import type { Weight } from '../device/messages.ts'
import type { PaperLanguage } from '../hub/offers.ts'
import type { Currency, Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'
import type { LineView, ProductView, Shelves, TenderView, View, WeighingView } from './api.ts'

/**
 * Core → customer's display. It stands on the other side of the counter, where anybody reads it: it gets the sale and what is to be paid, and nothing of the
 * till, its people, its money or why a payment was refused. Nothing comes back from it. Views are whole, as those of the till's own screen.
 */
export type CustomerLine = Pick<
  LineView,
  'id' | 'name' | 'quantity' | 'unitMinor' | 'totalMinor' | 'weight' | 'discountMinor' | 'reasons' | 'modifiers' | 'parts' | 'depositMinor'
>

export type CustomerStage =
  /** Nobody sells here now. */
  | { readonly name: 'closed' }
  /** Nothing is in the basket, and nothing was just paid: slides. */
  | { readonly name: 'idle' }
  | { readonly name: 'selling' }
  /** `request`: text of a QR code that a wallet confirms the sum by (`bound` profile). `mustConfirm`: a code that is merely shown will not do. */
  | { readonly name: 'paying'; readonly amountMinor: Minor; readonly request: string; readonly mustConfirm: boolean; readonly exchange?: ExchangeTold }
  | { readonly name: 'checking'; readonly amountMinor: Minor }
  /** `receipt`: for the customer's phone (protocol/receipt-text.ts). */
  | { readonly name: 'approved'; readonly amountMinor: Minor; readonly changeMinor?: Minor; readonly receipt?: string }
  /** What was not taken. Why not is for the cashier to say: a queue reads this display. */
  | { readonly name: 'refused'; readonly amountMinor: Minor }

export type CustomerView = {
  readonly shop: string
  readonly currency: Currency
  /** The shop's choice for what its customers read. */
  readonly language?: PaperLanguage
  readonly stage: CustomerStage
  readonly lines: readonly CustomerLine[]
  readonly totalMinor: Minor
  readonly itemCount: number
  /** What is paid of it already, in other ways; missing: nothing. */
  readonly paidMinor?: Minor
  /** What the customer gives on top; missing: nothing. */
  readonly tipMinor?: Minor
  /** What was taken off all lines; missing: nothing. */
  readonly savedMinor?: Minor
  /** The line that the last scan made or changed. */
  readonly touched?: string
  /** Weighed goods are weighed before the customer's eyes. */
  readonly weighing?: {
    readonly name: string
    readonly unitMinor: Minor
    readonly unit: WeighingView['unit']
    readonly weight?: Weight
    readonly totalMinor?: Minor
  }
  /** Nothing that is shown here is sold. */
  readonly training?: true
}

/** What an idle display shows in turn, made of the catalogue. */
export type Slide =
  | { readonly kind: 'product'; readonly product: Pick<ProductView, 'name' | 'secondName' | 'category' | 'priceMinor' | 'symbol' | 'picture' | 'soldBy'> }
  /** A promotion by its name, for everybody; with a product that it is about, where it names one. */
  | { readonly kind: 'offer'; readonly name: string; readonly of?: Pick<ProductView, 'name' | 'category' | 'symbol' | 'picture'> }

export type ToCustomer =
  | { readonly type: 'view'; readonly view: CustomerView }
  | { readonly type: 'slides'; readonly slides: readonly Slide[] }
  /** From whoever starts the core, when it is down: what is shown may be old. */
  | { readonly type: 'core'; readonly state: 'up' | 'restarting' }

/** So much of a till's view as its customer may see. */
export function customerView({ till, sale, tender, tenders, weighing, training }: View): CustomerView {
  const isClosed = till.blocked !== undefined || till.signedOut
  const stage = isClosed ? ({ name: 'closed' } as const) : stageOf(tender, sale.lines.length > 0 || weighing !== undefined)
  const shown = stage.name === 'closed' || stage.name === 'idle' ? [] : sale.lines
  return {
    shop: till.merchant,
    currency: till.currency,
    ...(till.customerLanguage === undefined ? {} : { language: till.customerLanguage }),
    stage,
    lines: shown.map(lineOf),
    totalMinor: shown.length === 0 ? 0 : sale.totalMinor,
    itemCount: shown.length === 0 ? 0 : sale.itemCount,
    ...(shown.length === 0 || sale.discountMinor === undefined ? {} : { savedMinor: sale.discountMinor }),
    ...(shown.length === 0 || sale.touched === undefined ? {} : { touched: sale.touched }),
    ...(shown.length === 0 ? {} : paidOf(tenders)),
    ...(isClosed || weighing === undefined ? {} : { weighing: weighed(weighing) }),
    ...(training === undefined ? {} : { training }),
  }
}

function paidOf(tenders: View['tenders']): Pick<CustomerView, 'paidMinor' | 'tipMinor'> {
  const { parts = [], tipMinor = 0 } = tenders ?? {}
  const paidMinor = parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  return { ...(paidMinor === 0 ? {} : { paidMinor }), ...(tipMinor === 0 ? {} : { tipMinor }) }
}

function lineOf({ id, name, quantity, unitMinor, totalMinor, weight, discountMinor, reasons, modifiers, parts, depositMinor }: LineView): CustomerLine {
  return {
    id,
    name,
    quantity,
    unitMinor,
    totalMinor,
    ...(weight === undefined ? {} : { weight }),
    ...(discountMinor === undefined ? {} : { discountMinor }),
    ...(reasons === undefined ? {} : { reasons }),
    ...(modifiers === undefined ? {} : { modifiers }),
    ...(parts === undefined ? {} : { parts }),
    ...(depositMinor === undefined ? {} : { depositMinor }),
  }
}

function weighed({ name, unitMinor, unit, reading, totalMinor }: WeighingView): NonNullable<CustomerView['weighing']> {
  const weight = reading !== undefined && 'weight' in reading ? reading.weight : undefined
  return { name, unitMinor, unit, ...(weight === undefined ? {} : { weight }), ...(totalMinor === undefined ? {} : { totalMinor }) }
}

function stageOf(tender: TenderView, isFilled: boolean): CustomerStage {
  switch (tender.stage) {
    case 'none':
      return { name: isFilled ? 'selling' : 'idle' }
    case 'awaiting_code':
      return {
        name: 'paying',
        amountMinor: tender.amountMinor,
        request: tender.request,
        mustConfirm: tender.boundRequired,
        ...(tender.exchange && { exchange: tender.exchange }),
      }
    // Whether it went through is being asked; the customer waits either way.
    case 'deciding':
    case 'unknown':
      return { name: 'checking', amountMinor: tender.amountMinor }
    case 'approved': {
      const { amountMinor, cash, receiptText } = tender
      return {
        name: 'approved',
        amountMinor,
        ...(cash === undefined || cash.changeMinor === 0 ? {} : { changeMinor: cash.changeMinor }),
        ...(receiptText === undefined ? {} : { receipt: receiptText }),
      }
    }
    case 'refused':
      return { name: 'refused', amountMinor: tender.amountMinor }
  }
}

/** Few enough that somebody who waits sees all of them. */
const MOST_PRODUCTS = 8
const MOST_OFFERS = 6

/** Slides of what a till lays out: the offers that hold at `now`, then of each category the first product that has a picture, else its first. */
export function slidesOf({ products, categories, offers = [] }: Shelves, now: EpochMs): readonly Slide[] {
  const firstOf = (category: string): ProductView | undefined => {
    const all = products.filter((product) => product.category === category)
    return all.find(({ picture }) => picture !== undefined) ?? all[0]
  }
  const about = ({ gtin, category }: NonNullable<Shelves['offers']>[number]): ProductView | undefined =>
    products.find((product) => product.gtin === gtin) ?? (category === undefined ? undefined : firstOf(category))
  const valid = offers.filter(({ from = 0, until = Infinity }) => from <= now && now < until)
  const offered = valid.slice(0, MOST_OFFERS).map((offer): Slide => {
    const product = about(offer)
    return { kind: 'offer', name: offer.name, ...(product === undefined ? {} : { of: pictured(product) }) }
  })
  const shown = categories
    .map(({ name }) => firstOf(name))
    .filter((product) => product !== undefined)
    .slice(0, MOST_PRODUCTS)
  return [...offered, ...shown.map((product): Slide => ({ kind: 'product', product: priced(product) }))]
}

const pictured = ({ name, category, symbol, picture }: ProductView) => ({ name, category, symbol, picture })
const priced = ({ name, secondName, category, priceMinor, symbol, picture, soldBy }: ProductView) => ({
  name,
  secondName,
  category,
  priceMinor,
  symbol,
  picture,
  soldBy,
})
