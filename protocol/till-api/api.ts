import { z } from 'zod'
import type { ExchangeTold } from '../exchange/told.ts'
import type { DeviceHealth, ScaleReading, Weight, WeightUnit } from '../device/messages.ts'
import type { ErrorCode } from '../errors.ts'
import type { Picture } from '../hub/messages.ts'
import { MAX_ADDRESS } from '../receipt-address.ts'
import { discount } from '../hub/offers.ts'
import { amount, currency, MAX_CASH_MINOR, productName } from '../journal/entry.ts'
import { orderCommands, type OrderView } from './orders.ts'
import { returnCommands, type ReturnedView, type ReturningView } from './returns.ts'
import { ID_PATTERN, type Id } from '../ids.ts'
import type { AllowanceView } from './allowance.ts'
import type { ThisTill } from './this-till.ts'
import type { Currency, Minor, Money, Ppm } from '../money.ts'
import type { Outcome } from '../outcome.ts'
import type { GuardedAct } from '../staff/acts.ts'
import { pinText, type Role } from '../staff/staff.ts'
import type { EpochMs } from '../time.ts'
import { goodsCommands, type ChoosingView, type GoodsOfLine, type GoodsOfSale } from './goods.ts'
import { MAX_SEARCH } from './search.ts'
import type { GateAction } from './leaving.ts'

/**
 * Screen ⇄ core, the same over Electron's message port and over the loopback WebSocket. The core decides; a screen sends commands and
 * draws the last view. Views are whole, never patches: a screen that missed some has lost nothing.
 */
export const MAX_COMMAND_BYTES = 16 * 1024

const id = z.string().min(1).max(64)
const cashAmount = amount.max(MAX_CASH_MINOR)
const receiptNumber = z.string().min(1).max(32)

export const command = z.discriminatedUnion('type', [
  /** A code that the screen itself read: typed, keyboard wedge or camera. The same path as a scanner's. */
  z.strictObject({
    type: z.literal('scan'),
    text: z.string().min(1).max(4096),
    /** AIM symbology identifier (ISO/IEC 15424), where the reader tells it: a camera does, typing does not. */
    aim: z.string().length(3).optional(),
  }),
  z.strictObject({ type: z.literal('addProduct'), gtin: z.string().regex(/^\d{8,14}$/) }),
  /** 0 removes the line. */
  z.strictObject({ type: z.literal('setQuantity'), line: id, quantity: z.int().min(0).max(999) }),
  /** Looks for products by what somebody has typed so far; the answer is `found`. Sells nothing, and changes nothing. */
  z.strictObject({ type: z.literal('search'), text: z.string().max(MAX_SEARCH) }),
  z.strictObject({ type: z.literal('clearSale') }),
  /** Takes something off a line or the whole sale, in place of what the cashier took off it before; null: nothing. */
  z.strictObject({ type: z.literal('discountLine'), line: id, discount: discount.nullable() }),
  z.strictObject({ type: z.literal('discountSale'), discount: discount.nullable() }),
  /** What a piece or a unit of weight costs, of a product whose price is open. */
  z.strictObject({ type: z.literal('setPrice'), line: id, unitMinor: amount }),
  /** A coupon of the catalogue, typed; scanned it comes as a scan. */
  z.strictObject({ type: z.literal('addCoupon'), code: z.string().min(1).max(40) }),
  z.strictObject({ type: z.literal('removeCoupon'), code: z.string().min(1).max(40) }),
  /** A note on the sale, for its receipt; null takes it off. */
  z.strictObject({ type: z.literal('setNote'), note: productName.nullable() }),
  /** The basket as it was before its last change. */
  z.strictObject({ type: z.literal('undo') }),
  /** The basket as it was before the last undo, as long as nothing else has changed it. */
  z.strictObject({ type: z.literal('redo') }),
  /** Puts the basket aside; and back, in exchange for what lies in the basket now. */
  z.strictObject({ type: z.literal('park') }),
  z.strictObject({ type: z.literal('recall'), id }),
  ...goodsCommands,
  ...returnCommands,
  /** Of all that is left to pay, or of this part of it. */
  z.strictObject({ type: z.literal('takePayment'), amountMinor: amount.optional() }),
  /**
   * Takes notes and coins for what is left, rounded as `View.cash` says, or for a part of it: at once and for good, whether or not a code is awaited. With a
   * `currency` of `View.tenders.foreign`, `tenderedMinor` is in that one; change is in the shop's own.
   */
  z.strictObject({ type: z.literal('payCash'), tenderedMinor: cashAmount, amountMinor: cashAmount.optional(), currency: currency.optional() }),
  /** What the customer gives on top, in place of what was said before; 0: nothing. */
  z.strictObject({ type: z.literal('setTip'), tipMinor: cashAmount }),
  /** Gives everything back that was paid of a sale which is not paid for; the basket stays. */
  z.strictObject({ type: z.literal('abandonSale') }),
  z.strictObject({ type: z.literal('cancelPayment') }),
  /** After an approval or a refusal: back to selling. */
  z.strictObject({ type: z.literal('continue') }),
  z.strictObject({ type: z.literal('dismissNotice'), notice: id }),
  /** While `till.blocked` is `till.not_enrolled`: the hub's address and the one-time code of its console. */
  z.strictObject({ type: z.literal('enrol'), hub: z.url({ protocol: /^https?$/ }).max(300), code: z.string().min(10).max(64) }),
  /** The last receipt once more, marked as a copy. */
  z.strictObject({ type: z.literal('reprint') }),
  /**
   * Gives money back for the sale with this receipt number. A sale of this till is refunded at once, online or not; any other becomes a request that the hub
   * answers. `refundId` is made by the screen when the dialog opens, so that a double press refunds once.
   */
  z.strictObject({ type: z.literal('refund'), refundId: z.string().regex(ID_PATTERN), receiptNumber, amountMinor: z.int().positive() }),
  /** Undoes a whole sale of this till, as long as nothing of it was refunded. */
  /** Has the receipt of a sale of this till sent to an e-mail address or a phone number, which is sealed at once and shown nowhere. */
  z.strictObject({ type: z.literal('sendReceipt'), receiptNumber, address: z.string().min(1).max(MAX_ADDRESS) }),
  ...orderCommands,
  z.strictObject({ type: z.literal('voidSale'), receiptNumber }),
  /** Asks for a person: whoever is at the hub's console sees it at once, while the till is online. It lasts until it is taken back or somebody there has ended it. */
  z.strictObject({ type: z.literal('callForHelp'), from: z.enum(['cashier', 'shopper']) }),
  z.strictObject({ type: z.literal('takeBackCall') }),
  /** Asks the hub now instead of at the next probe; connects anew if the connection looks dead. */
  z.strictObject({ type: z.literal('syncNow') }),
  /** Writes everything that is not safe at the hub into a file sealed to the hub's key; `View.exported` then names it. */
  z.strictObject({ type: z.literal('exportJournal') }),
  /** Each of these is refused while it would lose money; `View.gate` then says what, and stays until it is passed or dismissed. */
  /** `countedMinor`: what lies in the drawer. Left out when nobody counted, or to go on after a gate with the count that was given before it. */
  z.strictObject({
    type: z.literal('closeShift'),
    countedMinor: cashAmount.optional(),
    /** Of each currency in `ShiftView.foreign`, in its own minor units. */
    foreign: z
      .array(z.strictObject({ currency, countedMinor: cashAmount }))
      .max(20)
      .optional(),
  }),
  z.strictObject({ type: z.literal('signOut') }),
  z.strictObject({ type: z.literal('update') }),
  z.strictObject({ type: z.literal('reset') }),
  z.strictObject({ type: z.literal('dismissGate') }),
  /** Where people sign in: who, with their PIN; a badge comes as a scan. While somebody else is signed in it is a hand-over, and the basket stays. */
  z.strictObject({ type: z.literal('signIn'), staff: z.string().regex(ID_PATTERN).optional(), pin: pinText.optional() }),
  /** While `View.staff.asking`: somebody whose role is enough lets exactly that be done, once. */
  z.strictObject({ type: z.literal('allow'), staff: z.string().regex(ID_PATTERN), pin: pinText }),
  z.strictObject({ type: z.literal('dismissAsking') }),
  /** From now on, or no longer, nothing that is done here counts. */
  z.strictObject({ type: z.literal('startTraining') }),
  z.strictObject({ type: z.literal('stopTraining') }),
  /** While `View.weighing`: puts what lies on the scale into the basket, or gives up. */
  z.strictObject({ type: z.literal('takeWeight') }),
  z.strictObject({ type: z.literal('cancelWeighing') }),
  z.strictObject({ type: z.literal('zeroScale') }),
  z.strictObject({ type: z.literal('tareScale') }),
  z.strictObject({ type: z.literal('openDrawer') }),
  /** Begins a working day with this much in the drawer. */
  z.strictObject({ type: z.literal('openShift'), floatMinor: cashAmount }),
  /** Cash into the drawer or out of it without a sale. `movementId` is made by the screen when the dialog opens, so that a double press moves once. */
  z.strictObject({
    type: z.literal('moveCash'),
    movementId: z.string().regex(ID_PATTERN),
    direction: z.enum(['in', 'out']),
    /** In its own minor units where `currency` is one of `ShiftView.foreign`; missing: the shop's. */
    amountMinor: cashAmount.min(1),
    currency: currency.optional(),
    reason: productName.max(80),
  }),
  /** The shift so far on paper, without what the drawer should hold: nobody can count blind who has read it. */
  z.strictObject({ type: z.literal('printXReport') }),
  /** Prints a page that shows what the printer can do. */
  z.strictObject({ type: z.literal('printTestPage') }),
])
export type Command = z.infer<typeof command>

export const fromScreen = z.strictObject({ type: z.literal('command'), id, command })
export type FromScreen = z.infer<typeof fromScreen>

export type ProductView = {
  readonly gtin: string
  readonly name: string
  readonly category: string
  readonly priceMinor: Minor
  readonly taxPpm: Ppm
  /** An emoji or short text in place of a picture. */
  readonly symbol: string
  /** A drawing that stands there instead. */
  readonly picture?: Picture | undefined
  readonly secondName?: string | undefined
  /** Weighed at the till: the price is of one such unit. */
  readonly soldBy?: WeightUnit | undefined
  /** Stands for so many variants, and costs at least `priceMinor`: `openVariants` asks for which. */
  readonly variants?: { readonly of: string; readonly count: number } | undefined
}

/** What of the catalogue a screen lays out: all categories, and of each the first products. The others are found by `search`. */
export type Shelves = {
  readonly categories: readonly { readonly name: string; /** All of them. */ readonly products: number }[]
  readonly products: readonly ProductView[]
  /** Every deposit that the catalogue has, rising; missing: none. */
  readonly deposits?: readonly Minor[]
  /** Promotions for everybody, whether or not they hold now, each with a product or category that it is about: for the customer's display. */
  readonly offers?: readonly {
    readonly name: string
    readonly from?: EpochMs | undefined
    readonly until?: EpochMs | undefined
    readonly gtin?: string | undefined
    readonly category?: string | undefined
  }[]
}

export type LineView = GoodsOfLine & {
  readonly id: string
  readonly gtin: string
  readonly name: string
  readonly quantity: number
  readonly unitMinor: Minor
  readonly totalMinor: Minor
  readonly taxPpm: Ppm
  /** Sold by weight: `unitMinor` is the price of one unit of it. */
  readonly weight?: Weight | undefined
  /** What was taken off; `totalMinor` is after it. Missing: nothing. */
  readonly discountMinor?: Minor | undefined
  /** Why, in the words of the receipt. */
  readonly reasons?: readonly string[] | undefined
  /** `setPrice` may change what it costs. */
  readonly openPrice?: true | undefined
}

export type TaxView = { readonly ratePpm: Ppm; readonly netMinor: Minor; readonly taxMinor: Minor; readonly exempt?: true | undefined }

export type SaleView = GoodsOfSale & {
  readonly id: Id
  readonly lines: readonly LineView[]
  readonly taxes: readonly TaxView[]
  /** Taxes are not in the prices but added to them. */
  readonly taxIncluded?: false
  /** With tax, after every discount. */
  readonly totalMinor: Minor
  /** Of all lines; missing: nothing was taken off. */
  readonly discountMinor?: Minor
  readonly coupons?: readonly string[]
  readonly note?: string
  /** `undo` would change something. */
  readonly canUndo?: true
  /** Likewise `redo`. */
  readonly canRedo?: true
  readonly itemCount: number
  /** The line that the last scan made or changed. */
  readonly touched?: string
}

/** A basket that was put aside. */
export type ParkedView = { readonly id: Id; readonly at: EpochMs; readonly itemCount: number; readonly totalMinor: Minor; readonly note?: string }

export type ReceiptState = 'printing' | 'printed' | 'failed' | 'unknown' | 'no_printer'

export type TenderView =
  | { readonly stage: 'none' }
  | {
      readonly stage: 'awaiting_code'
      readonly amountMinor: Minor
      /** What the customer's phone scans to confirm exactly this sum (`bound` profile): text of a QR code. */
      readonly request: string
      /** The amount is above the cap of a code that is merely shown: only the answer to `request` will do. */
      readonly boundRequired: boolean
      /** What a wallet in another currency is asked to pay for it just now. */
      readonly exchange?: ExchangeTold
      /** Why the last code was refused, while the payment stays open for another; `n` counts them, since the same refusal twice is news twice. */
      readonly refused?: { readonly code: ErrorCode; readonly n: number }
    }
  | { readonly stage: 'deciding'; readonly amountMinor: Minor; readonly since: EpochMs }
  /** The hub did not answer and the policy does not accept (`code`): the till asks on, until `until`, and then reverses. Nobody charges again. */
  | { readonly stage: 'unknown'; readonly amountMinor: Minor; readonly since: EpochMs; readonly until: EpochMs; readonly code: ErrorCode }
  | {
      readonly stage: 'approved'
      readonly paymentId: Id
      readonly amountMinor: Minor
      /** `cash`: nobody had to. */
      readonly decidedBy: 'hub' | 'policy' | 'cash'
      /** What was given and what goes back, where the last part was cash. */
      readonly cash?: CashGivenView
      /** Where it was paid in several. */
      readonly parts?: readonly PartView[]
      readonly tipMinor?: Minor
      readonly receiptNumber: string
      /** The receipt as a text that a phone takes along from a QR code (protocol/receipt-text.ts). */
      readonly receiptText?: string
      readonly receipt: ReceiptState
      /** Why it did not come out, where the printer said. */
      readonly receiptCode?: ErrorCode
    }
  | { readonly stage: 'refused'; readonly amountMinor: Minor; readonly code: ErrorCode }

/** A sale that this till captured: what can be refunded or voided here, with or without the hub. */
export type SoldView = {
  readonly receiptNumber: string
  readonly paymentId: Id
  readonly at: EpochMs
  readonly totalMinor: Minor
  readonly refundedMinor: Minor
  readonly state: 'captured' | 'refunded' | 'voided'
  /** Paid in notes and coins: so it is given back. */
  readonly cash?: true
}

/** A part of a sale that is paid. */
export type PartView = {
  readonly how: 'wallet' | 'credit' | 'card' | 'cash'
  readonly amountMinor: Minor
  /** `cash`: nobody had to. */
  readonly decidedBy: 'hub' | 'policy' | 'cash'
  readonly cash?: CashGivenView
  readonly exchange?: ExchangeTold
}
/** `foreign`: what was given, where it was no money of this shop; `tenderedMinor` is what it was worth. */
export type CashGivenView = {
  readonly tenderedMinor: Minor
  readonly changeMinor: Minor
  readonly foreign?: { readonly currency: Currency; readonly tenderedMinor: Minor }
}

/** How the basket is being paid for. */
export type TendersView = {
  /** What is paid already: until the rest is, the basket cannot be put aside nor go below it. */
  readonly parts: readonly PartView[]
  readonly tipMinor: Minor
  /** With the tip, without what is paid. */
  readonly restMinor: Minor
  /** What to offer for a tip; missing: this shop asks for none. */
  readonly tips?: readonly { readonly ppm: Ppm; readonly amountMinor: Minor }[]
  /** Other currencies in which the rest can be paid, and the least of each that covers it. `suggestions` rise, none below that. */
  readonly foreign?: readonly { readonly currency: Currency; readonly toPayMinor: Minor; readonly suggestions: readonly Minor[] }[]
}

/** The basket, were it paid in notes and coins. */
export type CashView = {
  readonly toPayMinor: Minor
  /** `toPayMinor` less the total of the sale; missing where cash is not rounded. */
  readonly roundingMinor?: Minor
  /** What a customer is likely to give, the exact sum first; rising. */
  readonly suggestions: readonly Minor[]
}

/** The working day at this till. What the drawer should hold is not in it: it is counted blind, and only a closed shift tells. */
export type ShiftView = {
  /** Missing: nobody has opened one since the last was closed. */
  readonly openedAt?: EpochMs
  readonly floatMinor: Minor
  readonly movedInMinor: Minor
  readonly movedOutMinor: Minor
  /** Other currencies that lie in the drawer, to be counted too. */
  readonly foreign?: readonly Currency[]
  /** Sales and returns of every kind of payment, since the last close. */
  readonly sales: number
  readonly returns: number
  /** The last one that was closed with a count. */
  readonly counted?: { readonly at: EpochMs; readonly expectedMinor: Minor; readonly countedMinor: Minor }
}

/** A refund that was made or asked for at this till, until the next ones push it out. */
export type RefundView = {
  readonly refundId: Id
  /** The receipt that it is about. */
  readonly of: string
  readonly amountMinor: Minor
  readonly at: EpochMs
  readonly state: 'done' | 'requested' | 'declined'
  readonly code?: ErrorCode
  /** Of the refund itself. */
  readonly receiptNumber?: string
}

export { gateActions, type GateAction } from './leaving.ts'

/** Why an action was refused, and what would be lost. */
export type GateView = {
  readonly action: GateAction
  readonly reasons: readonly ErrorCode[]
  readonly waiting: { readonly payments: number; readonly amountMinor: Minor; readonly entries: number }
  /** An export would open this gate. Never true for a payment that is not finished. */
  readonly canExport: boolean
}

/** The last journal export: everything up to `entries` was in it. `covers`: nothing was written since. */
export type ExportView = { readonly file: string; readonly at: EpochMs; readonly entries: number; readonly covers: boolean }

export type LinkView = {
  readonly state: 'online' | 'connecting' | 'offline'
  readonly since: EpochMs
  /** What is on this till and not yet safe at the hub. */
  readonly waiting: {
    readonly payments: number
    readonly amountMinor: Minor
    readonly entries: number
    readonly oldestAt?: EpochMs
    /** Of these, what no neighbouring till keeps a copy of either. Missing where a store has no other tills. */
    readonly onlyHere?: { readonly payments: number; readonly amountMinor: Minor }
  }
  /** What may still be accepted without the hub. */
  readonly allowance: AllowanceView
  /** Set when a cap, an age or stale rules make offline selling end soon or now. */
  readonly urgent?: ErrorCode
}

/** A product that is sold by weight lies on the scale, or shall. */
export type WeighingView = {
  readonly gtin: string
  readonly name: string
  readonly unitMinor: Minor
  readonly unit: WeightUnit
  /** What the scale shows now; missing while it says nothing. */
  readonly reading?: ScaleReading
  /** What this weight costs, as it would stand in the basket. */
  readonly totalMinor?: Minor
  /** Why it cannot be weighed: no scale, or one that is set to another unit. */
  readonly code?: ErrorCode
}

/** The card that was swiped last: what of it may be seen. Until the next sale or swipe. */
export type CardView = { readonly maskedPan: string; readonly expiry?: string; readonly encrypted: boolean; readonly at: EpochMs }

export type PersonView = { readonly id: Id; readonly name: string; readonly role: Role }

export type StaffView = {
  /** Who may sign in. `waitUntil`: after too many wrong PINs nobody listens to theirs before. */
  readonly people: readonly (PersonView & { readonly waitUntil?: EpochMs })[]
  /** Missing: nobody is. */
  readonly signedIn?: PersonView
  /** Something was refused to whoever is signed in, and waits until then for somebody who may allow it. */
  readonly asking?: { readonly act: GuardedAct; readonly needs: Role; readonly until: EpochMs; readonly what?: AskedFor }
}

/** What exactly somebody has to allow, as far as it says so: the screen words it, and the journal has its own words for it. */
export type AskedFor = {
  readonly sum?: Money
  readonly sharePpm?: Ppm
  readonly receiptNumber?: string
  /** As somebody typed or chose it. */
  readonly reason?: string
  readonly years?: number
}

export type Notice = { readonly id: string; readonly code: ErrorCode; readonly detail?: string; readonly at: EpochMs }

/** The newest receipt that is to be sent: it waits for the hub, or the hub has it. */
export type SendingView = { readonly receiptNumber: string; readonly state: 'waiting' | 'handed' }

/** Somebody here called for a person. `sending`: the hub has not answered yet; `heard`: it is on its screens; `taken`: somebody sees to it. */
export type HelpView = { readonly at: EpochMs; readonly from: 'cashier' | 'shopper'; readonly state: 'sending' | 'heard' | 'taken' }

export type View = {
  readonly revision: number
  readonly till: ThisTill
  readonly sale: SaleView
  /** Oldest first; missing: none. */
  readonly parked?: readonly ParkedView[]
  readonly tender: TenderView
  readonly link: LinkView
  readonly devices: readonly DeviceHealth[]
  readonly notices: readonly Notice[]
  readonly weighing?: WeighingView
  readonly choosing?: ChoosingView
  /** While a receipt is open, of which something comes back. */
  readonly returning?: ReturningView
  readonly returned?: ReturnedView
  /** How much may be given back for goods without a receipt; missing: nothing. */
  readonly returnsWithoutReceipt?: { readonly cashMinor: Minor; readonly creditMinor: Minor }
  readonly card?: CardView
  /** Set while there is something to pay. */
  readonly cash?: CashView
  /** There while the basket can be paid for. */
  readonly tenders?: TendersView
  readonly shift: ShiftView
  /** Where the printer can tell. */
  readonly drawer?: 'open' | 'closed'
  /** Set once a sale has been made: what `reprint` would print. */
  readonly lastReceipt?: { readonly number: string; readonly totalMinor: Minor }
  readonly sending?: SendingView
  /** Orders of this till that wait to be fetched, the newest first; absent where there is none. */
  readonly orders?: readonly OrderView[]
  /** The newest refund, return or void, while no sale came after it, as a text for a QR code. */
  readonly lastReturned?: { readonly number: string; readonly text: string }
  /** Newest first, at most 20. */
  readonly sold: readonly SoldView[]
  /** Newest first, at most 20. */
  readonly refunds: readonly RefundView[]
  readonly gate?: GateView
  readonly exported?: ExportView
  /** Missing: nobody has to sign in at this till. */
  readonly staff?: StaffView
  /** Nothing that is done now counts. */
  readonly training?: true
  readonly help?: HelpView
}

export type ToScreen =
  | ({ readonly type: 'catalogue' } & Shelves)
  /** The answer to `search`: for every screen, of which one has asked for this text. The best first, at most `MAX_FOUND`. */
  | { readonly type: 'found'; readonly text: string; readonly products: readonly ProductView[] }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'outcome'; readonly id: string; readonly outcome: Outcome<null> }
  /** From the process that starts the core (Electron's main, the demo), when the core is down. */
  | { readonly type: 'core'; readonly state: 'up' | 'restarting' }
  /** From Electron's main: somebody meant to close the window, which stays open for the reasons that `reasonsToStay` gives. */
  | { readonly type: 'leaving' }

/** What a screen holds, whatever carries it. */
export interface TillApi {
  send(command: Command): Promise<Outcome<null>>
  /** Calls back with every message; returns a function that stops it. */
  onMessage(listener: (message: Exclude<ToScreen, { type: 'outcome' }>) => void): () => void
}
