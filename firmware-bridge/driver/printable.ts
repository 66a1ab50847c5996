import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'

/** Code pages that practically every ESC/POS printer has under the same numbers (Epson ESC t: 16, 18, 17, 0): Western with the euro, Central European, Cyrillic, DOS. */
const codepages = ['windows1252', 'cp852', 'cp866', 'cp437'] as const
type Codepage = (typeof codepages)[number]

const UNPRINTABLE = '?'
const LINE_FEED = 0x0a

/**
 * Text as a receipt printer can show it, one column a character: white space of any kind is a space (`Intl` puts narrow no-break spaces into
 * amounts), marks that only steer layout go, controls become spaces, and a letter that no code page has loses its accent or becomes `?`.
 */
export function printable(text: string): string {
  let shown = ''
  for (const char of text.normalize('NFC')) {
    if (char === '\n') shown += char
    else if (/\s|\p{Cc}/u.test(char)) shown += ' '
    else if (!/\p{Cf}/u.test(char)) shown += printableChar(char)
  }
  return shown
}

function printableChar(char: string): string {
  if (isAscii(char) || pagesWith(char).length > 0) return char
  if (/\p{Pd}|\u2212/u.test(char)) return '-'
  const plain = char.normalize('NFKD').replace(/\p{M}/gu, '')
  return isAscii(plain) && plain !== '' ? plain : UNPRINTABLE
}

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** Splits printable text where the printer must change its code page: nearly always nowhere. */
export function paginate(line: string): readonly { readonly codepage: Codepage; readonly text: string }[] {
  const runs: { codepage: Codepage; text: string }[] = []
  for (let rest = line; rest !== '';) {
    const codepage = codepages.reduce((best, page) => (reach(page, rest) > reach(best, rest) ? page : best))
    // Printable text is never stuck; any other would be printed as question marks.
    const end = Math.max(1, reach(codepage, rest))
    runs.push({ codepage, text: rest.slice(0, end) })
    rest = rest.slice(end)
  }
  return runs
}

/** How many characters from the start a page holds. */
function reach(page: Codepage, text: string): number {
  const end = [...text].findIndex((char) => !has(page, char))
  return end < 0 ? text.length : end
}

const has = (page: Codepage, char: string): boolean => isAscii(char) || pagesWith(char).includes(page)

/** Lines of at most `width` characters, broken at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let rest = paragraph
    while (rest.length > width) {
      const space = rest.lastIndexOf(' ', width)
      const end = space > 0 ? space : width
      lines.push(rest.slice(0, end).trimEnd())
      rest = rest.slice(end).trimStart()
    }
    return [...lines, rest]
  })
}

/** Where the pages' characters are: Latin; Greek and Cyrillic; punctuation, symbols, lines and blocks. */
const BLOCKS = [
  [0x80, 0x24f],
  [0x370, 0x45f],
  [0x2010, 0x25ff],
] as const
const PROBE_LINE = 32

/**
 * Which pages hold a character, asked of the encoder once: its own search (`auto`) takes milliseconds a line, and a receipt would take longer than
 * a scan may wait.
 */
const pagesOf: ReadonlyMap<string, readonly Codepage[]> = readPages()

const pagesWith = (char: string): readonly Codepage[] => pagesOf.get(char) ?? []

function readPages(): ReadonlyMap<string, readonly Codepage[]> {
  const all = BLOCKS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => String.fromCharCode(first + at)))
  const chars = all.filter((char) => /[^\s\p{C}]/u.test(char))
  const found = new Map<string, Codepage[]>()
  for (const page of codepages) {
    encodeAll(chars, page).forEach((byte, at) => {
      // Below 0x80 it is `?`, or one of the pictures some pages have in place of control characters, which a printer would obey.
      if (byte >= 0x80) found.set(chars[at] ?? '', [...(found.get(chars[at] ?? '') ?? []), page])
    })
  }
  return found
}

/** One byte a character. */
function encodeAll(chars: readonly string[], page: Codepage): readonly number[] {
  const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: PROBE_LINE, codepageMapping: 'epson/legacy', newline: '\n' }).codepage(page)
  for (let at = 0; at < chars.length; at += PROBE_LINE) encoder.line(chars.slice(at, at + PROBE_LINE).join(''))
  const [, , , ...bytes] = encoder.encode()
  return bytes.filter((byte) => byte !== LINE_FEED)
}
