import type { Empties, SaleLine, TaxTotal } from '#protocol/journal/entry.ts'
import { scale, sum, type Minor } from '#protocol/money.ts'
import { depositOf, goodsTotal } from './goods.ts'

/** How prices are to be read and where tax is rounded: included and once for each rate, if nothing is said. */
export type Taxing = { readonly taxIncluded?: false | undefined; readonly taxRounding?: 'line' | undefined }

type TaxedLine = Pick<SaleLine, 'quantity' | 'unitMinor' | 'weight' | 'discountMinor' | 'taxPpm' | 'taxExempt' | 'parts' | 'depositMinor'>

/** What of a sale has to be known to add it up. */
export type Addable = Taxing & {
  readonly lines: readonly TaxedLine[]
  readonly empties?: readonly Empties[] | undefined
  /** The customer pays no tax, whatever the goods. */
  readonly exemption?: { readonly reason: string } | undefined
}

export type Totals = {
  /** What is to be paid. Below zero while more deposit is given back than there is to pay: such a basket cannot be paid for. */
  readonly totalMinor: Minor
  readonly taxes: readonly TaxTotal[]
  readonly itemCount: number
  /** What was taken off all lines together. */
  readonly discountMinor: Minor
  /** For pieces that may come back empty, and for those that did. */
  readonly depositMinor: Minor
  readonly emptiesMinor: Minor
  /** What a customer who is exempt does not pay. */
  readonly untaxedMinor: Minor
}

const MILLION = 1_000_000

/** Under which its amount is taxed: exempt is no rate, and not the same as a rate of 0. */
export const taxGroup = ({ taxPpm, taxExempt }: Pick<SaleLine, 'taxPpm' | 'taxExempt'>): number => (taxExempt === true ? -1 : taxPpm)

type Taxed = Pick<SaleLine, 'taxPpm' | 'taxExempt'> & { readonly minor: Minor }

/** What of a line is taxed and by which rate: a bundle by the rates of what is in it. */
export const taxedAmounts = (line: TaxedLine): readonly Taxed[] =>
  line.parts === undefined
    ? [{ taxPpm: line.taxPpm, taxExempt: line.taxExempt, minor: goodsTotal(line) }]
    : line.parts.map(({ taxPpm, taxExempt, totalMinor }) => ({ taxPpm, taxExempt, minor: totalMinor }))

export const emptiesTotal = (empties: readonly Empties[] = []): Minor => sum(empties.map(({ depositMinor, quantity }) => depositMinor * quantity))

/**
 * Totals in minor units. Included, the tax of a rate is taken out of what its goods cost (gross × rate ÷ (1 + rate)); otherwise it is added (net × rate).
 * It is rounded (`scale`) once for each rate, or once for each line (of a bundle: for each part). Either way net + tax is what is paid for the goods, exactly;
 * deposits are no price of anything and stand beside it. Who is exempt pays the net alone.
 */
export function totalsOf({ lines, taxIncluded, taxRounding, empties, exemption }: Addable): Totals {
  const taxed = taxesOf(lines.flatMap(taxedAmounts), taxIncluded, taxRounding)
  const untaxedMinor = exemption === undefined ? 0 : sum(taxed.map(({ taxMinor }) => taxMinor))
  const taxes = exemption === undefined || taxed.length === 0 ? taxed : [exemptOf(taxed)]
  const depositMinor = sum(lines.map(depositOf))
  const emptiesMinor = emptiesTotal(empties)
  return {
    totalMinor: sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor)) + depositMinor - emptiesMinor,
    taxes,
    itemCount: sum(lines.map((line) => line.quantity)),
    discountMinor: sum(lines.map((line) => line.discountMinor ?? 0)),
    depositMinor,
    emptiesMinor,
    untaxedMinor,
  }
}

function taxesOf(amounts: readonly Taxed[], taxIncluded: false | undefined, taxRounding: 'line' | undefined): readonly TaxTotal[] {
  return [...new Set(amounts.map(taxGroup))]
    .toSorted((a, b) => b - a)
    .map((group): TaxTotal => {
      const ratePpm = Math.max(0, group)
      const own = amounts.filter((amount) => taxGroup(amount) === group).map(({ minor }) => minor)
      const amountMinor = sum(own)
      const whole = taxIncluded === false ? MILLION : MILLION + ratePpm
      const taxMinor = sum((taxRounding === 'line' ? own : [amountMinor]).map((minor) => scale(minor, ratePpm, whole)))
      return { ratePpm, netMinor: taxIncluded === false ? amountMinor : amountMinor - taxMinor, taxMinor, ...(group < 0 ? { exempt: true } : {}) }
    })
}

const exemptOf = (taxes: readonly TaxTotal[]): TaxTotal => ({ ratePpm: 0, netMinor: sum(taxes.map(({ netMinor }) => netMinor)), taxMinor: 0, exempt: true })
