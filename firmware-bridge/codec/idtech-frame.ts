import { concat, hex } from '#protocol/bytes.ts'
import { agreed, cardOf, plainCard, type CardItem, type KeyVariant } from './card-reports.ts'
import { faceOfMaskedTrack, MAX_TRACK_BYTES, type StripeFace } from './magnetic-stripe.ts'

/**
 * The enhanced encryption format of ID TECH's readers (SecureMag, SecureHead user manuals, "Level 3 and level 4 data output format"): one frame a
 * swipe, in an input report that is filled up with zeros, or in several where reports are short.
 *
 *     02  length (little-endian)  card type  track status  track length×3  masked sent  encrypted sent
 *     masked tracks 1–3  encrypted tracks 1–3  [session id, 8]  [SHA-1 of a track, 20, ×3]  [serial number, 10]  [key serial number, 10 or 12]
 *     LRC (exclusive or)  checksum (sum)  03
 *
 * Length, LRC and checksum are about what lies between length and LRC. The original format, which encrypts both tracks as one, is not taken.
 */
const STX = 0x02
const ETX = 0x03
const HEAD_BYTES = 3
const TAIL_BYTES = 3
/** More than three tracks, their ciphertext and everything else of a frame. */
const MAX_FRAME_BYTES = 1024

/** Places within the card data. */
const CARD_TYPE = 0
const LENGTHS = 2
const MASKED_SENT = 5
const ENCRYPTED_SENT = 6
const TRACKS = 7
const ENHANCED_ISO = 0x80

/** Bits of "masked sent" above the three tracks. */
const FIXED_KEY = 1 << 3
const AES = 1 << 4
const PIN_KEY = 1 << 6
const HAS_SERIAL_NUMBER = 1 << 7
/** Bits of "encrypted sent" above the three tracks: three hashes, then these. */
const HAS_SESSION_ID = 1 << 6
const HAS_KSN = 1 << 7

const SESSION_ID_BYTES = 8
const HASH_BYTES = 20
const SERIAL_NUMBER_BYTES = 10
const TDES = { block: 8, ksn: 10 } as const
const AES_DUKPT = { block: 16, ksn: 12 } as const

export type SwipeFrames = {
  /** The frame so far. */
  readonly held: Uint8Array
}
export const startSwipeFrames: SwipeFrames = { held: new Uint8Array(0) }

type Taken = { readonly frames: SwipeFrames; readonly items: readonly CardItem[] }

/** Takes the next report and overwrites it: what was in the clear in it must not outlive this. */
export function takeSwipeReport({ held }: SwipeFrames, report: Uint8Array, key: KeyVariant): Taken {
  const frame = concat(held, report)
  const isUnderWay = frame[0] === STX && frame.length < bytesNeeded(frame) && bytesNeeded(frame) <= MAX_FRAME_BYTES
  if (!isUnderWay) return takeFrame(held, frame, report, key)
  held.fill(0)
  report.fill(0)
  return { frames: { held: frame }, items: [] }
}

function takeFrame(held: Uint8Array, frame: Uint8Array, report: Uint8Array, key: KeyVariant): Taken {
  // What is behind the frame fills the report up.
  const item = frame[0] === STX ? readFrame(frame.subarray(0, bytesNeeded(frame)), key) : undefined
  frame.fill(0)
  // The one before was cut off, and this report may begin another.
  if (!item && held.length > 0) {
    const next = takeSwipeReport(startSwipeFrames, report, key)
    return { frames: next.frames, items: [...giveUpSwipe({ held }).items, ...next.items] }
  }
  const bytes = frame.length
  held.fill(0)
  report.fill(0)
  return { frames: startSwipeFrames, items: bytes === 0 ? [] : [item ?? { type: 'garbage', bytes }] }
}

/** The frame under way will not be finished (silence, unplugged). */
export function giveUpSwipe({ held }: SwipeFrames): Taken {
  const bytes = held.length
  held.fill(0)
  return { frames: startSwipeFrames, items: bytes === 0 ? [] : [{ type: 'garbage', bytes }] }
}

export const isSwipeUnfinished = ({ held }: SwipeFrames): boolean => held.length > 0

const bytesNeeded = (frame: Uint8Array): number =>
  frame.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + ((frame[1] ?? 0) | ((frame[2] ?? 0) << 8)) + TAIL_BYTES

function readFrame(frame: Uint8Array, key: KeyVariant): CardItem | undefined {
  const data = frame.subarray(HEAD_BYTES, -TAIL_BYTES)
  const [lrc, sum, end] = frame.subarray(-TAIL_BYTES)
  const isIntact = end === ETX && data.reduce((all, byte) => all ^ byte, 0) === lrc && (data.reduce((all, byte) => all + byte, 0) & 0xff) === sum
  return isIntact && data.length >= TRACKS && data[CARD_TYPE] === ENHANCED_ISO ? readCardData(data, key) : undefined
}

function readCardData(data: Uint8Array, key: KeyVariant): CardItem | undefined {
  const masked = data[MASKED_SENT] ?? 0
  const sent = data[ENCRYPTED_SENT] ?? 0
  const cipher = (masked & AES) === 0 ? TDES : AES_DUKPT
  const lengths = [...data.subarray(LENGTHS, LENGTHS + 3)]
  if (lengths.some((length) => length > MAX_TRACK_BYTES) || (masked & FIXED_KEY) !== 0) return undefined

  const { take, isAtEnd } = takeFrom(data.subarray(TRACKS))
  const shown = lengths.map((length, index) => take(isSet(masked, index) ? length : 0))
  const hidden = lengths.map((length, index) => take(isSet(sent, index) ? Math.ceil(length / cipher.block) * cipher.block : 0))
  take((sent & HAS_SESSION_ID) === 0 ? 0 : SESSION_ID_BYTES)
  for (const hash of [3, 4, 5]) take(isSet(sent, hash) ? HASH_BYTES : 0)
  take((masked & HAS_SERIAL_NUMBER) === 0 ? 0 : SERIAL_NUMBER_BYTES)
  const ksn = take((sent & HAS_KSN) === 0 ? 0 : cipher.ksn)
  // Fields that do not add up were not these fields.
  if (!isAtEnd() || !shown[0] || !shown[1] || !hidden[0] || !hidden[1] || !ksn) return undefined

  if (hidden[0].length === 0 && hidden[1].length === 0) return plainCard(shown[0], shown[1])
  if (ksn.length === 0) return undefined
  const face = agreed(maskedFace(shown[0], hidden[0]), maskedFace(shown[1], hidden[1]))
  const scheme = cipher === AES_DUKPT ? 'aes-dukpt-data' : key === 'pin' || (masked & PIN_KEY) !== 0 ? 'tdes-dukpt-pin' : 'tdes-dukpt-data'
  const tracks = { ...(hidden[0].length > 0 && { track1: hex(hidden[0]) }), ...(hidden[1].length > 0 && { track2: hex(hidden[1]) }) }
  return cardOf(face, { scheme, ksn: hex(ksn), ...tracks })
}

const isSet = (bits: number, index: number): boolean => ((bits >> index) & 1) === 1

/** A track that came in the clear beside one that is encrypted is looked at as if it were masked, and its ends are all that is seen of it. */
const maskedFace = (track: Uint8Array, cipherText: Uint8Array): StripeFace | undefined =>
  track.length > 0 && cipherText.length > 0 ? faceOfMaskedTrack(track) : undefined

/** Takes field after field; undefined once there is less left than one needs. */
function takeFrom(bytes: Uint8Array) {
  let rest: Uint8Array | undefined = bytes
  return {
    take(count: number): Uint8Array | undefined {
      const field: Uint8Array | undefined = rest && rest.length >= count ? rest.subarray(0, count) : undefined
      rest = field && rest?.subarray(count)
      return field
    },
    isAtEnd: () => rest?.length === 0,
  }
}
