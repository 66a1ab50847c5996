/** What is on a stripe (ISO/IEC 7813), byte by byte: nothing of it becomes a string, which could not be wiped. */
const [EQUALS, CARET, QUESTION, SEMICOLON, PERCENT] = ['=', '^', '?', ';', '%'].map((character) => character.charCodeAt(0))
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
const MIN_DIGITS = 12
const MAX_DIGITS = 19

/** Number, `=`, YYMM and what follows, without sentinels. Undefined for what is no such track. The caller wipes both. */
export function fromTrack2(track: Buffer): Buffer | undefined {
  const start = track[0] === SEMICOLON ? 1 : 0
  const end = endOf(track, start)
  const card = Buffer.from(track.subarray(start, end))
  const separator = card.indexOf(EQUALS ?? 0)
  const isWhole =
    separator >= MIN_DIGITS && separator <= MAX_DIGITS && card.length >= separator + 5 && card.every((byte, at) => at === separator || isDigit(byte))
  if (isWhole) return card
  card.fill(0)
  return undefined
}

/** The same of track 1, which has a name between the number and the date. */
export function fromTrack1(track: Buffer): Buffer | undefined {
  const start = track[0] === PERCENT ? 1 : 0
  const end = endOf(track, start)
  const first = track.indexOf(CARET ?? 0)
  const second = track.indexOf(CARET ?? 0, first + 1)
  if (first < 0 || second < 0 || second + 5 > end) return undefined
  const joined = Buffer.concat([track.subarray(start + 1, first), Buffer.from('='), track.subarray(second + 1, end)])
  const card = fromTrack2(joined)
  joined.fill(0)
  return card
}

function endOf(track: Buffer, start: number): number {
  const end = track.findIndex((byte, at) => at >= start && (byte === QUESTION || byte === 0))
  return end < 0 ? track.length : end
}

/** Number and expiry date alone. */
export const numberOf = (card: Buffer): Buffer => Buffer.from(card.subarray(0, card.indexOf(EQUALS ?? 0) + 5))

/** Whether a card can be the one that is shown so: as long, and the digits that are not masked. */
export function isMaskedAs(card: Buffer, maskedPan: string): boolean {
  const digits = card.indexOf(EQUALS ?? 0)
  return digits === maskedPan.length && [...maskedPan].every((shown, at) => shown === '*' || shown.charCodeAt(0) === card[at])
}
