import type { Weight } from '#protocol/device/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { WeighingView } from '#protocol/till-api/api.ts'
import { weighingView, weightOn, type WeighedProduct } from '../sale/weighing.ts'
import type { Peripherals } from './peripherals.ts'
import type { Tendering } from './tender.ts'

/** The largest price of a unit that scales which compute prices can be told: six digits. Others weigh anyway. */
const MAX_TOLD_MINOR = 999_999

/**
 * The product that is to be weighed. It is on no disk: until its weight is taken there is no line, and a till that comes back has forgotten it,
 * which whoever stands before the scale sees.
 */
export class Weighing {
  readonly #tendering: Tendering
  readonly #peripherals: Peripherals
  #product: WeighedProduct | undefined
  /** The line that was weighed last. */
  #last: { readonly sale: Id; readonly line: string | undefined } | undefined

  constructor(tendering: Tendering, peripherals: Peripherals) {
    this.#tendering = tendering
    this.#peripherals = peripherals
    // What was weighed before a stop may lie there still.
    const { id: sale, lines } = tendering.sale
    const before = lines.findLast(({ weight }) => weight !== undefined)
    if (before === undefined) return
    this.#last = { sale, line: before.id }
    peripherals.tookWeight(before.weight)
  }

  get isOpen(): boolean {
    return this.#product !== undefined
  }

  get view(): WeighingView | undefined {
    return this.#product === undefined ? undefined : weighingView(this.#product, this.#peripherals.scale)
  }

  /** Another product takes the place of one that was not weighed yet. An open payment is closed: its amount is going to change. */
  open(product: WeighedProduct): Outcome<null> {
    const ready = this.#tendering.goOnSelling()
    if (!ready.ok) return ready
    this.#product = product
    this.#peripherals.ask({ do: 'weigh', unitMinor: Math.min(product.priceMinor, MAX_TOLD_MINOR) })
    return ok(null)
  }

  cancel(): void {
    this.#product = undefined
  }

  /** Puts what lies on the scale into the basket. Pressed again it does nothing: the same goods are not sold twice. Throws StoreError. */
  take(): Outcome<null> {
    const product = this.#product
    if (product === undefined) return ok(null)
    const weight = weightOn(this.#peripherals.scale, product.soldBy)
    if (!weight.ok) return weight
    const sold = this.sell(product, weight.value)
    if (!sold.ok) return sold
    this.#product = undefined
    const { id: sale, touched: line } = this.#tendering.sale
    this.#last = { sale, line }
    this.#peripherals.tookWeight(weight.value)
    return sold
  }

  /** Lines may have left the basket unpaid. What was weighed for one of them may be weighed as something else where it lies. */
  linesRemoved(): void {
    const { id, lines } = this.#tendering.sale
    if (this.#last?.sale !== id || lines.some((line) => line.id === this.#last?.line)) return
    this.#last = undefined
    this.#peripherals.tookWeight(undefined)
  }

  /** A weight that is known without the till's own scale, from a label. Throws StoreError. */
  sell(product: WeighedProduct, weight: Weight): Outcome<null> {
    return this.#tendering.sell({ type: 'product_weighed', product, weight })
  }
}
