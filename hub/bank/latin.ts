/**
 * What banks pass on unharmed: the character set that the European Payments Council allows in SEPA messages (EPC217-08). Everything else is written with letters of
 * it where there are some, and as a full stop where there are none: a bank that meets another one may reject the whole file.
 */
const ALLOWED = /[A-Za-z0-9/\-?:().,'+ ]/
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  '&': '+',
  _: '-',
  '’': "'",
  '‘': "'",
  '–': '-',
  '—': '-',
}

/** At most `length` characters. Empty where the text has none that a bank could show. */
export function latin(text: string, length: number): string {
  let written = ''
  for (const character of text.normalize('NFKD').replaceAll(/\p{M}/gu, '')) {
    const letters = ALLOWED.test(character) ? character : (LETTERS[character] ?? (/\s/.test(character) ? ' ' : '.'))
    written += letters
  }
  const short = written.replaceAll(/ +/g, ' ').trim().slice(0, length).trim()
  return /[A-Za-z0-9]/.test(short) ? short : ''
}

/** A reference: of the same set, without a slash at either end or two of them in a row (EPC217-08, 2.1), 35 characters at most (Max35Text). */
export const isReference = (text: string): boolean =>
  /^[A-Za-z0-9\-?:().,'+ /]{1,35}$/.test(text) && !text.startsWith('/') && !text.endsWith('/') && !text.includes('//')
