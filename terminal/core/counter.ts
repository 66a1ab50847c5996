import type { Card } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { fail, ok, unreachable, type Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { readScan, type ScannedProduct } from '#protocol/barcode/scan.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { SaleEvent } from '../sale/basket.ts'
import { testPage } from '../sale/sample-page.ts'
import { shiftReport, type ShiftReport } from '../sale/shift-report.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import { Abandoning } from './abandoning.ts'
import { FreezeWatch } from './freeze.ts'
import type { InstrumentPorts, Shown } from './instruments/instrument.ts'
import { Instruments } from './instruments/instruments.ts'
import { swipe } from './instruments/card.ts'
import { Leaving, type LeavingPorts } from './leaving.ts'
import { canDecide, compare, entriesWaiting, type Outbox } from './outbox.ts'
import { Paying, type PayingPorts } from './paying.ts'
import { PhonePaid } from './phone-paid.ts'
import type { Peripherals } from './peripherals.ts'
import { isForShoppers, withoutSelling } from './open-commands.ts'
import { meantBy } from './product-codes.ts'
import type { ReceiptSending } from './receipt-sending.ts'
import { Orders, type OrderPorts } from './orders.ts'
import { Refunding, type RefundingPorts, type RefundWish } from './refunding.ts'
import { Returning, type ReturningPorts } from './returning.ts'
import { Staff, type NamedPorts } from './staff.ts'
import { guardedBy, leavesNoEntry, type Guarded } from './staff-acts.ts'
import type { TenderPorts } from './tender-stage.ts'
import { Tendering } from './tender.ts'
import { CARD_PREFIX } from '#protocol/loyalty/card.ts'
import { Choosing } from './choosing.ts'
import type { Customers } from './customers.ts'
import { GoodsDesk } from './goods-desk.ts'
import { Weighing } from './weighing.ts'

/** Room for a payment from its intent to its end, many times over: one that has begun must be able to end. */
const ROOM_TO_BEGIN = 16 * 1024 * 1024

export type CounterPorts = Omit<PayingPorts, keyof NamedPorts> &
  Pick<PayingPorts, 'record' | 'nextPlace'> &
  RefundingPorts &
  Omit<ReturningPorts, 'cashier'> &
  Omit<TenderPorts, 'paying' | 'phonePaid' | 'fetched' | 'instruments' | 'abandoning' | 'hubCanDecide' | 'mayBegin'> &
  InstrumentPorts &
  Pick<OrderPorts, 'settled'> &
  Pick<LeavingPorts, 'exporter' | 'leave'> & {
    readonly peripherals: Peripherals
    readonly customers: Customers
    readonly sending: Pick<ReceiptSending, 'send'>
    readonly tillName: string
    readonly practice: boolean | undefined
    readonly kiosk: boolean | undefined
    /** Tells the screens what fits this text. */
    search(text: string): void
    outbox(): Outbox
    /** Entries of an older epoch are still to be carried over: no hub has them, and no export holds them. */
    salvaging(): boolean
    /** Other tills' entries are on this disk, of which the hub has not said that they are safe. */
    keepsCopies(): boolean
    monotonic(): DurationMs
  }

/** What a person at the till can do, whichever screen or scanner says it. Commands throw StoreError where they write. */
export class Counter {
  readonly tendering: Tendering
  readonly refunding: Refunding
  readonly returning: Returning
  readonly orders: Orders
  readonly leaving: Leaving
  readonly weighing: Weighing
  readonly choosing: Choosing
  readonly staff: Staff
  readonly #ports: CounterPorts & NamedPorts
  readonly #freezes: FreezeWatch
  readonly #instruments: Instruments
  readonly #goods: GoodsDesk
  /** In memory: after a stop everything counts again. */
  #training = false

  constructor(own: CounterPorts) {
    this.staff = new Staff(own)
    const ports = { ...own, ...this.staff.ports() }
    const { store, authority, outbox } = ports
    this.#ports = ports
    this.#freezes = new FreezeWatch(() => ports.monotonic())
    this.#instruments = new Instruments(ports, ports.credits)
    this.orders = new Orders(ports)
    this.tendering = new Tendering({
      ...ports,
      instruments: this.#instruments,
      phonePaid: new PhonePaid(ports),
      abandoning: new Abandoning(ports),
      paying: new Paying(ports),
      fetched: (receiptNumber) => this.orders.fetched(receiptNumber),
      hubCanDecide: () => canDecide(outbox()),
      mayBegin: () => (store.roomBytes() < ROOM_TO_BEGIN ? fail('till.disk_nearly_full') : ok(null)),
    })
    this.weighing = new Weighing(this.tendering, ports.peripherals)
    // A shop's till stands in the shop's time zone.
    this.choosing = new Choosing(this.tendering, { ...ports, zoneMinutes: (at) => -new Date(at).getTimezoneOffset() })
    this.#goods = new GoodsDesk({ ...ports, tendering: this.tendering, choosing: this.choosing })
    this.refunding = new Refunding(ports)
    this.returning = new Returning(ports)
    this.leaving = new Leaving({
      ...ports,
      head: () => outbox().head,
      stakes: () => ({
        payingNow: this.tendering.busy !== undefined && this.tendering.busy !== 'sale.partly_paid',
        partlyPaid: this.tendering.partlyPaid,
        basketFilled: this.tendering.sale.lines.length > 0,
        salesParked: !this.tendering.parked.isEmpty,
        outboxFilled: entriesWaiting(outbox()) > 0 || ports.salvaging(),
        copiesKept: ports.keepsCopies(),
        refundsOpen: this.refunding.open,
      }),
      currency: () => authority.shop.currency,
      closed: (report) => void this.#printReport('Z', report),
    })
  }

  /** To be called by a timer, twice a second. Throws StoreError. */
  tick(): void {
    this.#freezes.tick()
    const { answering, received, head } = this.#ports.outbox()
    if (answering && compare(received, head) === 0) this.refunding.remind(this.#ports.monotonic())
  }

  /** `refusesToSell`: why the till sells nothing. What keeps money from being lost can be done all the same. */
  perform(command: Command, refusesToSell: ErrorCode | undefined): Outcome<null> {
    // A product shows in the basket and takes nobody's money: a scan of one is not thrown away.
    const isHarmless =
      command.type === 'dismissNotice' || command.type === 'search' || (command.type === 'scan' && !this.#instruments.knows(codeIn(command.text)))
    if (this.#freezes.isStale && !isHarmless) return this.#noticed('till.input_discarded')
    if (this.leaving.left) return fail('till.core_restarting')
    if (this.staff.atKiosk && !isForShoppers(command, this.staff.isKept)) return fail('till.kiosk')
    const person = command.type === 'scan' ? this.staff.byBadge(command.text.trim()) : undefined
    if (person !== undefined) return this.staff.asking === undefined ? this.#enter(person) : this.#allow(person, refusesToSell)
    if (command.type === 'allow') return this.#allowByPin(command, refusesToSell)
    return this.#permitted(command, refusesToSell)
  }

  /** A card was drawn through the reader. It pays where a payment is awaited, and nothing else. */
  swiped(card: Card, refusesToSell: ErrorCode | undefined): Outcome<null> {
    if (refusesToSell !== undefined) return fail(refusesToSell)
    if (this.signedOut) return this.#noticed('till.signed_out')
    if (this.tendering.tender.stage !== 'awaiting') return this.#noticed('device.card_not_taken')
    return this.#told(this.tendering.presented(swipe(card)))
  }

  /** What is done from now on is to be done on another till, whose journal goes nowhere (`training.ts`). */
  get training(): boolean {
    return this.#training
  }

  /** Nobody can sell here before somebody has signed in. At a kiosk nobody ever does. */
  get signedOut(): boolean {
    return !this.staff.atKiosk && (this.leaving.signedOut || (this.staff.isKept && this.staff.signedIn === undefined))
  }

  /** What is left to be decided about a command: whether the till sells, whether somebody is signed in, and whether their role is enough. */
  #permitted(command: Command, refusesToSell: ErrorCode | undefined, allowedBy?: StaffMember): Outcome<null> {
    if (!withoutSelling.has(command.type)) {
      if (refusesToSell !== undefined) return fail(refusesToSell)
      if (this.signedOut) return this.#noticed('till.signed_out')
    }
    const guarded = this.staff.isKept ? this.#guarded(command) : undefined
    if (guarded === undefined) return this.#do(command)
    const may = this.staff.mayDo(guarded, command, allowedBy)
    if (!may.ok) return may
    return this.staff.named(guarded, allowedBy, () => {
      if (leavesNoEntry.has(guarded.act)) this.#ports.journalAct()
      return this.#do(command)
    })
  }

  #guarded(command: Command): Guarded | undefined {
    return guardedBy(command, {
      currency: this.#ports.authority.shop.currency,
      countDiffers: (countedMinor) => this.leaving.countDiffers(countedMinor),
    })
  }

  #enter(person: StaffMember): Outcome<null> {
    // Whoever came to help has gone by the time the next shopper is there.
    if (this.staff.atKiosk) return this.#noticed('staff.nothing_asked')
    this.staff.enter(person)
    this.leaving.signIn()
    return ok(null)
  }

  /** By PIN where people are told apart. */
  #signIn({ staff: id, pin }: Extract<Command, { type: 'signIn' }>): Outcome<null> {
    if (!this.staff.isKept) return done(this.leaving.signIn())
    if (id === undefined || pin === undefined) return fail('staff.unknown')
    const known = this.staff.byPin(id, pin)
    return known.ok ? this.#enter(known.value) : known
  }

  #signOut(): Outcome<null> {
    const left = this.leaving.ask('signOut')
    if (left.ok) this.staff.leave()
    return left
  }

  #allowByPin({ staff: id, pin }: Extract<Command, { type: 'allow' }>, refusesToSell: ErrorCode | undefined): Outcome<null> {
    if (this.staff.asking === undefined) return fail('staff.nothing_asked')
    const known = this.staff.byPin(id, pin)
    return known.ok ? this.#allow(known.value, refusesToSell) : known
  }

  /** What was refused is done, once, exactly as it was asked for. */
  #allow(person: StaffMember, refusesToSell: ErrorCode | undefined): Outcome<null> {
    const asked = this.staff.takeAsked(person)
    return asked.ok ? this.#permitted(asked.value, refusesToSell, person) : this.#noticed(asked.code)
  }

  /** The hub's answer to a refund that was asked for here. */
  refundAnswered(bytes: Uint8Array): Outcome<unknown> {
    const answered = this.refunding.answered(bytes)
    if (answered.ok && answered.value.declined !== undefined) this.#noticed(answered.value.declined)
    return answered
  }

  #do(command: Command): Outcome<null> {
    const { tendering, leaving, weighing } = this
    switch (command.type) {
      case 'scan':
        return this.#scan(command.text.trim(), command.aim)
      case 'addProduct':
        return this.#sell({ gtin: command.gtin })
      case 'setQuantity':
        return this.#told(this.#change({ type: 'quantity_set', line: command.line, quantity: command.quantity }))
      case 'search':
        return done(this.#ports.search(command.text))
      case 'clearSale':
        this.#dropQuestions()
        return this.#told(this.#change({ type: 'cleared' }))
      case 'discountLine':
        return this.#told(tendering.sell({ type: 'line_discounted', line: command.line, discount: command.discount ?? undefined }))
      case 'discountSale':
        return this.#told(tendering.sell({ type: 'sale_discounted', discount: command.discount ?? undefined }))
      case 'setPrice':
        return this.#told(tendering.sell({ type: 'price_set', line: command.line, unitMinor: command.unitMinor }))
      case 'addCoupon':
        return this.#told(tendering.sell({ type: 'coupon_added', code: command.code }))
      case 'removeCoupon':
        return this.#told(tendering.sell({ type: 'coupon_removed', code: command.code }))
      case 'setNote':
        return this.#told(tendering.sell({ type: 'note_set', note: command.note ?? undefined }))
      case 'undo':
        return this.#told(this.#linesMayGo(tendering.undo()))
      case 'redo':
        return this.#told(this.#linesMayGo(tendering.redo()))
      case 'park':
        this.#dropQuestions()
        return this.#told(this.#linesMayGo(tendering.park()))
      case 'recall':
        this.#dropQuestions()
        return this.#told(this.#linesMayGo(tendering.recall(command.id)))
      case 'openVariants':
      case 'answerAge':
      case 'chooseModifiers':
      case 'changeModifiers':
      case 'giveNumber':
      case 'cancelChoosing':
      case 'returnEmpties':
      case 'payOutEmpties':
      case 'exemptSale':
      case 'removeCustomer':
      case 'spendPoints':
        return this.#told(this.#goods.do(command))
      case 'takeWeight':
        return weighing.take()
      case 'cancelWeighing':
        return done(weighing.cancel())
      case 'takePayment':
        return this.#told(this.#unanswered ?? tendering.takePayment(command.amountMinor))
      case 'cancelPayment':
        return this.#told(tendering.cancelPayment())
      case 'continue':
        return done(tendering.continue())
      case 'reprint':
        return this.#reprint()
      case 'sendReceipt':
        return this.#ports.sending.send(command.receiptNumber, command.address)
      case 'placeOrder':
      case 'placeDeposit':
      case 'handOver':
      case 'leaveOrder':
        return this.#told(this.orders.do(command, tendering))
      case 'refund':
        return this.#giveBack(() => this.#refund(command))
      case 'openReturn':
        return this.returning.open(command.receiptNumber)
      case 'chooseReturn':
        return this.returning.choose(command.lines)
      case 'closeReturn':
        return done(this.returning.close())
      case 'returnGoods':
        return this.#giveBack(() => this.returning.returnGoods(command))
      case 'returnBasket':
        return this.#told(this.#unanswered ?? tendering.returnBasket((sale, put) => this.returning.returnLoose(command, sale, put)))
      case 'payWithReturn':
        return this.#told(this.#payWithReturn())
      case 'voidSale':
        return this.#giveBack(() => this.refunding.voidSale(command.receiptNumber))
      case 'zeroScale':
      case 'tareScale':
        return this.#told(this.#ports.peripherals.ask({ do: command.type === 'zeroScale' ? 'zero' : 'tare' }))
      case 'openDrawer':
        return this.#told(this.#ports.peripherals.ask({ do: 'open_drawer' }))
      case 'printTestPage':
        return this.#told(this.#ports.peripherals.printPage('test', testPage(this.#ports.authority.shop.merchant, this.#ports.tillName)))
      case 'syncNow':
        return done(this.#ports.drain({ type: 'sync' }))
      case 'exportJournal':
        return this.#told(leaving.export())
      case 'payCash':
        return this.#told(this.#unanswered ?? tendering.payCash(command))
      case 'setTip':
        return this.#told(tendering.setTip(command.tipMinor))
      case 'abandonSale':
        return this.#told(tendering.abandon())
      case 'openShift':
        return this.#told(leaving.openShift(command.floatMinor))
      case 'moveCash':
        return this.#told(leaving.moveCash(command))
      case 'printXReport':
        return this.#told(this.#printReport('X', leaving.report))
      case 'closeShift':
        this.#dropQuestions()
        return leaving.ask(command.type, command.countedMinor, command.foreign)
      case 'signOut':
        this.#dropQuestions()
        return this.#signOut()
      case 'update':
      case 'reset':
        this.#dropQuestions()
        return leaving.ask(command.type)
      case 'dismissGate':
        return done(leaving.dismissGate())
      case 'signIn':
        return this.#signIn(command)
      case 'allow':
        return fail('staff.nothing_asked')
      case 'dismissAsking':
        return done(this.staff.dismissAsking())
      case 'startTraining':
        return this.#told(this.#startTraining())
      case 'stopTraining':
        return done(this.#stopTraining())
      case 'dismissNotice':
        return done(this.#ports.notices.dismiss(command.notice))
      case 'callForHelp':
      case 'takeBackCall':
        return fail('wire.no_answer', 'nobody listens here')
      case 'enrol':
        return fail('wire.wrong_till', 'this till is enrolled')
      default:
        return unreachable(command)
    }
  }

  /** An exchange: what came back pays for what lies in the basket, as if its paper had been scanned. */
  #payWithReturn(): Outcome<null> {
    const code = this.returning.lastCode
    if (code === undefined) return fail('return.no_lines')
    const open = this.#unanswered ?? this.tendering.takePayment()
    return open.ok ? this.tendering.presented({ type: 'code', text: code }) : open
  }

  /** Not beside a basket or a payment that counts. */
  #startTraining(): Outcome<null> {
    const { busy, sale, parked } = this.tendering
    if (busy !== undefined) return fail(busy)
    if (sale.lines.length > 0 || this.weighing.isOpen || this.choosing.isOpen) return fail('gate.open_basket')
    if (!parked.isEmpty) return fail('gate.parked_sale')
    this.#ports.journalAct()
    this.tendering.continue()
    this.#training = true
    return ok(null)
  }

  #stopTraining(): void {
    if (this.#training) this.staff.stoppedTraining()
    this.#training = false
  }

  #scan(text: string, aim: string | undefined): Outcome<null> {
    if (this.#instruments.knows(codeIn(text))) return this.#told(this.tendering.presented(codeIn(text)))
    if (text.startsWith(CARD_PREFIX)) return this.#told(this.#ports.customers.identify(text, this.tendering))
    const { labels, shop, terms } = this.#ports.authority
    if (terms.promotions?.some(({ coupon }) => coupon === text) === true) return this.#told(this.tendering.sell({ type: 'coupon_added', code: text }))
    const product = readScan(text, aim, labels, shop.currency)
    const answered = this.choosing.answeredBy(text, product?.ok === true ? product.value : undefined)
    if (answered !== undefined) return this.#told(answered)
    if (product !== undefined) return product.ok ? this.#sell(product.value) : this.#noticed(product.code)
    if (/^\d{8,14}$/.test(text)) return this.#sell({ gtin: text })
    // Other wallets show 16 to 24 digits, or `fp` and a face token.
    if (/^(\d{16,24}|fp[0-9A-Za-z]{20,40})$/.test(text)) return this.#noticed('code.unknown_scheme')
    if (this.tendering.tender.stage === 'awaiting') return this.#noticed('code.malformed')
    const receipt = receiptNumberOf(text)
    if (receipt !== undefined && this.orders.owes(receipt)) return this.#told(this.orders.do({ type: 'handOver', receiptNumber: receipt }, this.tendering))
    return receipt === undefined ? this.#noticed('sale.unknown_product') : this.#noticed('sale.receipt_scanned', receipt)
  }

  #sell(scanned: ScannedProduct): Outcome<null> {
    const meant = meantBy(scanned, this.#ports.authority, this.#ports.clock.now())
    if (!meant.ok) return this.#noticed(meant.code, meant.detail)
    switch (meant.value.type) {
      case 'piece':
        return this.#told(this.choosing.sell(meant.value.product, scanned))
      case 'to_weigh':
        return this.#told(this.weighing.open(meant.value.product))
      case 'weighed':
        return this.#told(this.weighing.sell(meant.value.product, meant.value.weight))
    }
  }

  /** What is not in the basket yet cannot be paid for, and points that are gone cannot pay. */
  get #unanswered(): Outcome<null> | undefined {
    if (this.weighing.isOpen) return fail('sale.weigh_first')
    if (this.choosing.isOpen) return fail('sale.choose_first')
    const points = this.#ports.customers.mayPay(this.tendering)
    return points.ok ? undefined : points
  }

  #dropQuestions(): void {
    this.weighing.cancel()
    this.choosing.cancel()
  }

  /** The basket, without a scan. */
  #change(event: SaleEvent): Outcome<null> {
    return this.#linesMayGo(this.tendering.sell(event))
  }

  /** Goods whose line left the basket may be weighed as something else. */
  #linesMayGo(changed: Outcome<null>): Outcome<null> {
    if (changed.ok) this.weighing.linesRemoved()
    return changed
  }

  #reprint(): Outcome<null> {
    const { receipts } = this.#ports
    return receipts.newest === undefined || receipts.copy() ? ok(null) : this.#noticed('device.absent')
  }

  /** Not while a payment is open: one thing at a time. Its receipt is then the last one, so an approval leaves the screen. */
  #giveBack(act: () => Outcome<null>): Outcome<null> {
    const { busy } = this.tendering
    if (busy !== undefined) return fail(busy)
    const outcome = act()
    if (outcome.ok) this.tendering.continue()
    return outcome
  }

  #refund(wish: RefundWish): Outcome<null> {
    const refunded = this.refunding.refund(wish, this.#ports.authority.shop.currency)
    if (!refunded.ok) return refunded
    if (refunded.value === 'requested' && !this.#ports.outbox().answering) this.#noticed('refund.needs_hub')
    return ok(null)
  }

  #printReport(kind: 'X' | 'Z', report: ShiftReport): Outcome<null> {
    const { peripherals, authority, tillName } = this.#ports
    const { merchant, store, timeZone } = authority.shop
    const language = authority.terms.receiptLanguage
    return peripherals.printPage('shift', shiftReport(kind, report, { merchant, store, till: tillName, language, timeZone }))
  }

  #noticed(code: ErrorCode, detail?: string): Outcome<null> {
    this.#ports.notices.add(code, this.#ports.clock.now(), detail)
    return detail === undefined ? fail(code) : fail(code, detail)
  }

  /** A refusal that the screen would not explain without a notice. */
  #told(outcome: Outcome<null>): Outcome<null> {
    if (outcome.ok) return outcome
    const { tender } = this.tendering
    const standsBesideThePayment = tender.stage === 'awaiting' && tender.refused?.code === outcome.code
    return standsBesideThePayment ? outcome : this.#noticed(outcome.code, outcome.detail)
  }
}

/** The answer of a command that cannot fail. */
const done = (_: void): Outcome<null> => ok(null)

const codeIn = (text: string): Shown => ({ type: 'code', text: text.trim() })
