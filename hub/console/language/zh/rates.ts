import type { rates as english } from '../en/rates.ts'

export const rates: typeof english = {
  title: '汇率',
  hint: (margin, seconds) => `其他货币的钱包按此汇率另加 ${margin} 付款。报价有效 ${seconds} 秒。`,
  none: '本中心不提供兑换：其他货币的钱包无法付款。',
  failed: '操作未成功，请重试。',
  stale: '汇率过旧：更新之前不再报价。',
  trouble: (why) => `上次询问时来源不可信：${why}`,
  from: (source, time) => `${source}，${time}`,
  jumped: '以下汇率突然大幅变动，等待有人与其他来源核对。在此之前不以这些货币报价。',
  was: '目前',
  is: '新',
  currency: '货币',
  confirm: '核对无误',
  confirmed: (by, time) => `由 ${by} 确认，${time}`,
  name: '您的姓名',
  money: '中心的头寸与损益',
}
