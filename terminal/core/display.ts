import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { SoldView } from '#protocol/till-api/api.ts'
import { MAX_FOUND } from '#protocol/till-api/search.ts'
import type { EpochMs } from '#protocol/time.ts'
import { customerLines, type CustomerScene } from '../sale/customer-lines.ts'
import type { Authority } from './authority.ts'
import type { Choosing } from './choosing.ts'
import type { Customers } from './customers.ts'
import type { Draining } from './draining.ts'
import type { Lanes } from './lanes.ts'
import type { Leaving } from './leaving.ts'
import type { Notices } from './notices.ts'
import { entriesWaiting } from './outbox.ts'
import type { PaymentRecord, Payments } from './payments.ts'
import type { Orders } from './orders.ts'
import type { Peripherals } from './peripherals.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import type { Popularity } from './popularity.ts'
import { receiptSigning } from './receipt-signing.ts'
import type { ReceiptSending } from './receipt-sending.ts'
import type { Receipts } from './receipts.ts'
import type { Refunding } from './refunding.ts'
import type { Returning } from './returning.ts'
import type { Staff } from './staff.ts'
import { forCustomers, shelvesOf, withVariants } from './shelves.ts'
import type { Tender } from './tender-stage.ts'
import type { Tendering } from './tender.ts'
import type { TillClock } from './till-clock.ts'
import { MAX_PARTS } from '../sale/tenders.ts'
import { LISTED, soldViews, viewOf } from './view.ts'
import type { Weighing } from './weighing.ts'

/** Everything that a screen shows something of. */
export type DisplayParts = {
  readonly identity: TillIdentity
  readonly clock: TillClock
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly authority: Authority
  readonly draining: Draining
  readonly payments: Payments
  readonly lanes: Lanes | undefined
  readonly tendering: Tendering
  readonly refunding: Refunding
  readonly returning: Returning
  readonly orders: Orders
  readonly leaving: Leaving
  readonly receipts: Receipts
  readonly sending: Pick<ReceiptSending, 'view'>
  readonly popularity: Popularity
  readonly weighing: Weighing
  readonly choosing: Choosing
  readonly customers: Customers
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
  readonly #signed: ReturnType<typeof receiptSigning>
  /** Read anew when a sale that may be in it has changed. */
  #sold: readonly SoldView[] | undefined
  /** The number of the sale that is paid in part, and so not among them. */
  #soldWithout: string | undefined
  #revision = 0
  /** As text, but for the sold ones: they are most of a view and rarely others, so it is enough to see that the list is the same one. */
  #drawn = ''
  #drawnSold: readonly SoldView[] = NONE
  #linkSince: EpochMs
  #linkWas: 'online' | 'connecting' | 'offline' = 'connecting'

  constructor(parts: DisplayParts) {
    this.#parts = parts
    this.#signed = receiptSigning({
      signer: parts.identity.signer,
      crypto: parts.crypto,
      heading: () => ({ ...parts.authority.shop, language: parts.authority.terms.receiptLanguage }),
    })
    this.#linkSince = parts.clock.now()
  }

  /** A payment as it is on the disk now. */
  paymentChanged(record: PaymentRecord): void {
    if (record.receiptNumber === undefined) return
    const isNew = record.state === 'CAPTURED' && record.refundedMinor === 0
    const isAnother = this.#soldWithout === undefined && this.#sold?.[0]?.receiptNumber !== record.receiptNumber
    this.#sold = isNew && isAnother && this.#sold !== undefined ? [...soldViews([record]), ...this.#sold].slice(0, LISTED) : undefined
  }

  /** For a screen that has just been opened: everything once more. */
  greet(): void {
    this.catalogue()
    this.#drawn = ''
    this.draw()
  }

  catalogue(): void {
    const { authority, clock, show } = this.#parts
    show({
      type: 'catalogue',
      ...shelvesOf(authority.products, clock.now()),
      ...(authority.deposits.length === 0 ? {} : { deposits: authority.deposits }),
      ...forCustomers(authority.terms),
    })
  }

  /** The answer to what somebody has typed. */
  found(text: string): void {
    const { authority, clock, popularity, show } = this.#parts
    const found = authority.search(text, (gtin) => popularity.of(gtin), MAX_FOUND)
    show({ type: 'found', text, products: withVariants(found, authority.products, clock.now()) })
  }

  draw(): void {
    const { identity, clock, authority, draining, payments, lanes, tendering, refunding, returning, leaving, receipts, weighing, peripherals, notices } =
      this.#parts
    const { merchant, currency } = authority.shop
    const { receiptNumber } = tendering.tenders
    if (receiptNumber !== this.#soldWithout) this.#sold = undefined
    this.#soldWithout = receiptNumber
    const sold = this.#sold === undefined ? this.#parts.attempt(() => ok(soldViews(payments.sold(LISTED + MAX_PARTS), receiptNumber))) : ok(this.#sold)
    if (sold.ok) this.#sold = sold.value
    const view = viewOf({
      identity,
      merchant,
      currency,
      customerLanguage: authority.terms.receiptLanguage,
      policy: authority.policy,
      sale: tendering.sale,
      canUndo: tendering.canUndo,
      canRedo: tendering.canRedo,
      parked: tendering.parked.views,
      tender: tendering.tender,
      receipt: receipts.state,
      signedReceipt: this.#signed.sale,
      lastReturned: receipts.returned && { number: receipts.returned.receiptNumber, text: this.#signed.returned(receipts.returned) },
      receiptCode: receipts.code,
      lastReceipt: receipts.newest,
      recovered: tendering.recovered,
      blocked: this.#parts.blocked(),
      signedOut: this.#parts.signedOut(),
      kiosk: this.#parts.staff.atKiosk,
      sold: this.#sold ?? NONE,
      refunds: refunding.last(LISTED),
      returning: returning.view,
      returned: returning.last,
      sending: this.#parts.sending.view,
      orders: this.#parts.orders.views(tendering.tenders.order),
      returnsWithoutReceipt: authority.terms.returns?.withoutReceipt,
      gate: leaving.gate,
      exported: leaving.exported,
      link: this.#link(),
      entriesWaiting: entriesWaiting(draining.outbox),
      onlyHere: lanes?.onlyHere,
      waiting: payments.waiting,
      oldestAt: payments.oldestAt,
      situation: {
        now: clock.now(),
        clockDoubtful: clock.doubtful,
        offlineFor: clock.offlineFor(),
        tillExposureMinor: payments.exposureMinor,
        sliceLentMinor: lanes?.sliceLentMinor ?? 0,
        ...authority.denyStanding,
      },
      devices: peripherals.health,
      weighing: weighing.view,
      choosing: this.#parts.choosing.view,
      customer: this.#parts.customers.view(tendering),
      card: peripherals.cardOf(tendering.sale.id),
      drawer: peripherals.drawer,
      staff: this.#parts.staff.view,
      tenders: tendering.tenders,
      payable: tendering.payable.ok,
      terms: authority.terms,
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
