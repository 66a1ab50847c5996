import type { Exchange } from './quote.ts'
import type { Ratio } from './rate.ts'
import { decimal, money, type Currency, type Minor, type Ppm } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** An exchange as people are told of it, on screens and paper. `rate`: what one unit of the shop's currency is, in decimal digits. */
export type ExchangeTold = {
  readonly currency: Currency
  /** With the margin. */
  readonly amountMinor: Minor
  readonly marginPpm: Ppm
  readonly rate: string
  readonly source: string
  readonly at: EpochMs
}

export const toldOf = ({ currency, amountMinor, marginPpm, rate, source, rateAt }: Exchange): ExchangeTold => ({
  currency,
  amountMinor,
  marginPpm,
  rate: rateText(rate),
  source,
  at: rateAt,
})

const SHOWN_DIGITS = 6

/** For people, who compare it with another: at least six digits of it that count, the rest cut off. What is charged is worked out from the ratio. */
export function rateText({ numerator, denominator }: Ratio): string {
  const [top, bottom] = [BigInt(numerator), BigInt(denominator)]
  let places = 4
  while (places < 12 && (top * 10n ** BigInt(places)) / bottom < 10n ** BigInt(SHOWN_DIGITS - 1)) places++
  const digits = String((top * 10n ** BigInt(places)) / bottom).padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '')
}

/** `1 EUR = 7.8123 CNY + 1.5 %`, and how much that is, on two lines of paper. */
export const exchangeOnPaper = (told: ExchangeTold, shop: Currency): { readonly sum: string; readonly rate: string } => ({
  sum: `${told.currency} ${decimal(money(told.amountMinor, told.currency))}`,
  rate: `1 ${shop} = ${told.rate} ${told.currency}${told.marginPpm === 0 ? '' : ` + ${percentText(told.marginPpm)} %`}`,
})

const percentText = (ppm: Ppm): string => `${Math.trunc(ppm / 10_000)}.${String(ppm % 10_000).padStart(4, '0')}`.replace(/\.?0+$/, '')
