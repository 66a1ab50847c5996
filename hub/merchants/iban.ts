/** ISO 13616: two letters, two check digits, up to thirty letters and digits, which leave 1 when divided by 97 (ISO 7064 MOD 97-10). Without spaces. */
export function isIban(text: string): boolean {
  return /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text) && mod97(text.slice(4) + text.slice(0, 4)) === 1
}

/** Letters count as two digits (A = 10 … Z = 35). */
export function mod97(text: string): number {
  let rest = 0
  for (const character of text) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** For people: what a screen shows of it, so that two accounts can be told apart. */
export const shortIban = (iban: string): string => `${iban.slice(0, 4)} … ${iban.slice(-4)}`
