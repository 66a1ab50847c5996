import type { ErrorCode } from '#protocol/errors.ts'
import { decimal, type Currency, type Minor, type Ppm } from '#protocol/money.ts'
import type { StatedPayment } from '#protocol/wallet-api/answers.ts'
import type { EpochMs } from '#protocol/time.ts'
import { english, type WalletTexts } from './words.en.ts'
import { chinese } from './words.zh.ts'

/** What the wallet says to its owner. `protocol/errors.ts` speaks to the person at the till; here the same things look different. */
export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

export type Standing = { readonly word: string; readonly tone: 'good' | 'waiting' | 'bad' }

export type Words = WalletTexts & {
  explain(code: ErrorCode): string
  money(amountMinor: Minor, currency: Currency): string
  /** The time alone today, with its day otherwise. */
  time(at: EpochMs, now: EpochMs): string
  /** With day and year, for what is kept. */
  date(at: EpochMs): string
  clock(now: EpochMs): string
  /** How a payment stands, as the bank names it, in a word and a kind of colour. */
  standing(state: string): Standing
  /** `1.5 %` */
  percent(ppm: Ppm): string
}

function wordsIn(locale: string, texts: WalletTexts): Words {
  const timeOfDay = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const dayAndTime = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const dateAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })
  return {
    ...texts,
    explain: (code) => texts.errors[code] ?? texts.anyError,
    money: (amountMinor, currency) => new Intl.NumberFormat(locale, { style: 'currency', currency }).format(decimal({ amountMinor, currency }) as `${number}`),
    time: (at, now) => (new Date(at).toDateString() === new Date(now).toDateString() ? timeOfDay.format(at) : dayAndTime.format(at)),
    date: (at) => dateAndTime.format(at),
    clock: (now) => timeOfDay.format(now),
    standing: (state) => standing(state, texts),
    percent: (ppm) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(ppm / 1_000_000),
  }
}

const words: Readonly<Record<Language, Words>> = { en: wordsIn('en', english), zh: wordsIn('zh-CN', chinese) }
export const wordsOf = (language: Language): Words => words[language]

/** What the wallet pays for it, in its own currency. */
export const paidBy = ({ amountMinor, exchange }: Pick<StatedPayment, 'amountMinor' | 'exchange'>, own: Currency): [Minor, Currency] =>
  exchange === undefined ? [amountMinor, own] : [exchange.amountMinor, exchange.currency]

/** A captured payment that the wallet could not pay yet was taken by the shop all the same. */
export const isRefused = (state: string): boolean => standing(state, english).tone === 'bad'

/** The shop let go of it: the money is back. */
export const cameBack = (state: string): boolean => state.toLowerCase() === 'voided'

function standing(state: string, { states }: WalletTexts): Standing {
  switch (state.toLowerCase()) {
    case 'captured':
    case 'recovered':
      return { word: states.paid, tone: 'good' }
    case 'declined':
    case 'rejected':
    case 'quarantined':
      return { word: states.refused, tone: 'bad' }
    case 'voided':
    case 'expired':
    case 'reversed':
      return { word: states.cancelled, tone: 'bad' }
    case 'retry':
    case 'recovery':
    case 'written_off':
      return { word: states.owed, tone: 'bad' }
    case 'refunded':
      return { word: states.refunded, tone: 'good' }
    default:
      return { word: states.held, tone: 'waiting' }
  }
}
