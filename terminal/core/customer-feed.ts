import { createHmac } from 'node:crypto'
import { customerView, slidesOf, type CustomerView, type ToCustomer } from '#protocol/till-api/customer.ts'
import type { Shelves, ToScreen } from '#protocol/till-api/api.ts'
import type { Clock } from '#protocol/time.ts'

/**
 * The secret of a launch's customer displays, derived one way from that of its screens: whoever starts a till knows both without passing another one, and
 * whoever has this one cannot find the other.
 */
export const customerToken = (screenToken: string): string => createHmac('sha256', screenToken).update('customer display').digest('base64url')

/** What customers see of what a till tells its screens: whole views, and only those that differ from the last. */
export class CustomerFeed {
  readonly #clock: Pick<Clock, 'now'>
  readonly #show: (message: ToCustomer) => void
  #shelves: Shelves | undefined
  #view: CustomerView | undefined
  #shown = ''
  #slidesShown = ''

  constructor(clock: Pick<Clock, 'now'>, show: (message: ToCustomer) => void) {
    this.#clock = clock
    this.#show = show
  }

  told(message: ToScreen): void {
    if (message.type === 'catalogue') {
      this.#shelves = message
      this.#showSlides()
    }
    if (message.type !== 'view') return
    const wasIdle = this.#view?.stage.name === 'idle'
    this.#view = customerView(message.view)
    // Offers begin and end meanwhile.
    if (!wasIdle && this.#view.stage.name === 'idle') this.#showSlides()
    this.#showView()
  }

  /** For a display that has just been opened: everything once more. */
  greet(): void {
    this.#shown = ''
    this.#slidesShown = ''
    this.#showSlides()
    this.#showView()
  }

  #showView(): void {
    const text = JSON.stringify(this.#view)
    if (this.#view === undefined || text === this.#shown) return
    this.#shown = text
    this.#show({ type: 'view', view: this.#view })
  }

  #showSlides(): void {
    if (this.#shelves === undefined) return
    const slides = slidesOf(this.#shelves, this.#clock.now())
    const text = JSON.stringify(slides)
    if (text === this.#slidesShown) return
    this.#slidesShown = text
    this.#show({ type: 'slides', slides })
  }
}
