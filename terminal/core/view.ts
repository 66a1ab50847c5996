import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Policy } from '#protocol/hub/messages.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { offlineStanding, type Situation } from '#protocol/policy/decide.ts'
import type { LinkView, Notice, ReceiptState, SaleView, TenderView, View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { lineTotal, totalsOf, type Sale } from '../sale/basket.ts'
import type { Approval, Tender } from './paying.ts'
import type { TillIdentity } from './ports.ts'

export type ViewInput = {
  readonly identity: Pick<TillIdentity, 'till' | 'name'>
  readonly merchant: string
  readonly currency: Currency
  readonly policy: Policy | undefined
  readonly sale: Sale
  readonly tender: Tender
  readonly receipt: ReceiptState
  readonly receiptCode: ErrorCode | undefined
  readonly lastApproval: Approval | undefined
  readonly recovered: boolean
  readonly blocked: ErrorCode | undefined
  readonly link: Pick<LinkView, 'state' | 'since'>
  readonly entriesWaiting: number
  readonly waiting: { readonly payments: number; readonly amountMinor: Minor }
  readonly oldestAt: EpochMs | undefined
  readonly situation: Situation
  readonly devices: readonly DeviceHealth[]
  readonly notices: readonly Notice[]
}

/** Everything that a screen draws, from everything that a till knows. */
export function viewOf(input: ViewInput): Omit<View, 'revision'> {
  const { lastApproval } = input
  return {
    till: {
      id: input.identity.till,
      name: input.identity.name,
      merchant: input.merchant,
      currency: input.currency,
      recovered: input.recovered,
      ...(input.blocked === undefined ? {} : { blocked: input.blocked }),
    },
    sale: saleView(input.sale),
    tender: tenderView(input),
    link: linkView(input),
    devices: input.devices,
    notices: input.notices,
    ...(lastApproval === undefined ? {} : { lastReceipt: { number: lastApproval.sale.receiptNumber, totalMinor: lastApproval.sale.totalMinor } }),
  }
}

function saleView(sale: Sale): SaleView {
  const { totalMinor, taxes, itemCount } = totalsOf(sale.lines)
  return {
    id: sale.id,
    lines: sale.lines.map((line) => ({ ...line, totalMinor: lineTotal(line) })),
    taxes,
    totalMinor,
    itemCount,
    ...(sale.touched === undefined ? {} : { touched: sale.touched }),
  }
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
    case 'approved': {
      const { paymentId, amountMinor, decidedBy, sale } = tender.approval
      return {
        stage: 'approved',
        paymentId,
        amountMinor,
        decidedBy,
        receiptNumber: sale.receiptNumber,
        receipt,
        ...(receiptCode === undefined ? {} : { receiptCode }),
      }
    }
    case 'refused':
      return tender
  }
}

function linkView({ link, waiting, entriesWaiting, oldestAt, policy, situation }: ViewInput): LinkView {
  const caps = policy?.offline
  const left = Math.max(0, (caps?.perTillMinor ?? 0) - situation.tillExposureMinor)
  const standing = offlineStanding(policy, situation)
  const hubTimeEnd = caps === undefined || situation.offlineFor === Infinity ? situation.now : situation.now - situation.offlineFor + caps.maxOfflineMs
  return {
    ...link,
    waiting: { ...waiting, entries: entriesWaiting, ...(oldestAt === undefined ? {} : { oldestAt }) },
    allowance: {
      perPaymentMinor: Math.min(caps?.perPaymentMinor ?? 0, left),
      tillLeftMinor: left,
      until: Math.min(policy?.validUntil ?? situation.now, hubTimeEnd),
    },
    ...(standing.ok || link.state === 'online' ? {} : { urgent: standing.code }),
  }
}
