import type { ErrorCode } from '#protocol/errors.ts'
import { fail, ok, unreachable, type Outcome } from '#protocol/outcome.ts'
import { CODE_PREFIX } from '#protocol/payment-code/code.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { readScan, type ScannedProduct } from '#protocol/barcode/scan.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { SaleEvent } from '../sale/basket.ts'
import { testPage } from '../sale/sample-page.ts'
import { FreezeWatch } from './freeze.ts'
import { Leaving, type LeavingPorts } from './leaving.ts'
import { compare, entriesWaiting, type Outbox } from './outbox.ts'
import { Paying, type PayingPorts } from './paying.ts'
import type { Peripherals } from './peripherals.ts'
import { meantBy } from './product-codes.ts'
import { Refunding, type RefundingPorts, type RefundWish } from './refunding.ts'
import { Tendering, type TenderPorts } from './tender.ts'
import { Weighing } from './weighing.ts'

/** With more than this to drain, a hub's decision would come too late to wait for: the policy decides at once. */
const BACKLOG_LIMIT = 200
/** Room for a payment from its intent to its end, many times over: one that has begun must be able to end. */
const ROOM_TO_BEGIN = 16 * 1024 * 1024

/** What can be done on a till that sells nothing: because its disk is full, its journal is another one than the hub's, or nobody is signed in. */
const withoutSelling: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'dismissNotice',
  'syncNow',
  'exportJournal',
  'closeShift',
  'signOut',
  'update',
  'reset',
  'dismissGate',
  'signIn',
])

export type CounterPorts = PayingPorts &
  RefundingPorts &
  Omit<TenderPorts, 'paying' | 'hubCanDecide' | 'mayBegin'> &
  Pick<LeavingPorts, 'exporter' | 'leave'> & {
    readonly peripherals: Peripherals
    readonly tillName: string
    outbox(): Outbox
    /** Entries of an older epoch are still to be carried over: no hub has them, and no export holds them. */
    salvaging(): boolean
    monotonic(): DurationMs
  }

/** What a person at the till can do, whichever screen or scanner says it. Commands throw StoreError where they write. */
export class Counter {
  readonly tendering: Tendering
  readonly refunding: Refunding
  readonly leaving: Leaving
  readonly weighing: Weighing
  readonly #ports: CounterPorts
  readonly #freezes: FreezeWatch

  constructor(ports: CounterPorts) {
    const { store, authority, outbox } = ports
    this.#ports = ports
    this.#freezes = new FreezeWatch(() => ports.monotonic())
    this.tendering = new Tendering({
      ...ports,
      paying: new Paying(ports),
      hubCanDecide: () => canDecide(outbox()),
      mayBegin: () => (store.roomBytes() < ROOM_TO_BEGIN ? fail('till.disk_nearly_full') : ok(null)),
    })
    this.weighing = new Weighing(this.tendering, ports.peripherals)
    this.refunding = new Refunding(ports)
    this.leaving = new Leaving({
      ...ports,
      head: () => outbox().head,
      stakes: () => ({
        payingNow: this.tendering.busy !== undefined,
        basketFilled: this.tendering.sale.lines.length > 0,
        outboxFilled: entriesWaiting(outbox()) > 0 || ports.salvaging(),
        refundsOpen: this.refunding.open,
      }),
      currency: () => authority.shop.currency,
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
    const isHarmless = command.type === 'dismissNotice' || (command.type === 'scan' && !command.text.trim().startsWith(CODE_PREFIX))
    if (this.#freezes.isStale && !isHarmless) return this.#noticed('till.input_discarded')
    if (this.leaving.left) return fail('till.core_restarting')
    if (withoutSelling.has(command.type)) return this.#do(command)
    if (refusesToSell !== undefined) return fail(refusesToSell)
    return this.leaving.signedOut ? this.#noticed('till.signed_out') : this.#do(command)
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
      case 'clearSale':
        weighing.cancel()
        return this.#told(this.#change({ type: 'cleared' }))
      case 'takeWeight':
        return weighing.take()
      case 'cancelWeighing':
        return done(weighing.cancel())
      case 'takePayment':
        return this.#told(weighing.isOpen ? fail('sale.weigh_first') : tendering.takePayment())
      case 'cancelPayment':
        return this.#told(tendering.cancelPayment())
      case 'continue':
        return done(tendering.continue())
      case 'reprint':
        return this.#reprint()
      case 'refund':
        return this.#giveBack(() => this.#refund(command))
      case 'voidSale':
        return this.#giveBack(() => this.refunding.voidSale(command.receiptNumber))
      case 'zeroScale':
        return this.#told(this.#ports.peripherals.ask({ do: 'zero' }))
      case 'tareScale':
        return this.#told(this.#ports.peripherals.ask({ do: 'tare' }))
      case 'openDrawer':
        return this.#told(this.#ports.peripherals.ask({ do: 'open_drawer' }))
      case 'printTestPage':
        return this.#told(this.#ports.peripherals.printTestPage(testPage(this.#ports.authority.shop.merchant, this.#ports.tillName)))
      case 'syncNow':
        return done(this.#ports.drain({ type: 'sync' }))
      case 'exportJournal':
        return this.#told(leaving.export())
      case 'closeShift':
      case 'signOut':
      case 'update':
      case 'reset':
        weighing.cancel()
        return leaving.ask(command.type)
      case 'dismissGate':
        return done(leaving.dismissGate())
      case 'signIn':
        return done(leaving.signIn())
      case 'dismissNotice':
        return done(this.#ports.notices.dismiss(command.notice))
      case 'enrol':
        return fail('wire.wrong_till', 'this till is enrolled')
      default:
        return unreachable(command)
    }
  }

  #scan(text: string, aim: string | undefined): Outcome<null> {
    if (text.startsWith(CODE_PREFIX)) return this.#told(this.tendering.scanned(text))
    const { labels, shop } = this.#ports.authority
    const product = readScan(text, aim, labels, shop.currency)
    if (product !== undefined) return product.ok ? this.#sell(product.value) : this.#noticed(product.code)
    if (/^\d{8,14}$/.test(text)) return this.#sell({ gtin: text })
    // Other wallets show 16 to 24 digits, or `fp` and a face token.
    if (/^(\d{16,24}|fp[0-9A-Za-z]{20,40})$/.test(text)) return this.#noticed('code.unknown_scheme')
    if (this.tendering.tender.stage === 'awaiting') return this.#noticed('code.malformed')
    const receipt = receiptNumberOf(text)
    return receipt === undefined ? this.#noticed('sale.unknown_product') : this.#noticed('sale.receipt_scanned', receipt)
  }

  #sell(scanned: ScannedProduct): Outcome<null> {
    const meant = meantBy(scanned, this.#ports.authority)
    if (!meant.ok) return this.#noticed(meant.code, meant.detail)
    switch (meant.value.type) {
      case 'piece':
        return this.#told(this.tendering.sell({ type: 'product_added', product: meant.value.product }))
      case 'to_weigh':
        return this.#told(this.weighing.open(meant.value.product))
      case 'weighed':
        return this.#told(this.weighing.sell(meant.value.product, meant.value.weight))
    }
  }

  /** The basket, without a scan. */
  #change(event: SaleEvent): Outcome<null> {
    const changed = this.tendering.sell(event)
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

const canDecide = ({ answering, head, received }: Outbox): boolean => answering && head.epoch === received.epoch && head.n - received.n <= BACKLOG_LIMIT

/** The answer of a command that cannot fail. */
const done = (_: void): Outcome<null> => ok(null)
