import type { Weight } from '#protocol/device/messages.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import { decimal, exponentOf, type Currency, type Minor, type Ppm } from '#protocol/money.ts'
import { DAY, HOUR, MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { languages } from './language/languages.ts'
import { language, t } from './words.ts'

/** A format is dear to make and cheap to use: one for each language, made when first needed. */
function inEachLanguage<Format>(make: (locale: string) => Format): () => Format {
  const made = new Map<string, Format>()
  return () => {
    const { locale } = languages[language()]
    const known = made.get(locale)
    if (known !== undefined) return known
    const format = make(locale)
    made.set(locale, format)
    return format
  }
}

const moneyFormats = new Map<Currency, () => Intl.NumberFormat>()

function moneyFormat(currency: Currency): Intl.NumberFormat {
  const known = moneyFormats.get(currency)
  if (known !== undefined) return known()
  // The digits of ISO 4217, which is what minor units mean here; Intl's own defaults follow CLDR and differ for some currencies.
  const digits = exponentOf(currency)
  const formats = inEachLanguage(
    (locale) => new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
  moneyFormats.set(currency, formats)
  return formats()
}

/** `1234` EUR as `€12.34`. Intl gets a decimal string, so no amount ever becomes a float. */
export function formatMoney(amountMinor: Minor, currency: Currency): string {
  return moneyFormat(currency).format(decimal({ amountMinor, currency }) as `${number}`)
}

const weights = inEachLanguage((locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 }))

/** `486` thousandths of a kilogram as `0.486 kg`: all three places, as the scale shows them. */
export const formatWeight = (weight: Weight): string => inOneRun(`${weights().format(decimalWeight(weight) as `${number}`)} ${weight.unit}`)

/** Number before unit, as on the scale, in right-to-left text too (UAX #9, isolates). */
export const inOneRun = (text: string): string => (languages[language()].dir === 'rtl' ? `\u2066${text}\u2069` : text)

const percent = inEachLanguage((locale) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }))

/** A rate for reading, not for computing: `190_000` as `19%`. */
export const formatRate = (rate: Ppm): string => percent().format(rate / 1_000_000)

const hourMinute = inEachLanguage((locale) => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }))
const dayHourMinute = inEachLanguage(
  (locale) => new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
)

/** `14:02`, with the day when that is not the day of `now`. Local time of the till. */
export function formatTime(at: EpochMs, now: EpochMs): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return (sameDay ? hourMinute() : dayHourMinute()).format(at)
}

/** Always with its day. */
export const formatDayTime = (at: EpochMs): string => dayHourMinute().format(at)

const day = inEachLanguage((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }))

/** A calendar day, `2008-11-22`, which is in no time zone. */
export const formatDay = (iso: string): string => day().format(Date.parse(`${iso}T00:00:00Z`))

/** `3 h 20 min`, for reading: how long something has waited. Whole minutes, whole days from two days on. */
export function formatAge(age: DurationMs): string {
  if (age < MINUTE) return t('age.moment')
  if (age < HOUR) return t('age.minutes', { value: Math.floor(age / MINUTE) })
  const [hours, minutes] = [Math.floor(age / HOUR), Math.floor((age % HOUR) / MINUTE)]
  if (age < 2 * DAY) return minutes === 0 ? t('age.hours', { hours }) : t('age.hoursMinutes', { hours, minutes })
  return t('age.days', { count: Math.floor(age / DAY) })
}
