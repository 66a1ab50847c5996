import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Policy } from '#protocol/hub/messages.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { offlineStanding, type Situation } from '#protocol/policy/decide.ts'
import type {
  CardView,
  CashView,
  ExportView,
  GateView,
  LinkView,
  Notice,
  ParkedView,
  ReceiptState,
  RefundView,
  SaleView,
  ShiftView,
  SoldView,
  StaffView,
  TenderView,
  View,
  WeighingView,
} from '#protocol/till-api/api.ts'
import { HOUR, MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Sale } from '../sale/basket.ts'
import { lineTotal } from '../sale/goods.ts'
import { tenderSuggestions } from '../sale/cash.ts'
import { totalsOf } from '../sale/tax.ts'
import type { PaymentRecord } from './payments.ts'
import type { TillIdentity } from './ports.ts'
import type { Receipts } from './receipts.ts'
import type { Tender } from './tender.ts'

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
  readonly policy: Policy | undefined
  readonly sale: Sale
  readonly canUndo: boolean
  readonly parked: readonly ParkedView[]
  readonly tender: Tender
  readonly receipt: ReceiptState
  readonly receiptCode: ErrorCode | undefined
  readonly lastReceipt: Receipts['newest']
  readonly recovered: boolean
  readonly blocked: ErrorCode | undefined
  readonly signedOut: boolean
  /** Newest first. */
  readonly sold: readonly SoldView[]
  readonly refunds: readonly RefundView[]
  readonly gate: Omit<GateView, 'waiting'> | undefined
  readonly exported: ExportView | undefined
  readonly link: Pick<LinkView, 'state' | 'since'>
  readonly entriesWaiting: number
  readonly waiting: { readonly payments: number; readonly amountMinor: Minor }
  readonly oldestAt: EpochMs | undefined
  readonly situation: Situation
  readonly devices: readonly DeviceHealth[]
  readonly weighing: WeighingView | undefined
  readonly card: CardView | undefined
  readonly drawer: View['drawer']
  readonly staff: StaffView | undefined
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
      recovered: input.recovered,
      signedOut: input.signedOut,
      ...(input.blocked === undefined ? {} : { blocked: input.blocked }),
    },
    sale: { ...saleView(input.sale), ...(input.canUndo ? { canUndo: true } : {}) },
    ...(input.parked.length === 0 ? {} : { parked: input.parked }),
    tender: tenderView(input),
    link,
    devices: input.devices,
    notices: input.notices,
    sold: input.sold,
    refunds: input.refunds,
    ...(lastReceipt === undefined ? {} : { lastReceipt }),
    ...(gate === undefined ? {} : { gate: { ...gate, waiting: link.waiting } }),
    ...(exported === undefined ? {} : { exported }),
    ...(weighing === undefined ? {} : { weighing }),
    ...(card === undefined ? {} : { card }),
    ...(drawer === undefined ? {} : { drawer }),
    ...(input.staff === undefined ? {} : { staff: input.staff }),
    ...cashView(input),
    shift: input.shift,
  }
}

function saleView(sale: Sale): SaleView {
  const { totalMinor, taxes, itemCount, discountMinor } = totalsOf(sale)
  const { id, taxIncluded, coupons = [], note } = sale
  return {
    id,
    lines: sale.lines.map(({ category: _, discount: __, ...line }) => ({ ...line, totalMinor: lineTotal(line) })),
    taxes,
    totalMinor,
    itemCount,
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(discountMinor === 0 ? {} : { discountMinor }),
    ...(coupons.length === 0 ? {} : { coupons }),
    ...(note === undefined ? {} : { note }),
    ...(sale.touched === undefined ? {} : { touched: sale.touched }),
  }
}

function cashView({ sale, cashToPay, currency }: ViewInput): { readonly cash?: CashView } {
  if (cashToPay === undefined) return {}
  const roundingMinor = cashToPay - totalsOf(sale).totalMinor
  const rounded = roundingMinor === 0 ? {} : { roundingMinor }
  return { cash: { toPayMinor: cashToPay, ...rounded, suggestions: tenderSuggestions(cashToPay, currency) } }
}

function tenderView({ tender, policy, receipt, receiptCode }: ViewInput): TenderView {
  switch (tender.stage) {
    case 'none':
      return tender
    case 'awaiting':
      return {
        stage: 'awaiting_code',
        amountMinor: tender.amountMinor,
        request: tender.request.text,
        boundRequired: policy !== undefined && tender.amountMinor > policy.offline.perShownCodeMinor,
        ...(tender.refused === undefined ? {} : { refused: { code: tender.refused.code, n: tender.refused.n } }),
      }
    case 'deciding':
      return { stage: 'deciding', amountMinor: tender.amountMinor, since: tender.since }
    case 'unknown': {
      const { amountMinor, since, until, code } = tender
      return { stage: 'unknown', amountMinor, since, until, code }
    }
    case 'approved': {
      const { paymentId, amountMinor, decidedBy, cash, sale } = tender.approval
      return {
        stage: 'approved',
        paymentId,
        amountMinor,
        decidedBy,
        ...(cash === undefined ? {} : { cash }),
        receiptNumber: sale.receiptNumber,
        receipt,
        ...(receiptCode === undefined ? {} : { receiptCode }),
      }
    }
    case 'refused':
      return tender
  }
}

/** Of a payment that this till captured. */
export function soldView({ id, receiptNumber, capturedAt, intendedAt, capturedMinor, refundedMinor, state, cash }: PaymentRecord): SoldView {
  return {
    ...(cash === undefined ? {} : { cash: true }),
    receiptNumber: receiptNumber ?? '',
    paymentId: id,
    at: capturedAt ?? intendedAt,
    totalMinor: capturedMinor,
    refundedMinor,
    state: state === 'VOIDED' ? 'voided' : state === 'REFUNDED' ? 'refunded' : 'captured',
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
  const { link, waiting, entriesWaiting, oldestAt, policy, situation } = input
  const caps = policy?.offline
  const left = Math.max(0, (caps?.perTillMinor ?? 0) - situation.tillExposureMinor)
  const code = urgent(input)
  const hubTimeEnd = caps === undefined || situation.offlineFor === Infinity ? situation.now : situation.now - situation.offlineFor + caps.maxOfflineMs
  return {
    ...link,
    waiting: { ...waiting, entries: entriesWaiting, ...(oldestAt === undefined ? {} : { oldestAt }) },
    allowance: {
      perPaymentMinor: Math.min(caps?.perPaymentMinor ?? 0, left),
      tillLeftMinor: left,
      until: Math.min(policy?.validUntil ?? situation.now, hubTimeEnd),
    },
    ...(code === undefined ? {} : { urgent: code }),
  }
}
