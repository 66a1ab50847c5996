/** Part of the till's id, its epoch and a count; a till prints it as text and as a code. */
const PATTERN = /^[0-9A-F]{6}-\d{1,6}-\d{6,12}$/

/** The receipt number that was typed or scanned, in the form in which tills print it. */
export function receiptNumberOf(text: string): string | undefined {
  const number = text.trim().toUpperCase()
  return PATTERN.test(number) ? number : undefined
}
