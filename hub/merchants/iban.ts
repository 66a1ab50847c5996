/** ISO 13616: two letters, two check digits, up to thirty letters and digits, which leave 1 when divided by 97 (ISO 7064 MOD 97-10). Without spaces. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false
  const turned = text.slice(4) + text.slice(0, 4)
  let rest = 0
  for (const sign of turned) for (const digit of String(Number.parseInt(sign, 36))) rest = (rest * 10 + Number(digit)) % 97
  return rest === 1
}

/** For people: what a screen shows of it, so that two accounts can be told apart. */
export const shortIban = (iban: string): string => `${iban.slice(0, 4)} … ${iban.slice(-4)}`
