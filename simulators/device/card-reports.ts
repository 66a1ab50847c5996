/** The reports that card readers send, from their makers' manuals. A track that is not there was not read. */
export type Stripe = { readonly track1?: string; readonly track2?: string }

export type EncryptedSwipe = {
  readonly stripe: Stripe
  readonly cipher: 'tdes' | 'aes'
  readonly key: 'pin' | 'data'
  /** Undefined: the reader has used up its keys. */
  readonly ksn?: Buffer
  readonly track1?: Buffer
  readonly track2?: Buffer
}

const NOTHING = Buffer.alloc(0)
const NOT_READ = 1

export const PLAIN_REPORT_BYTES = 337
export const MAGNESAFE_REPORT_BYTES = 856

/** MagTek "USB HID swipe reader technical reference manual", Card data: statuses, lengths, encode type, three tracks of 110 bytes. */
export function plainReport({ track1 = '', track2 = '' }: Stripe): Uint8Array {
  const report = Buffer.alloc(PLAIN_REPORT_BYTES)
  for (const [index, track] of [track1, track2].entries()) {
    report[index] = track === '' ? NOT_READ : 0
    report[3 + index] = track.length
    report.write(track, 7 + 110 * index, 'latin1')
  }
  return Uint8Array.from(report)
}

/** MagTek's mask for ISO/ABA cards: four digits at either end and the expiry date are left, zeros for all else, separators stay. */
function maskWithZeros(track: string): string {
  const fields = /^(%B|;)(\d{4})(\d+)(\d{4})([=^].*?\^|=)(\d{4})(.*)\?$/.exec(track)
  if (!fields) return track
  const [, start = '', first = '', hidden = '', last = '', name = '', expiry = '', rest = ''] = fields
  return `${start}${first}${'0'.repeat(hidden.length)}${last}${name}${expiry}${'0'.repeat(rest.length)}?`
}

const KEYS_USED_UP = 0b001
const ENCRYPTING = 0b110
const WITH_DATA_KEY = 1 << 11

/** MagTek "MagneSafe V5 communication reference manual", USB HID usages. */
export function magnesafeReport({ stripe, key, ksn, track1 = NOTHING, track2 = NOTHING }: EncryptedSwipe): Uint8Array {
  const report = Buffer.alloc(MAGNESAFE_REPORT_BYTES)
  const tracks = [
    { clear: stripe.track1 ?? '', encrypted: track1 },
    { clear: stripe.track2 ?? '', encrypted: track2 },
  ]
  for (const [index, { clear, encrypted }] of tracks.entries()) {
    report[index] = clear === '' ? NOT_READ : 0
    report[3 + index] = encrypted.length
    report.set(encrypted, 7 + 112 * index)
    report[505 + index] = clear.length
    report.write(maskWithZeros(clear), 508 + 112 * index, 'latin1')
    report[852 + index] = clear.length
  }
  report.write('SIM0000000000001', 477, 'latin1')
  report.writeUInt16BE((ksn === undefined ? KEYS_USED_UP : 0) | ENCRYPTING | (key === 'data' ? WITH_DATA_KEY : 0), 493)
  if (ksn) report.set(ksn, 495)
  return Uint8Array.from(report)
}

/** ID TECH's mask: the format code, the expiry date and the discretionary data as well; four digits are left at either end. */
function maskWithStars(track: string): string {
  const fields = /^(%B|;)(\d{4})(\d+)(\d{4})([=^])(.*\^)?(.*)\?$/.exec(track)
  if (!fields) return track
  const [, start = '', first = '', hidden = '', last = '', separator = '', name = '', rest = ''] = fields
  return `${start === '%B' ? '%*' : start}${first}${'*'.repeat(hidden.length)}${last}${separator}${name}${'*'.repeat(rest.length)}?`
}

const ISO_ENHANCED = 0x80
const AES = 1 << 4
const PIN_KEY = 1 << 6
const WITH_KSN = 1 << 7
/** What a secure report of a USB reader is filled up to. */
export const SECURE_REPORT_BYTES = 537

/** ID TECH "SecureMag user manual", enhanced encryption format: `02` length data LRC checksum `03`, filled up with zeros. */
export function idtechReport({ stripe, cipher, key, ksn, track1, track2 }: EncryptedSwipe): Uint8Array {
  const masked = [stripe.track1 ?? '', stripe.track2 ?? ''].map(maskWithStars)
  const bits = (track1 ? 1 : 0) | (track2 ? 2 : 0)
  // Decoded in bits 0 to 2, where nothing was found counts as decoded; found in bits 3 to 5.
  const status = 0b111 | (bits << 3)
  const data = Buffer.concat([
    Buffer.of(ISO_ENHANCED, status, ...masked.map(({ length }) => length), 0),
    Buffer.of(bits | (cipher === 'aes' ? AES : 0) | (cipher === 'tdes' && key === 'pin' ? PIN_KEY : 0), bits | (ksn ? WITH_KSN : 0)),
    ...masked.map((track) => Buffer.from(track, 'latin1')),
    track1 ?? NOTHING,
    track2 ?? NOTHING,
    ksn ?? NOTHING,
  ])
  const lrc = data.reduce((all, byte) => all ^ byte, 0)
  const sum = data.reduce((all, byte) => all + byte, 0) & 0xff
  const frame = Buffer.concat([Buffer.of(0x02, data.length & 0xff, data.length >> 8), data, Buffer.of(lrc, sum, 0x03)])
  return Uint8Array.from(Buffer.concat([frame, Buffer.alloc(Math.max(0, SECURE_REPORT_BYTES - frame.length))]))
}
