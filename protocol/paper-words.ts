import type { PaperLanguage } from './hub/offers.ts'

/** How a part of a sale was paid. */
export type How = 'wallet' | 'credit' | 'card' | 'cash'

/** What the customer is told on paper, apart from names and numbers. */
export type PaperWords = {
  readonly receipt: string
  readonly refund: string
  readonly voidOf: string
  readonly refundTitle: string
  readonly voidTitle: string
  readonly copy: string
  readonly servedBy: string
  readonly ofReceipt: string
  readonly total: string
  readonly subtotal: string
  readonly rounding: string
  readonly given: string
  readonly change: string
  readonly saved: string
  readonly discount: string
  readonly onTheSale: string
  /** Before `7 % tax on 2.80`: it is in the price, or added to it. */
  readonly included: string
  readonly added: string
  readonly taxOn: string
  readonly exempt: string
  readonly thanks: string
  readonly paidWith: Readonly<Record<How, string>>
  readonly tip: string
  /** Before how a deposit was paid: it came when the goods were ordered. */
  readonly advance: string
  /** Before what a wallet in another currency pays in that. */
  readonly inItsCurrency: string
  readonly giftCard: string
  /** Below the code of a gift card: it is like money. */
  readonly keepCode: string
  readonly backInParts: string
  readonly decided: { readonly hub: string; readonly policy: string; readonly cash: string }
  readonly returned: string
  readonly returnTitle: string
  readonly noReceipt: string
  /** Goods are worth more, or less, than what was left to give back for them: rounded for cash, paid with empties, given back before. */
  readonly settledBefore: string
  readonly backInCash: string
  readonly backAsCredit: string
  readonly backAsPaid: string
  readonly backToWallet: string
  readonly deposit: string
  readonly empties: string
  readonly serial: string
  readonly batch: string
  readonly taxNotCharged: string
  readonly pointsEarned: string
  readonly points: string
}

const en: PaperWords = {
  receipt: 'Receipt',
  refund: 'Refund',
  voidOf: 'Void of',
  refundTitle: 'REFUND',
  voidTitle: 'VOID',
  copy: '*** COPY ***',
  servedBy: 'Served by',
  ofReceipt: 'Of receipt',
  total: 'TOTAL',
  subtotal: 'Subtotal',
  rounding: 'Rounding',
  given: 'Given',
  change: 'Change',
  saved: 'You saved',
  discount: 'Discount',
  onTheSale: 'on the sale',
  included: 'incl.',
  added: 'plus',
  taxOn: 'tax on',
  exempt: 'exempt from tax',
  thanks: 'Thank you',
  paidWith: { wallet: 'Wallet', cash: 'Cash', credit: 'Gift card', card: 'Card' },
  tip: 'Tip',
  advance: 'Deposit paid before',
  inItsCurrency: 'Wallet pays',
  giftCard: 'GIFT CARD',
  keepCode: 'Keep this code like cash',
  backInParts: 'Given back the way it was paid',
  decided: { hub: 'Approved by the hub', policy: 'Accepted offline, settles when online', cash: 'Paid in cash' },
  returned: 'Return',
  returnTitle: 'RETURN',
  noReceipt: 'Without a receipt',
  settledBefore: 'Rounding, or settled before',
  backInCash: 'Given back in cash',
  backAsCredit: 'Store credit: show this code to pay with it',
  backAsPaid: 'Given back the way it was paid',
  backToWallet: 'Goes back to the wallet that paid',
  deposit: 'Deposit',
  empties: 'Empties',
  serial: 'No.',
  batch: 'Batch',
  taxNotCharged: 'Tax not charged',
  pointsEarned: 'Points earned',
  points: 'points',
}

const zh: PaperWords = {
  receipt: '小票',
  refund: '退款单',
  voidOf: '作废小票',
  refundTitle: '退款',
  voidTitle: '作废',
  copy: '*** 副本 ***',
  servedBy: '收银员',
  ofReceipt: '原小票',
  total: '合计',
  subtotal: '小计',
  rounding: '舍入',
  given: '实收',
  change: '找零',
  saved: '已优惠',
  discount: '折扣',
  onTheSale: '整单',
  included: '含',
  added: '另加',
  taxOn: '税, 税基',
  exempt: '免税',
  thanks: '谢谢惠顾',
  paidWith: { wallet: '钱包', cash: '现金', credit: '礼品卡', card: '银行卡' },
  tip: '小费',
  advance: '已付定金',
  inItsCurrency: '钱包扣款',
  giftCard: '礼品卡',
  keepCode: '请像现金一样妥善保管此码',
  backInParts: '已按原方式退回',
  decided: { hub: '已由中心批准', policy: '离线受理, 联网后结算', cash: '现金支付' },
  returned: '退货单',
  returnTitle: '退货',
  noReceipt: '无小票',
  settledBefore: '舍入或此前已结',
  backInCash: '已退现金',
  backAsCredit: '店内余额: 付款时出示此码',
  backAsPaid: '已按原付款方式退回',
  backToWallet: '退回付款钱包',
  deposit: '押金',
  empties: '退空瓶',
  serial: '序列号',
  batch: '批号',
  taxNotCharged: '免收税额',
  pointsEarned: '获得积分',
  points: '积分',
}

/** Receipt printers have no Arabic letters in any of the code pages that their drivers know (firmware-bridge/driver/code-pages.ts): that paper is in English. */
const words: Readonly<Record<PaperLanguage, PaperWords>> = { en, zh, ar: en }

export const paperWords = (language: PaperLanguage = 'en'): PaperWords => words[language]

/** Reasons that the till itself gives are kept in English, whatever language the paper is in: `Discount 25 % on the sale`. The shop's own stay as they are. */
export function reasonIn({ discount, onTheSale, points }: PaperWords, reason: string): string {
  const [, spent] = /^(\d+) points$/.exec(reason) ?? []
  if (spent !== undefined) return `${spent} ${points}`
  const [, share, sale] = /^Discount( [\d.]+ %)?( on the sale)?$/.exec(reason) ?? []
  if (share === undefined && sale === undefined && reason !== en.discount) return reason
  return `${discount}${share ?? ''}${sale === undefined ? '' : ` ${onTheSale}`}`
}
