import { decimal, exponentOf, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import { locale } from './words.ts'

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
export const formatTime = (at: EpochMs): string => clock.format(at)

/** `129` EUR as `€1.29`. Intl gets a decimal string, so no amount ever becomes a float. */
export function formatMoney(amountMinor: Minor, currency: Currency): string {
  const digits = exponentOf(currency)
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits })
  return format.format(decimal({ amountMinor, currency }) as `${number}`)
}

/** For `<time dateTime>`. */
export const machineTime = (at: EpochMs): string => new Date(at).toISOString()
