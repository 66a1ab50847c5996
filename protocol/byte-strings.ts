/**
 * A list of byte strings in deterministic CBOR (RFC 8949 §4.2.1), and nothing else: the same bytes as `toCbor` makes of it, for a fifth of the time. Thousands
 * of entries go through here for every batch of a backlog, and a general coder makes several objects for each.
 */
const BYTE_STRING = 0x40
const ARRAY = 0x80

const headLength = (value: number): number => (value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : 5)

/** Lists and strings of less than 2^32. */
export function encodeByteStrings(list: readonly Uint8Array[]): Uint8Array {
  const size = list.reduce((sum, { length }) => sum + headLength(length) + length, headLength(list.length))
  const bytes = new Uint8Array(size)
  let at = writeHead(bytes, 0, ARRAY, list.length)
  for (const entry of list) {
    at = writeHead(bytes, at, BYTE_STRING, entry.length)
    bytes.set(entry, at)
    at += entry.length
  }
  return bytes
}

/** Where the head ends. */
function writeHead(bytes: Uint8Array, at: number, major: number, value: number): number {
  const length = headLength(value)
  if (length === 1) bytes[at] = major | value
  else {
    // 24, 25 and 26: one, two and four bytes follow.
    bytes[at] = major | (length === 2 ? 24 : length === 3 ? 25 : 26)
    for (let i = length - 1, rest = value; i > 0; i--, rest = Math.floor(rest / 256)) bytes[at + i] = rest & 0xff
  }
  return at + length
}

/**
 * Views into `bytes`, without a copy; undefined if this is not such a list of at most `maxCount` (shortest heads, definite lengths, nothing behind it). Total.
 */
export function decodeByteStrings(bytes: Uint8Array, maxCount: number): Uint8Array[] | undefined {
  const list = readHead(bytes, 0, ARRAY)
  if (list === undefined || list.value > maxCount) return undefined
  const entries: Uint8Array[] = []
  let { end } = list
  for (let i = 0; i < list.value; i++) {
    const head = readHead(bytes, end, BYTE_STRING)
    if (head === undefined || head.end + head.value > bytes.length) return undefined
    end = head.end + head.value
    entries.push(bytes.subarray(head.end, end))
  }
  return end === bytes.length ? entries : undefined
}

function readHead(bytes: Uint8Array, at: number, major: number): { readonly value: number; readonly end: number } | undefined {
  const first = bytes[at]
  if (first === undefined || (first & 0xe0) !== major) return undefined
  const low = first & 0x1f
  if (low < 24) return { value: low, end: at + 1 }
  if (low > 26) return undefined
  const length = low === 24 ? 2 : low === 25 ? 3 : 5
  if (at + length > bytes.length) return undefined
  let value = 0
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return headLength(value) === length ? { value, end: at + length } : undefined
}
