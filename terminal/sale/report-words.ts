import type { PaperLanguage } from '#protocol/hub/offers.ts'
import type { How } from './tenders.ts'

/** What the shop's own people read on paper: reports of a working day, and what marks a training. In the language of the receipts. */
export type ReportWords = {
  readonly title: Readonly<Record<'X' | 'Z', string>>
  readonly opened: string
  readonly closed: string
  readonly printed: string
  readonly sales: string
  readonly ofWhichTips: string
  readonly returns: string
  readonly float: string
  readonly putIn: string
  readonly takenOut: string
  readonly cashSales: string
  readonly cashReturns: string
  readonly expected: string
  readonly counted: string
  readonly short: string
  readonly over: string
  readonly exact: string
  readonly paid: Readonly<Record<How, string>>
  readonly training: string
  readonly notAReceipt: string
}

const en: ReportWords = {
  title: { X: 'X REPORT', Z: 'Z REPORT' },
  opened: 'Opened',
  closed: 'Closed',
  printed: 'Printed',
  sales: 'Sales',
  ofWhichTips: 'of which tips',
  returns: 'Returns',
  float: 'Float',
  putIn: 'Cash put in',
  takenOut: 'Cash taken out',
  cashSales: 'Cash sales',
  cashReturns: 'Cash returns',
  expected: 'Expected in the drawer',
  counted: 'Counted',
  short: 'SHORT',
  over: 'OVER',
  exact: 'Exact',
  paid: { cash: 'Paid in cash', wallet: 'Paid by wallet', card: 'Paid by card', credit: 'Paid by gift card' },
  training: '*** TRAINING ***',
  notAReceipt: 'Not a receipt. Nothing was sold.',
}

const zh: ReportWords = {
  title: { X: 'X 报表', Z: 'Z 报表' },
  opened: '开班',
  closed: '交班',
  printed: '打印',
  sales: '销售',
  ofWhichTips: '其中小费',
  returns: '退款',
  float: '备用金',
  putIn: '现金存入',
  takenOut: '现金取出',
  cashSales: '现金销售',
  cashReturns: '现金退款',
  expected: '钱箱应有',
  counted: '清点',
  short: '短款',
  over: '长款',
  exact: '无差额',
  paid: { cash: '现金支付', wallet: '钱包支付', card: '银行卡支付', credit: '礼品卡支付' },
  training: '*** 培训 ***',
  notAReceipt: '非小票, 未发生销售',
}

/** Paper in Arabic is in English, as receipts are (protocol/paper-words.ts). */
const words: Readonly<Record<PaperLanguage, ReportWords>> = { en, zh, ar: en }

export const reportWords = (language: PaperLanguage = 'en'): ReportWords => words[language]
