import type { Currency } from '#protocol/money.ts'
import { formatMoney } from './money.ts'
import { riskCaseWords as words } from './risk-case-words.ts'
import { locale } from './words.ts'

type Base = keyof typeof words.features
type Within = keyof typeof words.within

/** What its number is. Everything else is a count. */
const kinds: Readonly<Partial<Record<Base, 'money' | 'days' | 'times' | 'share' | 'flag' | 'plain'>>> = {
  amount: 'money',
  hour: 'plain',
  weekend: 'flag',
  night: 'flag',
  card_mean: 'money',
  terminal_risk: 'share',
  card_since_last: 'days',
  card_z: 'plain',
  card_ratio: 'times',
  card_z_legitimate: 'plain',
  card_ratio_legitimate: 'times',
  card_mean_legitimate: 'money',
  card_sd_legitimate: 'money',
  card_largest_ratio: 'times',
  card_since_large: 'days',
  card_since_first_large: 'days',
  card_ratio_last: 'times',
  card_mean_ratio_last_3: 'times',
  card_largest: 'money',
  card_ratio_to_largest: 'times',
  card_sum: 'money',
  card_since_fraud: 'days',
  card_since_legitimate: 'days',
  terminal_since_last: 'days',
  terminal_mean: 'money',
  terminal_ratio: 'times',
  terminal_run_age: 'days',
  terminal_run_days: 'days',
  terminal_since_fraud: 'days',
  terminal_since_legitimate: 'days',
  terminal_first_plain_fraud_age: 'days',
  terminal_last_plain_fraud_age: 'days',
  terminal_smallest_fraud: 'money',
  terminal_smallest_fraud_ratio: 'times',
  terminal_mean_ratio: 'times',
  terminal_largest_ratio: 'times',
}

const one = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
export const formatShare = (probability: number): string => share.format(probability)

/** A feature and its value as a person reads them: `card_count_1h` of 4 is “Payments of this wallet within an hour: 4”. */
export function reasonText(feature: string, value: number, currency: Currency): string {
  const { base, within, isDelayed } = partsOf(feature)
  if (base === undefined) return `${feature}: ${one.format(value)}`
  const about = [words.features[base], ...(within === undefined ? [] : [words.within[within]]), ...(isDelayed ? [`(${words.delayed})`] : [])].join(' ')
  return `${about}: ${valueText(base, value, currency)}`
}

const isBase = (text: string): text is Base => Object.hasOwn(words.features, text)
const isWithin = (text: string): text is Within => Object.hasOwn(words.within, text)

function partsOf(feature: string): { readonly base: Base | undefined; readonly within?: Within; readonly isDelayed: boolean } {
  const isDelayed = feature.endsWith('_delayed')
  const name = isDelayed ? feature.slice(0, -'_delayed'.length) : feature
  if (isBase(name)) return { base: name, isDelayed }
  const at = name.lastIndexOf('_')
  const [base, within] = [name.slice(0, at), name.slice(at + 1)]
  return isBase(base) && isWithin(within) ? { base, within, isDelayed } : { base: undefined, isDelayed }
}

function valueText(base: Base, value: number, currency: Currency): string {
  const kind = kinds[base]
  if (kind === 'flag') return value === 0 ? '–' : words.yes
  if (value === -1) return words.never
  switch (kind) {
    case 'money':
      return formatMoney(Math.round(value), currency)
    case 'days':
      return value < 1 ? words.hours(one.format(value * 24)) : words.days(one.format(value))
    case 'times':
      return words.times(one.format(value))
    case 'share':
      return share.format(value)
    default:
      return one.format(value)
  }
}
