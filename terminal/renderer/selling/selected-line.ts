import type { LineView, SaleView } from '#protocol/till-api/api.ts'

/** A line that the person picked, and the state of the last touched line at that moment: a later scan takes the selection with it. */
export type Choice = { readonly line: string; readonly touch: string }

export function touchOf(sale: SaleView): string {
  const touched = sale.lines.find(({ id }) => id === sale.touched)
  return `${sale.id} ${sale.touched ?? ''} ${touched?.quantity ?? 0}`
}

/** The line that plus, minus and remove act on: the picked one, else the one last scanned, else the last one. */
export function selectedLine(sale: SaleView, choice: Choice | undefined): LineView | undefined {
  const picked = choice !== undefined && choice.touch === touchOf(sale) ? choice.line : undefined
  return sale.lines.find(({ id }) => id === picked) ?? sale.lines.find(({ id }) => id === sale.touched) ?? sale.lines.at(-1)
}

/** The line above (-1) or below (+1) the selected one; stays at the ends. */
export function neighbour(sale: SaleView, selected: LineView | undefined, step: -1 | 1): LineView | undefined {
  const at = sale.lines.findIndex(({ id }) => id === selected?.id)
  return sale.lines[Math.min(sale.lines.length - 1, Math.max(0, at + step))]
}
