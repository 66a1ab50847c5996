import { bytesIn, columnsOf, isWide, pagesWith, type CharacterSet, type CodePage } from './code-pages.ts'

const UNPRINTABLE = '?'

/** Text as a printer can show it, and how many of its characters are a `?` there. */
export type Printable = { readonly text: string; readonly replaced: number }

/**
 * Text as a receipt printer can show it: white space of any kind is a space (`Intl` puts narrow no-break spaces into amounts), marks that only steer
 * layout go, controls become spaces, and a letter that no code page has loses its accent or becomes `?`. What comes out holds no control
 * character but the line feed.
 */
export function printable(text: string, set: CharacterSet = 'western'): Printable {
  let shown = ''
  let replaced = 0
  for (const char of text.normalize('NFC')) {
    if (char === '\n') shown += char
    else if (/\s|\p{Cc}/u.test(char)) shown += ' '
    else if (!/\p{Cf}/u.test(char)) {
      const known = printableChar(char, set)
      if (known === undefined) replaced++
      shown += known ?? UNPRINTABLE
    }
  }
  return { text: shown, replaced }
}

function printableChar(char: string, set: CharacterSet): string | undefined {
  if (pagesWith(char, set).length > 0) return char
  if (/\p{Pd}|\u2212/u.test(char)) return '-'
  const plain = char.normalize('NFKD').replace(/\p{M}/gu, '')
  return /^[ -~]+$/.test(plain) ? plain : undefined
}

/** A piece of a line in one code page, as its bytes. */
export type Run = { readonly page: CodePage; readonly bytes: readonly number[] }

/** Splits printable text where the printer must change its code page: nearly always nowhere. */
export function paginate(line: string, set: CharacterSet): readonly Run[] {
  const runs: Run[] = []
  for (let rest = Array.from(line); rest.length > 0;) {
    const pages = pagesWith(rest.find((char) => char > '~') ?? ' ', set)
    const page = pages.reduce((best, one) => (reach(one, rest) > reach(best, rest) ? one : best), pages[0] ?? 'cp437')
    // Printable text is never stuck; any other would be printed as question marks.
    const end = Math.max(1, reach(page, rest))
    runs.push({ page, bytes: rest.slice(0, end).flatMap((char) => bytesIn(page, char) ?? UNPRINTABLE.charCodeAt(0)) })
    rest = rest.slice(end)
  }
  return runs
}

/** How many characters from the start a page holds. */
function reach(page: CodePage, chars: readonly string[]): number {
  const end = chars.findIndex((char) => bytesIn(page, char) === undefined)
  return end < 0 ? chars.length : end
}

/** Lines of at most `width` columns, broken at spaces or beside wide characters where there are any. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let rest = Array.from(paragraph)
    for (let fit = fitting(rest, width); fit < rest.length; fit = fitting(rest, width)) {
      const end = breakBefore(rest, fit)
      lines.push(rest.slice(0, end).join('').trimEnd())
      rest = Array.from(rest.slice(end).join('').trimStart())
    }
    return [...lines, rest.join('')]
  })
}

/** How many characters fit: at least one, or a line would never end. */
function fitting(chars: readonly string[], width: number): number {
  let used = 0
  const end = chars.findIndex((char) => (used += columnsOf(char)) > width)
  return end < 0 ? chars.length : Math.max(1, end)
}

function breakBefore(chars: readonly string[], fit: number): number {
  for (let at = fit; at > 0; at--) {
    const [before = '', after = ''] = [chars[at - 1], chars[at]]
    if (after === ' ' || isWide(after) || isWide(before)) return at
  }
  return fit
}
