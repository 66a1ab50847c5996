/**
 * The two languages of customer displays of two lines. `escpos`: Epson "DM-D Command Reference" (ESC @, ESC t, MD1 1F 01, US C, US $). `cd5220`: the
 * command set of that name (ESC @, CLR, ESC Q A, ESC Q B), which nearly every other display has as well. Neither ever answers.
 */
export const displayProtocols = ['escpos', 'cd5220'] as const
export type DisplayProtocol = (typeof displayProtocols)[number]

/** Lines of such a display. */
export const DISPLAY_LINES = 2

const ESC = 0x1b
const US = 0x1f
const CLEAR = 0x0c
const CR = 0x0d
const AT = 0x40

/** Sent when the line opens: settings as at power-on, an empty screen, no cursor. Text overwrites what is there and never scrolls it. */
export function startDisplay(protocol: DisplayProtocol): Uint8Array {
  if (protocol === 'cd5220') return Uint8Array.of(ESC, AT, CLEAR)
  return Uint8Array.of(ESC, AT, ESC, 0x74, 0, US, 0x01, US, 0x43, 0, CLEAR)
}

/** The whole screen. `lines` are from the top and cut to `columns`; a missing one is empty. Overwrites in place, so that nothing flickers. */
export function encodeScreen(protocol: DisplayProtocol, columns: number, lines: readonly string[]): Uint8Array {
  const screen = Array.from({ length: DISPLAY_LINES }, (_, row) => {
    const text = [
      ...displayable(lines[row] ?? '')
        .slice(0, columns)
        .padEnd(columns),
    ].map((char) => char.charCodeAt(0))
    if (protocol === 'cd5220') return [ESC, 0x51, row === 0 ? 0x41 : 0x42, ...text, CR]
    return [US, 0x24, 1, row + 1, ...text]
  })
  return Uint8Array.from(screen.flat())
}

/** What their character sets have not, and everybody knows by another name. */
const OTHERWISE: Readonly<Record<string, string>> = { '€': 'EUR', '£': 'GBP', '¥': 'JPY', '×': 'x', '’': "'", '‘': "'", '“': '"', '”': '"', '…': '...' }

/**
 * Reduced to ASCII, the only characters that all of them have: letters lose their accents, `€` is `EUR`, dashes are `-`, white space and
 * controls are spaces (so that no product's name carries commands), and anything else is `?`.
 */
export function displayable(text: string): string {
  return [...text.normalize('NFC')].map(displayableChar).join('')
}

function displayableChar(char: string): string {
  if (char >= ' ' && char <= '~') return char
  if (/\s|\p{Cc}/u.test(char)) return ' '
  if (/\p{Cf}|\p{M}/u.test(char)) return ''
  if (/\p{Pd}|\u2212/u.test(char)) return '-'
  const plain = OTHERWISE[char] ?? char.normalize('NFKD').replace(/\p{M}/gu, '')
  return /^[ -~]+$/.test(plain) ? plain : '?'
}
