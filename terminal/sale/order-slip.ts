import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { minuteIn } from '#protocol/local-time.ts'
import { decimal, type Currency } from '#protocol/money.ts'
import type { OrderView } from '#protocol/till-api/orders.ts'
import type { ReceiptHeading } from './receipt.ts'

type Heading = Pick<ReceiptHeading, 'merchant' | 'till' | 'language' | 'timeZone'> & { readonly currency: Currency }

const words = {
  en: {
    title: 'TO BE FETCHED',
    until: 'By',
    paid: 'Paid, held until it is fetched',
    deposit: 'Deposit paid, held until it is fetched',
    rest: 'To be paid when it is fetched',
    advance: 'The deposit is an advance. Prices and tax are on the receipt that you get with the goods.',
    back: 'If nobody comes by then, you get back',
    kept: 'and the shop keeps',
    offline: 'The money is held from the moment in which the shop\u2019s till has reached its hub. Fetch it here, with this number.',
  },
  zh: {
    title: '待取货',
    until: '取货截止',
    paid: '已付款，取货前由平台保管',
    deposit: '已付定金，取货前由平台保管',
    rest: '取货时应付',
    advance: '定金为预付款。价格与税额以取货时的收据为准。',
    back: '逾期未取，退还给您',
    kept: '商店留取',
    offline: '收银机与中心联网后，款项即开始由平台保管。请凭此号码在本店取货。',
  },
} as const

/** What a customer comes back with: the number, also as a code that a till scans, what was ordered, and what becomes of the money. */
export function orderSlip(
  {
    receiptNumber,
    until,
    amountMinor,
    restMinor,
    keptMinor,
    items,
  }: Pick<OrderView, 'receiptNumber' | 'until' | 'amountMinor' | 'restMinor' | 'keptMinor' | 'items'>,
  heading: Heading,
): PrintDocument {
  const say = words[heading.language === 'zh' ? 'zh' : 'en']
  const sum = (left: string, minor: number): Extract<PrintBlock, { kind: 'pair' }> => ({
    kind: 'pair',
    left,
    right: `${decimal({ amountMinor: minor, currency: heading.currency })} ${heading.currency}`,
  })
  return [
    { kind: 'text', text: say.title, align: 'center', bold: true, size: 'double' },
    { kind: 'text', text: receiptNumber, align: 'center', bold: true },
    { kind: 'pair', left: heading.merchant, right: heading.till },
    { kind: 'pair', left: say.until, right: minuteIn(heading.timeZone, until), bold: true },
    { kind: 'rule' },
    ...items.map((text): PrintBlock => ({ kind: 'text', text })),
    { kind: 'rule' },
    ...(restMinor === undefined ? [sum(say.paid, amountMinor)] : [sum(say.deposit, amountMinor), { ...sum(say.rest, restMinor), bold: true }]),
    sum(say.back, amountMinor - keptMinor),
    ...(keptMinor === 0 ? [] : [sum(say.kept, keptMinor)]),
    ...(restMinor === undefined ? [] : [{ kind: 'text', text: say.advance } as const]),
    { kind: 'text', text: say.offline },
    { kind: 'qr', data: receiptNumber },
  ]
}
