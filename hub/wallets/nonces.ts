import { equalBytes, hex, unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { MINUTE, type Clock } from '#protocol/time.ts'

const LIFETIME = 1 * MINUTE
const RANDOM_BYTES = 8
const TIME_BYTES = 6
const MAC_BYTES = 16

/** Words of this hub's that are good once, for a minute. They are told again by themselves, so asking for many of them fills no memory. */
export type Nonces = {
  give(): string
  /** True once for each that was given and is not too old. */
  take(nonce: string): boolean
}

export function createNonces({ clock, crypto }: { readonly clock: Pick<Clock, 'monotonic'>; readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'> }): Nonces {
  const secret = crypto.randomBytes(32)
  const taken = new Map<string, number>()
  // All parts have fixed lengths, so nothing can be put behind what was hashed.
  const macOf = (content: Uint8Array): Uint8Array => crypto.sha256(Uint8Array.from([...secret, ...content])).slice(0, MAC_BYTES)

  return {
    give() {
      const content = Uint8Array.from([
        ...crypto.randomBytes(RANDOM_BYTES),
        ...(unhex(
          Math.floor(clock.monotonic())
            .toString(16)
            .padStart(2 * TIME_BYTES, '0'),
        ) ?? []),
      ])
      return hex(Uint8Array.from([...content, ...macOf(content)]))
    },
    take(nonce) {
      const bytes = unhex(nonce)
      if (bytes?.length !== RANDOM_BYTES + TIME_BYTES + MAC_BYTES) return false
      const content = bytes.slice(0, RANDOM_BYTES + TIME_BYTES)
      if (!equalBytes(bytes.slice(content.length), macOf(content))) return false
      const now = clock.monotonic()
      const givenAt = parseInt(hex(content.slice(RANDOM_BYTES)), 16)
      for (const [old, at] of taken) {
        if (now - at <= LIFETIME) break
        taken.delete(old)
      }
      if (now - givenAt > LIFETIME || taken.has(nonce)) return false
      taken.set(nonce, now)
      return true
    },
  }
}
