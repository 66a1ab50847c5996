import type { SaleLine, TaxTotal } from '#protocol/journal/entry.ts'
import { scale, sum, type Minor } from '#protocol/money.ts'
import { lineTotal } from './goods.ts'

/** How prices are to be read and where tax is rounded: included and once for each rate, if nothing is said. */
export type Taxing = { readonly taxIncluded?: false | undefined; readonly taxRounding?: 'line' | undefined }

type TaxedLine = Pick<SaleLine, 'quantity' | 'unitMinor' | 'weight' | 'discountMinor' | 'taxPpm' | 'taxExempt'>

export type Totals = {
  /** What is to be paid. */
  readonly totalMinor: Minor
  readonly taxes: readonly TaxTotal[]
  readonly itemCount: number
  /** What was taken off all lines together. */
  readonly discountMinor: Minor
}

const MILLION = 1_000_000

/** Under which its amount is taxed: exempt is no rate, and not the same as a rate of 0. */
export const taxGroup = ({ taxPpm, taxExempt }: Pick<SaleLine, 'taxPpm' | 'taxExempt'>): number => (taxExempt === true ? -1 : taxPpm)

/**
 * Totals in minor units. Included, the tax of a rate is taken out of what its lines cost (gross × rate ÷ (1 + rate)); otherwise it is added (net × rate).
 * It is rounded (`scale`) once for each rate, or once for each line. Either way net + tax is what is paid, exactly.
 */
export function totalsOf({ lines, taxIncluded, taxRounding }: Taxing & { readonly lines: readonly TaxedLine[] }): Totals {
  const taxes = [...new Set(lines.map(taxGroup))]
    .toSorted((a, b) => b - a)
    .map((group): TaxTotal => {
      const ratePpm = Math.max(0, group)
      const amounts = lines.filter((line) => taxGroup(line) === group).map(lineTotal)
      const amountMinor = sum(amounts)
      const whole = taxIncluded === false ? MILLION : MILLION + ratePpm
      const taxMinor = sum((taxRounding === 'line' ? amounts : [amountMinor]).map((amount) => scale(amount, ratePpm, whole)))
      return { ratePpm, netMinor: taxIncluded === false ? amountMinor : amountMinor - taxMinor, taxMinor, ...(group < 0 ? { exempt: true } : {}) }
    })
  return {
    totalMinor: sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor)),
    taxes,
    itemCount: sum(lines.map((line) => line.quantity)),
    discountMinor: sum(lines.map((line) => line.discountMinor ?? 0)),
  }
}
