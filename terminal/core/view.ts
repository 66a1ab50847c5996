import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Catalogue, Policy } from '#protocol/hub/messages.ts'
import type { PaperLanguage } from '#protocol/hub/offers.ts'
import { sum, type Currency, type Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import { offlineStanding, type Situation } from '#protocol/policy/decide.ts'
import type {
  CardView,
  CashView,
  ExportView,
  GateView,
  LinkView,
  Notice,
  ParkedView,
  PartView,
  ReceiptState,
  RefundView,
  SaleView,
  ShiftView,
  SoldView,
  StaffView,
  TendersView,
  TenderView,
  View,
  WeighingView,
} from '#protocol/till-api/api.ts'
import type { ChoosingView, CustomerView } from '#protocol/till-api/goods.ts'
import type { ReturnedView, ReturningView } from '#protocol/till-api/returns.ts'
import { HOUR, MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Sale } from '../sale/basket.ts'
import { lineTotal } from '../sale/goods.ts'
import { foreignFor, tenderSuggestions } from '../sale/cash.ts'
import { totalsOf } from '../sale/tax.ts'
import { restOf, tipsFor, type Part, type Tenders } from '../sale/tenders.ts'
import { allowanceOf } from './allowance.ts'
import type { PaymentRecord } from './payments.ts'
import type { TillIdentity } from './ports.ts'
import type { Receipts } from './receipts.ts'
import type { Approval } from './taking.ts'
import type { Tender } from './tender-stage.ts'

/** How many sales and refunds a view lists. */
export const LISTED = 20
/** A hub that answers should have taken a payment into custody long before. */
export const BACKLOG_OLD_ONLINE: DurationMs = 10 * MINUTE
/** Nobody should leave a till alone with payments for longer. */
export const BACKLOG_OLD_OFFLINE: DurationMs = 4 * HOUR

export type ViewInput = {
  readonly identity: Pick<TillIdentity, 'till' | 'name'>
  readonly merchant: string
  readonly currency: Currency
  readonly customerLanguage: PaperLanguage | undefined
  readonly policy: Policy | undefined
  readonly sale: Sale
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly parked: readonly ParkedView[]
  readonly tender: Tender
  readonly receipt: ReceiptState
  /** The text of a sale's receipt, signed. */
  signedReceipt(approval: Approval): string
  readonly receiptCode: ErrorCode | undefined
  readonly lastReceipt: Receipts['newest']
  readonly recovered: boolean
  readonly blocked: ErrorCode | undefined
  readonly signedOut: boolean
  readonly kiosk: boolean
  /** Newest first. */
  readonly sold: readonly SoldView[]
  readonly refunds: readonly RefundView[]
  readonly returning: ReturningView | undefined
  readonly returned: ReturnedView | undefined
  readonly sending: View['sending']
  readonly orders: NonNullable<View['orders']>
  readonly lastReturned: View['lastReturned']
  readonly returnsWithoutReceipt: View['returnsWithoutReceipt']
  readonly gate: Omit<GateView, 'waiting'> | undefined
  readonly exported: ExportView | undefined
  readonly link: Pick<LinkView, 'state' | 'since'>
  readonly entriesWaiting: number
  readonly onlyHere: LinkView['waiting']['onlyHere'] | undefined
  readonly waiting: { readonly payments: number; readonly amountMinor: Minor }
  readonly oldestAt: EpochMs | undefined
  readonly situation: Situation
  readonly devices: readonly DeviceHealth[]
  readonly weighing: WeighingView | undefined
  readonly choosing: ChoosingView | undefined
  readonly customer: CustomerView | undefined
  readonly card: CardView | undefined
  readonly drawer: View['drawer']
  readonly staff: StaffView | undefined
  readonly tenders: Tenders
  /** The basket can be paid for. */
  readonly payable: boolean
  readonly terms: Pick<Catalogue, 'tips' | 'foreignCash'>
  readonly cashToPay: Minor | undefined
  readonly shift: ShiftView
  readonly notices: readonly Notice[]
}

/** Everything that a screen draws, from everything that a till knows. */
export function viewOf(input: ViewInput): Omit<View, 'revision'> {
  const { lastReceipt, gate, exported, weighing, card, drawer } = input
  const link = linkView(input)
  return {
    till: {
      id: input.identity.till,
      name: input.identity.name,
      merchant: input.merchant,
      currency: input.currency,
      ...(input.customerLanguage === undefined ? {} : { customerLanguage: input.customerLanguage }),
      recovered: input.recovered,
      signedOut: input.signedOut,
      ...(input.kiosk ? { kiosk: true } : {}),
      ...(input.blocked === undefined ? {} : { blocked: input.blocked }),
    },
    sale: {
      ...saleView(input.sale),
      ...(input.customer === undefined ? {} : { customer: input.customer }),
      ...(input.canUndo ? { canUndo: true } : {}),
      ...(input.canRedo ? { canRedo: true } : {}),
    },
    ...(input.parked.length === 0 ? {} : { parked: input.parked }),
    tender: tenderView(input),
    link,
    devices: input.devices,
    notices: input.notices,
    sold: input.sold,
    refunds: input.refunds,
    ...(input.returning === undefined ? {} : { returning: input.returning }),
    ...(input.returned === undefined ? {} : { returned: input.returned }),
    ...(input.sending === undefined ? {} : { sending: input.sending }),
    ...(input.orders.length === 0 ? {} : { orders: input.orders }),
    ...(input.lastReturned === undefined ? {} : { lastReturned: input.lastReturned }),
    ...(input.returnsWithoutReceipt === undefined ? {} : { returnsWithoutReceipt: input.returnsWithoutReceipt }),
    ...(lastReceipt === undefined ? {} : { lastReceipt }),
    ...(gate === undefined ? {} : { gate: { ...gate, waiting: link.waiting } }),
    ...(exported === undefined ? {} : { exported }),
    ...(weighing === undefined ? {} : { weighing }),
    ...(input.choosing === undefined ? {} : { choosing: input.choosing }),
    ...(card === undefined ? {} : { card }),
    ...(drawer === undefined ? {} : { drawer }),
    ...(input.staff === undefined ? {} : { staff: input.staff }),
    ...cashView(input),
    ...tendersView(input),
    shift: input.shift,
  }
}

function saleView(sale: Sale): SaleView {
  const { totalMinor, taxes, itemCount, discountMinor, depositMinor, untaxedMinor } = totalsOf(sale)
  const { empties, exemption } = sale
  const { id, taxIncluded, coupons = [], note } = sale
  return {
    id,
    lines: sale.lines.map(({ category: _, discount: __, partPrices: ___, ...line }) => ({ ...line, totalMinor: lineTotal(line) })),
    taxes,
    totalMinor,
    itemCount,
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(discountMinor === 0 ? {} : { discountMinor }),
    ...(depositMinor === 0 ? {} : { depositMinor }),
    ...(empties === undefined ? {} : { empties }),
    ...(exemption === undefined ? {} : { exemption: { reason: exemption.reason, untaxedMinor } }),
    ...(coupons.length === 0 ? {} : { coupons }),
    ...(note === undefined ? {} : { note }),
    ...(sale.touched === undefined ? {} : { touched: sale.touched }),
  }
}

function cashView({ sale, tenders, cashToPay, currency }: ViewInput): { readonly cash?: CashView } {
  if (cashToPay === undefined) return {}
  const roundingMinor = cashToPay - restOf(totalsOf(sale).totalMinor, tenders)
  const rounded = roundingMinor === 0 ? {} : { roundingMinor }
  return { cash: { toPayMinor: cashToPay, ...rounded, suggestions: tenderSuggestions(cashToPay, currency) } }
}

/** `cashToPay` in other currencies is what their notes must be worth. */
function tendersView({ sale, tenders, terms, cashToPay, payable }: ViewInput): { readonly tenders?: TendersView } {
  if (!payable && tenders.parts.length === 0) return {}
  const { totalMinor } = totalsOf(sale)
  const { tips, foreignCash } = terms
  const inForeign = (offer: NonNullable<typeof foreignCash>[number], toPay: Minor) => {
    const toPayMinor = foreignFor(toPay, offer)
    return { currency: offer.currency, toPayMinor, suggestions: tenderSuggestions(toPayMinor, offer.currency).slice(1) }
  }
  return {
    tenders: {
      parts: tenders.parts.map(partView),
      tipMinor: tenders.tipMinor,
      restMinor: restOf(totalMinor, tenders),
      ...(tips === undefined ? {} : { tips: tipsFor(totalMinor, tips) }),
      ...(foreignCash === undefined || cashToPay === undefined ? {} : { foreign: foreignCash.map((offer) => inForeign(offer, cashToPay)) }),
    },
  }
}

/** A payment's id is nobody's business on a screen. */
const partView = ({ paymentId: _, isDeposit: __, ...part }: Part): PartView => part

function tenderView({ tender, policy, situation, receipt, receiptCode, signedReceipt }: ViewInput): TenderView {
  switch (tender.stage) {
    case 'none':
      return tender
    case 'awaiting':
      return {
        stage: 'awaiting_code',
        amountMinor: tender.amountMinor,
        request: tender.request.text,
        boundRequired: policy !== undefined && tender.amountMinor > policy.offline.perShownCodeMinor,
        ...(tender.quote !== undefined && situation.now < tender.quote.expiresAt ? { exchange: tender.quote.told } : {}),
        ...(tender.refused === undefined ? {} : { refused: { code: tender.refused.code, n: tender.refused.n } }),
      }
    case 'deciding':
      return { stage: 'deciding', amountMinor: tender.amountMinor, since: tender.since }
    case 'unknown': {
      const { amountMinor, since, until, code } = tender
      return { stage: 'unknown', amountMinor, since, until, code }
    }
    case 'approved': {
      const { paymentId, amountMinor, decidedBy, cash, sale, parts = [] } = tender.approval
      return {
        stage: 'approved',
        paymentId,
        amountMinor,
        decidedBy,
        ...(cash === undefined ? {} : { cash }),
        ...(parts.length < 2 ? {} : { parts: parts.map(partView) }),
        ...(sale.tipMinor === undefined ? {} : { tipMinor: sale.tipMinor }),
        receiptNumber: sale.receiptNumber,
        receiptText: signedReceipt(tender.approval),
        receipt,
        ...(receiptCode === undefined ? {} : { receiptCode }),
      }
    }
    case 'refused':
      return tender
  }
}

/** Sales that this till captured, newest first, from their payments in that order; `without`: the number of the one that is still being paid for. */
export function soldViews(records: readonly PaymentRecord[], without?: string): readonly SoldView[] {
  const sales = new Map<string, PaymentRecord[]>()
  for (const record of records) {
    const { saleId, receiptNumber } = record
    const sale = `${saleId} ${receiptNumber ?? ''}`
    if (receiptNumber !== without || without === undefined) sales.set(sale, [...(sales.get(sale) ?? []), record])
  }
  return [...sales.values()].map(soldView).slice(0, LISTED)
}

function soldView(payments: readonly PaymentRecord[]): SoldView {
  const [last] = payments
  invariant(last !== undefined, 'a sale was paid for')
  const { id, receiptNumber, capturedAt, intendedAt } = last
  const isEach = (state: PaymentRecord['state']): boolean => payments.every((payment) => payment.state === state)
  return {
    ...(payments.every(({ cash }) => cash !== undefined) ? { cash: true } : {}),
    receiptNumber: receiptNumber ?? '',
    paymentId: id,
    at: capturedAt ?? intendedAt,
    totalMinor: sum(payments.map(({ capturedMinor }) => capturedMinor)),
    refundedMinor: sum(payments.map(({ refundedMinor }) => refundedMinor)),
    state: isEach('VOIDED') ? 'voided' : isEach('REFUNDED') ? 'refunded' : 'captured',
  }
}

/** Payments have waited for longer than the network can explain. */
const isBacklogOld = ({ link, oldestAt, situation: { now } }: ViewInput): boolean =>
  oldestAt !== undefined && now - oldestAt > (link.state === 'online' ? BACKLOG_OLD_ONLINE : BACKLOG_OLD_OFFLINE)

function urgent(input: ViewInput): ErrorCode | undefined {
  const standing = offlineStanding(input.policy, input.situation)
  if (!standing.ok && input.link.state !== 'online') return standing.code
  return isBacklogOld(input) ? 'till.backlog_old' : undefined
}

function linkView(input: ViewInput): LinkView {
  const { link, waiting, entriesWaiting, onlyHere, oldestAt, policy, situation } = input
  const code = urgent(input)
  return {
    ...link,
    waiting: { ...waiting, entries: entriesWaiting, ...(oldestAt === undefined ? {} : { oldestAt }), ...(onlyHere === undefined ? {} : { onlyHere }) },
    allowance: allowanceOf(policy, situation),
    ...(code === undefined ? {} : { urgent: code }),
  }
}
