/**
 * The tracks of a payment card (ISO/IEC 7813), and how much of them may be shown.
 *
 *     track 1  % B number ^ name ^ YYMM service(3) discretionary ? [LRC]
 *     track 2  ; number = YYMM service(3) discretionary ? [LRC]
 *
 * A track is only ever looked at as bytes, which the caller overwrites: a string with a card's number in it would stay in memory until it pleases
 * the collector, and from there may reach a log or a core dump.
 */
export type StripeFace = {
  /** At most the first six and the last four digits, `*` for the others. */
  readonly maskedPan: string
  /** YYMM. */
  readonly expiry?: string
}

/** The most that track 1 and track 2 hold, sentinels and LRC included (ISO/IEC 7811-6: 79 and 40 characters); readers reserve a little more. */
export const MAX_TRACK_BYTES = 112

type Shape = { readonly start: string; readonly separator: string; readonly base: number; readonly nameFollows: boolean }
const SHAPES: readonly Shape[] = [
  { start: '%B', separator: '^', base: 0x20, nameFollows: true },
  { start: ';', separator: '=', base: 0x30, nameFollows: false },
]
const END = 0x3f
const ZERO = 0x30
const NINE = 0x39

/** ISO/IEC 7812-1 allows 8 to 19 digits. Below 12, six and four of them would leave next to nothing hidden. */
const MIN_PAN = 12
const MAX_PAN = 19
const SHOWN_FIRST = 6
const SHOWN_LAST = 4

/** What may be shown of a track in the clear. Undefined unless it is whole: sentinels, a number whose check digit is right, a date, the LRC if there is one. */
export function faceOfTrack(track: Uint8Array): StripeFace | undefined {
  const fields = fieldsOf(track, false)
  if (!fields) return undefined
  const { pan, after } = fields
  const isNumber = pan.every(isDigit) && passesLuhn(pan)
  // A separator stands for a date or a service code that the card does not have.
  const rest = fields.shape.separator
  const expiry = text(after.subarray(0, 4))
  const isDated = /^\d\d(?:0[1-9]|1[0-2])$/.test(expiry)
  if (!isNumber || !(isDated || expiry.startsWith(rest))) return undefined
  const service = text(after.subarray(isDated ? 4 : 1, isDated ? 7 : 4))
  if (!/^\d{3}$/.test(service) && !service.startsWith(rest)) return undefined
  const maskedPan = text(pan.subarray(0, SHOWN_FIRST)) + '*'.repeat(pan.length - SHOWN_FIRST - SHOWN_LAST) + text(pan.subarray(-SHOWN_LAST))
  return isDated ? { maskedPan, expiry } : { maskedPan }
}

/**
 * What may be shown of a track that its reader has masked: with any one character, or with zeros (MagTek), where nothing tells a digit from a
 * masked one. Whatever the reader left to be seen, no more than the first six and last four digits come through.
 */
export function faceOfMaskedTrack(track: Uint8Array): StripeFace | undefined {
  const fields = fieldsOf(track, true)
  if (!fields) return undefined
  const { pan, after } = fields
  const last = pan.subarray(-SHOWN_LAST)
  if (!last.every(isDigit)) return undefined
  let shown = pan.findIndex((byte) => !isDigit(byte))
  // All digits, the middle of them zeros: the usual setting shows four, then the fifth and sixth are zeros as well.
  if (shown < 0) shown = pan[SHOWN_FIRST - 2] === ZERO && pan[SHOWN_FIRST - 1] === ZERO ? SHOWN_FIRST - 2 : SHOWN_FIRST
  shown = Math.min(shown, SHOWN_FIRST)
  // A reader that shows less of a long number than its two ends can carry: the till draws at most thirteen stars.
  const stars = Math.min(pan.length - shown - SHOWN_LAST, MAX_STARS)
  const maskedPan = text(pan.subarray(0, shown)) + '*'.repeat(stars) + text(last)
  const expiry = text(after.subarray(0, 4))
  return /^\d\d(?:0[1-9]|1[0-2])$/.test(expiry) ? { maskedPan, expiry } : { maskedPan }
}

const MAX_STARS = 13

type Fields = { readonly shape: Shape; readonly pan: Uint8Array; readonly after: Uint8Array }

/** The number and what follows it (and the name, on track 1), as views into the track. Readers mask the `B` and the LRC as well. */
function fieldsOf(track: Uint8Array, isMasked: boolean): Fields | undefined {
  const shape = SHAPES.find(({ start }) => (isMasked ? track[0] === start.charCodeAt(0) : text(track.subarray(0, start.length)) === start))
  const end = track.indexOf(END)
  if (!shape || end < 0 || track.length > MAX_TRACK_BYTES) return undefined
  if (isMasked ? track.length > end + 2 : !isClosed(track, end, shape)) return undefined
  const separator = shape.separator.charCodeAt(0)
  const panEnd = track.indexOf(separator)
  const pan = track.subarray(shape.start.length, panEnd)
  if (panEnd < 0 || panEnd > end || pan.length < MIN_PAN || pan.length > MAX_PAN) return undefined
  const nameEnd = shape.nameFollows ? track.indexOf(separator, panEnd + 1) : panEnd
  if (nameEnd < 0 || nameEnd > end) return undefined
  return { shape, pan, after: track.subarray(nameEnd + 1, end) }
}

/** After the end sentinel comes nothing, or the LRC (ISO/IEC 7811-6): the exclusive or of all characters before it, in the track's own code. */
function isClosed(track: Uint8Array, end: number, { base }: Shape): boolean {
  if (track.length === end + 1) return true
  let lrc = 0
  for (const byte of track.subarray(0, end + 1)) lrc ^= byte - base
  return track.length === end + 2 && track[end + 1] === base + lrc
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

/** ISO/IEC 7812-1 annex B. */
function passesLuhn(digits: Uint8Array): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = (digits[digits.length - 1 - i] ?? 0) - ZERO
    sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit
  }
  return sum % 10 === 0
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
