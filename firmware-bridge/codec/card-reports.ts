import { hex } from '#protocol/bytes.ts'
import type { Card } from '#protocol/device/messages.ts'
import { faceOfMaskedTrack, faceOfTrack, type StripeFace } from './magnetic-stripe.ts'

/**
 * Input reports of card readers that send a whole swipe in one report of fixed layout. Without encryption, 337 bytes (MagTek swipe readers on USB
 * HID, technical reference "Card data"; ID TECH's "Other mode" and readers on page 8E have the same):
 *
 *     0 decode status×3 (0 good)  3 length×3  6 encode type (0 ISO/ABA)  7, 117, 227 track data, 110 bytes each
 *
 * With it (MagTek MagneSafe V5, "USB HID usages"): 856 bytes, older firmware 852.
 *
 *     0 decode status×3  3 encrypted length×3  6 encode type  7, 119, 231 encrypted tracks, 112 bytes each  493 encryption status (big-endian)
 *     495 key serial number, 10 bytes  505 masked length×3  508, 620, 732 masked tracks, 112 bytes each
 */
export type CardItem =
  | { readonly type: 'card'; readonly card: Card }
  /** Nothing of the stripe could be read, or it was no payment card. */
  | { readonly type: 'garbage'; readonly bytes: number }
  /** The reader has used up its keys and reads no more cards. */
  | { readonly type: 'keys_used_up' }

/** Which of the keys derived for a transaction a reader was set to use, where it does not say so itself (ANSI X9.24-1 annex A). */
export const keyVariants = ['pin', 'data'] as const
export type KeyVariant = (typeof keyVariants)[number]

export const PLAIN_REPORT_BYTES = 337
const MAGNESAFE_REPORT_BYTES = 852

const STATUS_AT = 0
const LENGTHS_AT = 3
const ENCODE_TYPE_AT = 6
const ISO = 0
const PLAIN = { at: [7, 117], bytes: 110 } as const
const ENCRYPTED = { at: [7, 119], bytes: 112 } as const
const MASKED = { lengthsAt: 505, at: [508, 620], bytes: 112 } as const
const ENCRYPTION_STATUS_AT = 493
const KSN_AT = 495
const KSN_BYTES = 10

/** Reader encryption status. */
const KEYS_USED_UP = 1 << 0
const ENCRYPTING = (1 << 1) | (1 << 2)
const WITH_DATA_KEY = 1 << 11

/** Reads a swipe, and overwrites the report: what was in the clear in it must not outlive this. */
export function takeCardReport(report: Uint8Array, key: KeyVariant): CardItem {
  const item = isCardReport(report) ? (report.length === PLAIN_REPORT_BYTES ? readPlain(report) : readMagneSafe(report, key)) : undefined
  const bytes = report.length
  report.fill(0)
  return item ?? { type: 'garbage', bytes }
}

/** Noise must not be taken for a reader that says something about itself: of the three decode statuses each is 0 or 1. */
const isCardReport = (report: Uint8Array): boolean =>
  (report.length === PLAIN_REPORT_BYTES || report.length >= MAGNESAFE_REPORT_BYTES) && report.subarray(STATUS_AT, LENGTHS_AT).every((status) => status <= 1)

function readPlain(report: Uint8Array): CardItem | undefined {
  return plainCard(trackIn(report, PLAIN, 0), trackIn(report, PLAIN, 1))
}

/** A card of which nothing is encrypted, and so nothing but its face goes further. */
export function plainCard(track1: Uint8Array | undefined, track2: Uint8Array | undefined): CardItem | undefined {
  return cardOf(agreed(track1 && faceOfTrack(track1), track2 && faceOfTrack(track2)))
}

/** Both tracks of a card bear the same number. If they do not, one was misread. */
export function agreed(first: StripeFace | undefined, second: StripeFace | undefined): StripeFace | undefined {
  if (!first || !second) return second ?? first
  if (first.maskedPan !== second.maskedPan) return undefined
  return first.expiry === undefined ? second : first
}

export const cardOf = (face: StripeFace | undefined, encrypted?: Card['encrypted']): CardItem | undefined =>
  face && { type: 'card', card: encrypted === undefined ? face : { ...face, encrypted } }

function readMagneSafe(report: Uint8Array, key: KeyVariant): CardItem | undefined {
  const status = ((report[ENCRYPTION_STATUS_AT] ?? 0) << 8) | (report[ENCRYPTION_STATUS_AT + 1] ?? 0)
  if ((status & KEYS_USED_UP) !== 0) return { type: 'keys_used_up' }
  const sent1 = trackIn(report, ENCRYPTED, 0)
  const sent2 = trackIn(report, ENCRYPTED, 1)
  if ((status & ENCRYPTING) !== ENCRYPTING) return plainCard(sent1, sent2)

  const track1 = cipherText(sent1)
  const track2 = cipherText(sent2)
  const faceIn = (index: 0 | 1) => maskedFace(trackIn(report, MASKED, index, MASKED.lengthsAt))
  const face = agreed(track1 === undefined ? undefined : faceIn(0), track2 === undefined ? undefined : faceIn(1))
  const ksn = hex(report.subarray(KSN_AT, KSN_AT + KSN_BYTES))
  const scheme = key === 'data' || (status & WITH_DATA_KEY) !== 0 ? 'tdes-dukpt-data' : 'tdes-dukpt-pin'
  return cardOf(face, { scheme, ksn, ...(track1 !== undefined && { track1 }), ...(track2 !== undefined && { track2 }) })
}

const maskedFace = (track: Uint8Array | undefined): StripeFace | undefined => track && faceOfMaskedTrack(track)

type Place = { readonly at: readonly [number, number]; readonly bytes: number }

/** A view of one track; undefined if it is empty, was not read, is longer than its place, or the card is none of ISO/IEC 7813. */
function trackIn(report: Uint8Array, { at, bytes }: Place, index: 0 | 1, lengthsAt = LENGTHS_AT): Uint8Array | undefined {
  const length = report[lengthsAt + index] ?? 0
  if (report[ENCODE_TYPE_AT] !== ISO || report[STATUS_AT + index] !== 0 || length === 0 || length > bytes) return undefined
  return report.subarray(at[index], at[index] + length)
}

const TDES_BLOCK = 8

/** As the reader made it; a length that is not of whole blocks is no ciphertext. */
const cipherText = (track: Uint8Array | undefined): string | undefined => (track && track.length % TDES_BLOCK === 0 ? hex(track) : undefined)
