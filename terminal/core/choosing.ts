import type { ScannedProduct } from '#protocol/barcode/scan.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { trackingNumber, type Modifier } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { bornBy } from '../sale/age.ts'
import { gtin14 } from '../sale/goods.ts'
import { yearsFor, type Chosen } from '../sale/lines.ts'
import { ingredientsOf, modifiersOf, type Choices } from '../sale/making.ts'
import { productAt } from '../sale/pricing.ts'
import type { Authority } from './authority.ts'
import type { Tendering } from './tender.ts'
import type { TillClock } from './till-clock.ts'

/** A product on its way into the basket, with what is known about it so far; or several of which one has to be picked, or a line that is made anew. */
type Wish =
  | { readonly what: 'product'; readonly product: Product; readonly chosen: Chosen }
  | { readonly what: 'variant'; readonly of: string }
  | { readonly what: 'line'; readonly line: string; readonly product: Product; readonly modifiers: readonly Modifier[] }

type Numbers = Pick<ScannedProduct, 'serial' | 'batch'>
/** Scans go on while a question stands; whoever scans this many has not looked at the screen. */
const MAX_WISHES = 20

export type ChoosingPorts = {
  readonly authority: Authority
  readonly clock: TillClock
  /** Minutes that the till's own zone is ahead of UTC at this time. */ zoneMinutes(at: number): number
}

/**
 * What has to be asked before a product can be sold: which variant, how old the customer is, how it is made, the number on it. A product without questions
 * passes through at once, also while one about another stands; one with questions of its own waits for its turn. On no disk, like what is being weighed.
 */
export class Choosing {
  readonly #tendering: Tendering
  readonly #ports: ChoosingPorts
  #wishes: readonly Wish[] = []

  constructor(tendering: Tendering, ports: ChoosingPorts) {
    this.#tendering = tendering
    this.#ports = ports
  }

  get isOpen(): boolean {
    return this.#wishes.length > 0
  }

  get view(): ChoosingView | undefined {
    const [wish] = this.#wishes
    return wish === undefined ? undefined : this.#viewOf(wish)
  }

  cancel(): void {
    this.#wishes = []
  }

  /** The question that stands is taken back, and its product is not sold. Throws StoreError. */
  dismiss(): Outcome<null> {
    this.#wishes = this.#wishes.slice(1)
    return this.#goOn()
  }

  /** One piece of a product, as the catalogue has it now. `numbers`: what its code said. Throws StoreError. */
  sell(product: Product, { serial, batch }: Numbers): Outcome<null> {
    const made = product.parts === undefined ? undefined : ingredientsOf(product.parts, (gtin) => this.#product(gtin))
    if (made?.ok === false) return made
    // A pick of one variant answers which; what is scanned needs none.
    this.#wishes = this.#wishes.filter(({ what }) => what !== 'variant')
    const chosen: Chosen = {
      ...(made === undefined ? {} : { ingredients: made.value }),
      ...(product.tracks === 'serial' && serial !== undefined ? { serial } : {}),
      ...(batch !== undefined && (product.tracks === 'batch' || product.parts === undefined) ? { batch } : {}),
    }
    const wish = { what: 'product', product, chosen } as const
    if (this.#stepOf(wish) === undefined) return this.#put(product, chosen)
    return this.#ask(wish)
  }

  openVariants(of: string): Outcome<null> {
    return this.#variantsOf(of).length === 0 ? fail('sale.unknown_product', of) : this.#ask({ what: 'variant', of })
  }

  changeModifiers(line: string): Outcome<null> {
    const found = this.#tendering.sale.lines.find(({ id }) => id === line)
    if (found === undefined) return fail('sale.unknown_line')
    const product = this.#product(found.gtin)
    if (product?.modifiers === undefined) return fail('sale.bad_choice')
    return this.#ask({ what: 'line', line, product, modifiers: found.modifiers ?? [] })
  }

  /** `years`: what the screen asked for, so that a press that comes late answers no other question. Throws StoreError. */
  answerAge(years: number, isOldEnough: boolean): Outcome<null> {
    const [wish] = this.#wishes
    if (wish?.what !== 'product' || this.#stepOf(wish) !== 'age' || yearsFor(wish.product, wish.chosen.ingredients) !== years) return ok(null)
    return isOldEnough ? this.#known(wish.product, { ...wish.chosen, ageYears: years }) : this.dismiss()
  }

  /** Throws StoreError. */
  chooseModifiers(choices: Choices): Outcome<null> {
    const [wish] = this.#wishes
    if (wish === undefined || wish.what === 'variant' || this.#stepOf(wish) !== 'modifiers') return ok(null)
    const groups = wish.product.modifiers ?? []
    const modifiers = modifiersOf(groups, choices)
    if (!modifiers.ok) return modifiers
    if (wish.what === 'product') return this.#known(wish.product, { ...wish.chosen, modifiers: modifiers.value })
    const changed = this.#tendering.sell({ type: 'modifiers_set', line: wish.line, groups, choices })
    return changed.ok ? this.dismiss() : changed
  }

  /** Throws StoreError. */
  giveNumber(number: string): Outcome<null> {
    const [wish] = this.#wishes
    if (wish?.what !== 'product' || this.#stepOf(wish) !== 'number' || wish.product.tracks === undefined) return ok(null)
    if (!trackingNumber.safeParse(number).success) return fail('sale.bad_number')
    const { tracks, gtin } = wish.product
    const isThere = tracks === 'serial' && this.#tendering.sale.lines.some((line) => line.gtin === gtin && line.serials?.includes(number) === true)
    return isThere ? fail('sale.serial_twice', number) : this.#known(wish.product, { ...wish.chosen, [tracks]: number })
  }

  /** What a scan means for the question that stands: undefined if it is no answer, but a product. */
  answeredBy(text: string, product: ScannedProduct | undefined): Outcome<null> | undefined {
    const [wish] = this.#wishes
    if (wish?.what !== 'product' || this.#stepOf(wish) !== 'number') return undefined
    if (product?.gtin === undefined) return product === undefined ? this.giveNumber(text) : undefined
    const number = wish.product.tracks === 'serial' ? product.serial : product.batch
    if (gtin14(product.gtin) === gtin14(wish.product.gtin)) return number === undefined ? undefined : this.giveNumber(number)
    return this.#product(product.gtin) === undefined ? this.giveNumber(text) : undefined
  }

  // ---------------------------------------------------------------- inside

  /** An open payment is closed first: its amount is going to change. */
  #ask(wish: Wish): Outcome<null> {
    if (this.#wishes.length >= MAX_WISHES) return fail('sale.choose_first')
    const ready = this.#tendering.goOnSelling()
    if (!ready.ok) return ready
    this.#wishes = [...this.#wishes, wish]
    return ok(null)
  }

  #known(product: Product, chosen: Chosen): Outcome<null> {
    this.#wishes = [{ what: 'product', product, chosen }, ...this.#wishes.slice(1)]
    return this.#goOn()
  }

  /** Sells those at the front that need nothing more. One that cannot be sold leaves, so that it does not stand in the way of the others. */
  #goOn(): Outcome<null> {
    for (let [wish] = this.#wishes; wish !== undefined; [wish] = this.#wishes) {
      if (wish.what !== 'product' || this.#stepOf(wish) !== undefined) return ok(null)
      this.#wishes = this.#wishes.slice(1)
      const sold = this.#put(wish.product, wish.chosen)
      if (!sold.ok) return sold
    }
    return ok(null)
  }

  #put(product: Product, chosen: Chosen): Outcome<null> {
    return this.#tendering.sell({ type: 'product_added', product, ...(Object.keys(chosen).length === 0 ? {} : { chosen }) })
  }

  /** The first question that is open about it. */
  #stepOf(wish: Wish): ChoosingView['step'] | undefined {
    if (wish.what !== 'product') return wish.what === 'variant' ? 'variant' : 'modifiers'
    const { product, chosen } = wish
    const years = yearsFor(product, chosen.ingredients) ?? 0
    if (years > Math.max(chosen.ageYears ?? 0, this.#tendering.sale.ageYears ?? 0)) return 'age'
    if (product.modifiers !== undefined && chosen.modifiers === undefined) return 'modifiers'
    return product.tracks !== undefined && chosen[product.tracks] === undefined ? 'number' : undefined
  }

  #viewOf(wish: Wish): ChoosingView | undefined {
    const step = this.#stepOf(wish)
    if (wish.what === 'variant') return this.#variantView(wish.of)
    const { name, priceMinor, modifiers: groups = [], tracks } = wish.product
    if (wish.what === 'line') return { step: 'modifiers', name, unitMinor: priceMinor, groups, chosen: placesOf(groups, wish.modifiers) }
    const { clock, zoneMinutes } = this.#ports
    const now = clock.now()
    if (step === 'age') {
      const years = yearsFor(wish.product, wish.chosen.ingredients) ?? 0
      return { step, name, years, bornBy: bornBy(now, years, zoneMinutes(now)) }
    }
    if (step === 'modifiers') return { step, name, unitMinor: priceMinor, groups }
    return step === 'number' && tracks !== undefined ? { step, name, tracks } : undefined
  }

  #variantView(of: string): ChoosingView {
    const variants = this.#variantsOf(of)
    return {
      step: 'variant',
      name: of,
      options: variants[0]?.variant?.options.map(({ name }) => name) ?? [],
      variants: variants.map(({ gtin, priceMinor, variant }) => ({ gtin, priceMinor, values: variant?.options.map(({ value }) => value) ?? [] })),
    }
  }

  #variantsOf(of: string): readonly Product[] {
    const now = this.#ports.clock.now()
    return this.#ports.authority.products.filter(({ variant }) => variant?.of === of).map((product) => productAt(product, now))
  }

  #product(gtin: string): Product | undefined {
    const found = this.#ports.authority.product(gtin14(gtin))
    return found === undefined ? undefined : productAt(found, this.#ports.clock.now())
  }
}

/** Where what a line has now stands in the catalogue of now, which may have moved on. */
const placesOf = (groups: NonNullable<Product['modifiers']>, modifiers: readonly Modifier[]): readonly (readonly number[])[] =>
  groups.map(({ choices }) =>
    choices.flatMap(({ name, priceMinor }, at) => (modifiers.some((one) => one.name === name && one.priceMinor === priceMinor) ? [at] : [])),
  )
