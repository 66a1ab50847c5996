const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const EOT = 0x04
const FS = 0x1c

/**
 * The text of a code, or undefined if its bytes cannot be one: they are not UTF-8 (RFC 3629), or hold a control character that no code has. Tab,
 * EOT and FS to US appear in GS1 and ISO/IEC 15434 data. `withLineEnds`: CR and LF belong to the text, since something else frames it.
 */
export function readScanText(bytes: Uint8Array, withLineEnds: boolean): string | undefined {
  const text = utf8(bytes)
  return text !== undefined && isReadable(text, withLineEnds) ? text : undefined
}

function isReadable(text: string, withLineEnds: boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const isLineEnd = withLineEnds && (unit === CR || unit === LF)
    if (unit < FS && unit !== TAB && unit !== EOT && !isLineEnd) return false
    if (unit >= 0x7f && unit <= 0x9f) return false
  }
  return true
}

/** Undefined unless the bytes are well-formed. The language has exactly one strict decoder that needs no host: this one. */
function utf8(bytes: Uint8Array): string | undefined {
  let escaped = ''
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, '0')}`
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}
