/**
 * Check digit over the digits before it (GS1 General Specifications §7.9.1): weights 3 and 1 in turn, from the right, to the next ten. The same for
 * GTIN-8, -12, -13 and -14, SSCC, GLN and every other GS1 key that ends in one.
 */
export function checkDigitOf(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1)
  return String((10 - (sum % 10)) % 10)
}

export const endsInCheckDigit = (digits: string): boolean => /^\d{2,}$/.test(digits) && checkDigitOf(digits.slice(0, -1)) === digits.at(-1)

/** Eight, twelve, thirteen or fourteen digits that end in their check digit. */
export const isGtin = (text: string): boolean => /^(?:\d{8}|\d{12,14})$/.test(text) && endsInCheckDigit(text)

/**
 * The UPC-A (GTIN-12) that a UPC-E stands for (GS1 General Specifications §5.2.2.4): number system 0 or 1, six digits, check digit. Its last digit
 * says which zeros were left out. Undefined when it is none, or its check digit is wrong.
 */
export function expandUpcE(text: string): string | undefined {
  const [, system, six = '', check] = /^([01])(\d{6})(\d)$/.exec(text) ?? []
  if (system === undefined || check === undefined) return undefined
  const last = Number(six[5])
  const item =
    last <= 2
      ? `${six.slice(0, 2)}${last}0000${six.slice(2, 5)}`
      : last === 3
        ? `${six.slice(0, 3)}00000${six.slice(3, 5)}`
        : last === 4
          ? `${six.slice(0, 4)}00000${six[4]}`
          : `${six.slice(0, 5)}0000${last}`
  const expanded = `${system}${item}${check}`
  return isGtin(expanded) ? expanded : undefined
}
