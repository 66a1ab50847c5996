import { hex } from './bytes.ts'
import type { EpochMs } from './time.ts'

/** A UUIDv7 in its lower-case text form (RFC 9562 §5.7). Made by the party that starts an action, saved before anything is sent or moves. */
export type Id = string & { readonly __brand?: 'Id' }

export const ID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const isId = (text: string): text is Id => ID_PATTERN.test(text)

/**
 * UUIDv7 of a time and 10 random bytes (RFC 9562 §5.7: 48-bit milliseconds, version, 12 + 62 random bits).
 * Its order is a convenience for indexes, never the order of entries.
 */
export function makeId(now: EpochMs, random: Uint8Array): Id {
  if (random.length < 10) throw new RangeError('makeId needs 10 random bytes')
  const bytes = new Uint8Array(16)
  let time = now
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256
    time = Math.floor(time / 256)
  }
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const text = hex(bytes)
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}
