import type { SaleLine } from '#protocol/journal/entry.ts'
import { scale, type Minor } from '#protocol/money.ts'

/** A price is of one unit of weight, a weight is in thousandths of it. */
export const THOUSAND = 1000

/** A GTIN as it is looked up: 14 digits, zero-padded (GS1 General Specifications §1.6), whatever symbol carried it. */
export const gtin14 = (digits: string): string => digits.padStart(14, '0')

type Counted = Pick<SaleLine, 'quantity' | 'unitMinor' | 'weight'>

/** Before anything is taken off, in minor units. By weight: unit price × thousandths ÷ 1000, rounded here and nowhere else. */
export const grossOf = ({ quantity, unitMinor, weight }: Counted): Minor =>
  weight === undefined ? quantity * unitMinor : scale(unitMinor, weight.milli, THOUSAND)

/** What the goods of a line cost, in minor units, never negative: what is taxed. */
export const goodsTotal = (line: Counted & Pick<SaleLine, 'discountMinor'>): Minor => grossOf(line) - (line.discountMinor ?? 0)

/** Of all its pieces. */
export const depositOf = ({ quantity, depositMinor = 0 }: Pick<SaleLine, 'quantity' | 'depositMinor'>): Minor => quantity * depositMinor

/** What is to be paid for a line. */
export const lineTotal = (line: Counted & Pick<SaleLine, 'discountMinor' | 'depositMinor'>): Minor => goodsTotal(line) + depositOf(line)
