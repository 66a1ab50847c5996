import { isIban } from '../merchants/iban.ts'

/** Lengths by country, from the registry of ISO 13616. What is true of the form of an IBAN and not of its country's length is a slip of a digit more or less. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 ' +
    'GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 ' +
    'NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** An IBAN in its electronic form (no spaces, capitals) whose country, length and check digits are right: what a file may be written for. */
export function isPayableIban(iban: string): boolean {
  // 02 to 98: the numbers below and above are congruent to others, and no bank gives them out.
  const check = Number(iban.slice(2, 4))
  return isIban(iban) && LENGTHS[iban.slice(0, 2)] === iban.length && check >= 2 && check <= 98
}

/** ISO 9362: institution, country, place and, if it is not the head office, branch. */
export const isBic = (text: string): boolean => /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(text)
