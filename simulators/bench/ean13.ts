/**
 * EAN-13, as the GS1 General Specifications (section 5.2, "EAN/UPC symbology") draw it: 95 modules, of which the first digit is only seen in
 * which of two number sets the next six use.
 */
export const EAN13_MODULES = 95
/** Light margins that a scanner needs, in modules: left and right (GS1 5.2.3.4). */
export const QUIET = { left: 11, right: 7 } as const

/** Number set A of the digits 0 to 9, one bit a module, 1 is dark. C is its complement, B is C read backwards. */
const SET_A = ['0001101', '0011001', '0010011', '0111101', '0100011', '0110001', '0101111', '0111011', '0110111', '0001011']
/** Sets of the six digits on the left, by the first digit. */
const LEFT_SETS = ['AAAAAA', 'AABABB', 'AABBAB', 'AABBBA', 'ABAABB', 'ABBAAB', 'ABBBAA', 'ABABAB', 'ABABBA', 'ABBABA']
const GUARD = '101'
const CENTRE = '01010'

const setA = (digit: number): string => SET_A[digit] ?? ''
const setC = (digit: number): string => setA(digit).replaceAll(/[01]/g, (bit) => (bit === '0' ? '1' : '0'))
const setB = (digit: number): string => [...setC(digit)].toReversed().join('')

/** Check digit of the twelve before it (GS1 7.9): weights 1, 3, 1, 3, … */
function checkDigit(digits: readonly number[]): number {
  const weighted = digits.slice(0, 12).reduce((sum, digit, index) => sum + digit * (index % 2 === 0 ? 1 : 3), 0)
  return (10 - (weighted % 10)) % 10
}

/** 95 characters `0` (light) and `1` (dark); undefined for anything but 13 digits with a right check digit, or 12 of a UPC-A. */
export function ean13(gtin: string): string | undefined {
  const text = gtin.length === 12 ? `0${gtin}` : gtin
  if (!/^\d{13}$/.test(text)) return undefined
  const digits = Array.from(text, Number)
  if (checkDigit(digits) !== digits[12]) return undefined
  const sets = LEFT_SETS[digits[0] ?? 0] ?? ''
  const left = digits.slice(1, 7).map((digit, index) => (sets.charAt(index) === 'A' ? setA(digit) : setB(digit)))
  const right = digits.slice(7).map(setC)
  return GUARD + left.join('') + CENTRE + right.join('') + GUARD
}

export type Bar = { readonly x: number; readonly width: number; readonly guard: boolean }

/** Dark runs in modules from the left edge of the symbol. The bars of the three guards are drawn longer (GS1 5.2.3.2). */
export function bars(modules: string): Bar[] {
  return [...modules.matchAll(/1+/g)].map(({ index, 0: run }) => ({
    x: index,
    width: run.length,
    guard: index < 3 || index >= 92 || (index >= 45 && index < 50),
  }))
}
