import type { ErrorCode } from '#protocol/errors.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { SoldView } from '#protocol/till-api/api.ts'
import { MAX_FOUND } from '#protocol/till-api/search.ts'
import type { EpochMs } from '#protocol/time.ts'
import { customerLines, type CustomerScene } from '../sale/customer-lines.ts'
import type { Authority } from './authority.ts'
import type { Draining } from './draining.ts'
import type { Leaving } from './leaving.ts'
import type { Notices } from './notices.ts'
import { entriesWaiting } from './outbox.ts'
import type { PaymentRecord, Payments } from './payments.ts'
import type { Peripherals } from './peripherals.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import type { Popularity } from './popularity.ts'
import type { Receipts } from './receipts.ts'
import type { Refunding } from './refunding.ts'
import type { Staff } from './staff.ts'
import { productView, shelvesOf } from './shelves.ts'
import type { Tender, Tendering } from './tender.ts'
import type { TillClock } from './till-clock.ts'
import { LISTED, soldView, viewOf } from './view.ts'
import type { Weighing } from './weighing.ts'

/** Everything that a screen shows something of. */
export type DisplayParts = {
  readonly identity: TillIdentity
  readonly clock: TillClock
  readonly authority: Authority
  readonly draining: Draining
  readonly payments: Payments
  readonly tendering: Tendering
  readonly refunding: Refunding
  readonly leaving: Leaving
  readonly receipts: Receipts
  readonly popularity: Popularity
  readonly weighing: Weighing
  readonly peripherals: Peripherals
  readonly notices: Notices
  readonly show: TillPorts['show']
  /** Runs what may find the disk unusable. */
  attempt<T>(action: () => Outcome<T>): Outcome<T>
  readonly staff: Staff
  /** Nobody can sell before somebody has signed in. */
  signedOut(): boolean
  /** Why nothing can be sold. */
  blocked(): ErrorCode | undefined
}

const NONE: readonly SoldView[] = []

/** Draws the till for its screens: whole views, and only those that differ from the last. */
export class Display {
  readonly #parts: DisplayParts
  /** Read anew when a sale that may be in it has changed. */
  #sold: readonly SoldView[] | undefined
  #revision = 0
  /** As text, but for the sold ones: they are most of a view and rarely others, so it is enough to see that the list is the same one. */
  #drawn = ''
  #drawnSold: readonly SoldView[] = NONE
  #linkSince: EpochMs
  #linkWas: 'online' | 'connecting' | 'offline' = 'connecting'

  constructor(parts: DisplayParts) {
    this.#parts = parts
    this.#linkSince = parts.clock.now()
  }

  /** A payment as it is on the disk now. */
  paymentChanged(record: PaymentRecord): void {
    if (record.receiptNumber === undefined) return
    const isNew = record.state === 'CAPTURED' && record.refundedMinor === 0
    this.#sold = isNew && this.#sold !== undefined ? [soldView(record), ...this.#sold].slice(0, LISTED) : undefined
  }

  /** For a screen that has just been opened: everything once more. */
  greet(): void {
    this.catalogue()
    this.#drawn = ''
    this.draw()
  }

  catalogue(): void {
    this.#parts.show({ type: 'catalogue', ...shelvesOf(this.#parts.authority.products, this.#parts.clock.now()) })
  }

  /** The answer to what somebody has typed. */
  found(text: string): void {
    const { authority, clock, popularity, show } = this.#parts
    const found = authority.search(text, (gtin) => popularity.of(gtin), MAX_FOUND)
    show({ type: 'found', text, products: found.map((product) => productView(product, clock.now())) })
  }

  draw(): void {
    const { identity, clock, authority, draining, payments, tendering, refunding, leaving, receipts, weighing, peripherals, notices } = this.#parts
    const { merchant, currency } = authority.shop
    const sold = this.#sold === undefined ? this.#parts.attempt(() => ok(payments.sold(LISTED).map(soldView))) : ok(this.#sold)
    if (sold.ok) this.#sold = sold.value
    const view = viewOf({
      identity,
      merchant,
      currency,
      policy: authority.policy,
      sale: tendering.sale,
      canUndo: tendering.canUndo,
      parked: tendering.parked.views,
      tender: tendering.tender,
      receipt: receipts.state,
      receiptCode: receipts.code,
      lastReceipt: receipts.newest,
      recovered: tendering.recovered,
      blocked: this.#parts.blocked(),
      signedOut: this.#parts.signedOut(),
      sold: this.#sold ?? NONE,
      refunds: refunding.last(LISTED),
      gate: leaving.gate,
      exported: leaving.exported,
      link: this.#link(),
      entriesWaiting: entriesWaiting(draining.outbox),
      waiting: payments.waiting,
      oldestAt: payments.oldestAt,
      situation: { now: clock.now(), clockDoubtful: clock.doubtful, offlineFor: clock.offlineFor(), tillExposureMinor: payments.exposureMinor },
      devices: peripherals.health,
      weighing: weighing.view,
      card: peripherals.cardOf(tendering.sale.id),
      drawer: peripherals.drawer,
      staff: this.#parts.staff.view,
      cashToPay: tendering.cashToPay,
      shift: leaving.shift,
      notices: notices.all,
    })
    this.#showCustomer()
    const { sold: listed, ...others } = view
    const drawn = JSON.stringify(others)
    if (drawn === this.#drawn && listed === this.#drawnSold) return
    this.#drawn = drawn
    this.#drawnSold = listed
    this.#revision += 1
    this.#parts.show({ type: 'view', view: { ...view, revision: this.#revision } })
  }

  /** The customer's own display, which shows no more than the sale. */
  #showCustomer(): void {
    const { authority, tendering, peripherals, blocked } = this.#parts
    const { merchant, currency } = authority.shop
    const isClosed = blocked() !== undefined || this.#parts.signedOut()
    peripherals.showCustomer(
      isClosed ? [merchant, 'Closed'] : customerLines({ shop: merchant, sale: tendering.sale, currency, paying: paying(tendering.tender) }),
    )
  }

  #link() {
    const { draining, clock } = this.#parts
    const { outbox } = draining
    const state = outbox.answering ? 'online' : outbox.connected ? 'connecting' : 'offline'
    // Offline since the hub was last heard, also when that was before a restart.
    if (state !== this.#linkWas) this.#linkSince = state === 'online' ? clock.now() : clock.lastHubTime || clock.now()
    this.#linkWas = state
    return { state, since: this.#linkSince } as const
  }
}

/** A refusal is for the cashier to say: the customer sees the basket that is still to be paid. */
function paying(tender: Tender): CustomerScene['paying'] {
  switch (tender.stage) {
    case 'none':
    case 'refused':
      return { stage: 'selling' }
    case 'awaiting':
      return { stage: 'awaiting', amountMinor: tender.amountMinor }
    case 'deciding':
    case 'unknown':
      return { stage: 'checking', amountMinor: tender.amountMinor }
    case 'approved': {
      const { amountMinor, cash } = tender.approval
      return { stage: 'approved', amountMinor, ...(cash === undefined ? {} : { changeMinor: cash.changeMinor }) }
    }
  }
}
