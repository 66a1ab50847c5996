import type { ErrorCode } from '#protocol/errors.ts'
import { decimal, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What the wallet says to its owner. `protocol/errors.ts` speaks to the person at the till; here the same things look different. */
const sentences: Partial<Record<ErrorCode, string>> = {
  'code.unknown_scheme': 'That is not a payment request of a till.',
  'code.malformed': 'That code could not be read. Try once more.',
  'code.expired': 'That request is too old. Ask for a new one at the till.',
  'code.from_the_future': 'The clock of this phone or of the till is wrong. Check the time of this phone.',
  'code.wrong_currency': 'That till asks for a currency that this wallet does not have.',
  'code.credential_expired': 'This wallet has been offline for too long. Connect it once, and it can pay again.',
}
export const explain = (code: ErrorCode): string => sentences[code] ?? 'That did not work. Try once more.'

const LOCALE = 'en'

export const moneyText = (amountMinor: Minor, currency: Currency): string =>
  new Intl.NumberFormat(LOCALE, { style: 'currency', currency }).format(decimal({ amountMinor, currency }) as `${number}`)

const timeOfDay = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const dayAndTime = new Intl.DateTimeFormat(LOCALE, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** The time alone today, with its day otherwise. */
export const timeText = (at: EpochMs, now: EpochMs): string =>
  new Date(at).toDateString() === new Date(now).toDateString() ? timeOfDay.format(at) : dayAndTime.format(at)

export const clockText = (now: EpochMs): string => timeOfDay.format(now)

/** How a payment stands, as the bank names it, in a word and a kind of colour. */
export function standing(state: string): { word: string; tone: 'good' | 'waiting' | 'bad' } {
  switch (state.toLowerCase()) {
    case 'captured':
    case 'settled':
    case 'paid':
      return { word: 'Paid', tone: 'good' }
    case 'declined':
    case 'rejected':
    case 'quarantined':
      return { word: 'Refused', tone: 'bad' }
    case 'voided':
    case 'expired':
    case 'reversed':
      return { word: 'Cancelled', tone: 'bad' }
    case 'refunded':
      return { word: 'Refunded', tone: 'good' }
    default:
      return { word: 'On hold', tone: 'waiting' }
  }
}
