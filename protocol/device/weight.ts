import type { Weight } from './messages.ts'

/** The number of a weight, `486` thousandths as `0.486`: for receipts and displays. Screens give this text to `Intl.NumberFormat`. */
export function decimalWeight({ milli }: Pick<Weight, 'milli'>): string {
  const digits = String(milli).padStart(4, '0')
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`
}
