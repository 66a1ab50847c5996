import type { ExchangeRate } from '#protocol/journal/entry.ts'
import { exponentOf, scale, type Currency, type Minor } from '#protocol/money.ts'

/** What notes and coins can pay of a total: the nearest multiple of the smallest step, halves up. Without a step it is the total itself. Minor units. */
export const roundedForCash = (totalMinor: Minor, stepMinor = 1): Minor => scale(totalMinor, 1, stepMinor) * stepMinor

/** Notes that customers hand over, in minor units; where a currency is not listed, the 1-2-5 series of its main unit is near enough. */
const notes: Readonly<Record<string, readonly Minor[]>> = {
  EUR: [5_00, 10_00, 20_00, 50_00, 100_00, 200_00],
  USD: [1_00, 5_00, 10_00, 20_00, 50_00, 100_00],
  GBP: [5_00, 10_00, 20_00, 50_00],
  CHF: [10_00, 20_00, 50_00, 100_00, 200_00, 1000_00],
  CNY: [1_00, 5_00, 10_00, 20_00, 50_00, 100_00],
  JPY: [1000, 2000, 5000, 10_000],
  KWD: [250, 500, 1000, 5000, 10_000, 20_000],
}
const SERIES = [1, 2, 5, 10, 20, 50, 100, 200]
/** As many as fit beside the keypad. */
const MAX_SUGGESTIONS = 5

const notesOf = (currency: Currency): readonly Minor[] => notes[currency] ?? SERIES.map((units) => units * 10 ** exponentOf(currency))

/** What a customer is likely to give for a sum: exactly it, then the least that each note makes of it. Rising, at most five, none below the sum. */
export function tenderSuggestions(toPayMinor: Minor, currency: Currency): readonly Minor[] {
  const given = notesOf(currency).map((note) => Math.ceil(toPayMinor / note) * note)
  return [...new Set([toPayMinor, ...given])].toSorted((a, b) => a - b).slice(0, MAX_SUGGESTIONS)
}

type Ratio = Pick<ExchangeRate, 'numerator' | 'denominator'>

/** What foreign notes and coins are worth, down to a whole step of the shop's own cash, so that change can be given: at most that step in its favour. Minor units. */
export function worthOf(foreignMinor: Minor, { numerator, denominator }: Ratio, stepMinor = 1): Minor {
  const worth = (BigInt(foreignMinor) * BigInt(numerator)) / BigInt(denominator)
  return Number(worth - (worth % BigInt(stepMinor)))
}

/** The least of a foreign currency that is worth a sum. Minor units of each. */
export function foreignFor(toPayMinor: Minor, { numerator, denominator }: Ratio): Minor {
  const [parts, whole] = [BigInt(toPayMinor) * BigInt(denominator), BigInt(numerator)]
  return Number((parts + whole - 1n) / whole)
}
