import { hex, utf8 } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { EXPORT_ROLE, type KeyRole } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { exportKeyFromSecret } from '#protocol/node/sealed-journal.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY, MINUTE, type EpochMs } from '#protocol/time.ts'
import type { KeyVault } from '../../hub/keys.ts'
import { WORLD_BEGINS } from './clock.ts'
import type { WorldCrypto } from './keys.ts'
import type { Random } from './random.ts'

type Saved = ReturnType<KeyVault['load']>
type Key = Saved['keys'][number]

const hubKeyName = (made: number): string => `hub key ${made}`
/** Of the first keys that a hub makes. */
export const hubKeyNames: readonly string[] = [1, 2, 3, 4, 5].map(hubKeyName)

/** A successor signs from a day before its predecessor ends. */
const HANDOVER = 1 * DAY
const LIFETIME = 365 * DAY
/** Worlds do not need it to be another one each time. */
const EXPORT_KEY = exportKeyFromSecret(nodeCrypto.sha256(utf8('simulated export key')))

/**
 * Where the hub's keys lie. In many worlds some of the first ones are old, so that their announced successors take over while the world runs; and an
 * operator may put a new key in, which nobody has heard of. (An issuer key is never let run out: credentials live as long as it.)
 */
export class WorldVault implements KeyVault {
  readonly root: Signer
  readonly #crypto: WorldCrypto
  #saved: Saved
  #made = 0

  constructor(crypto: WorldCrypto, random: Random) {
    this.#crypto = crypto
    this.root = crypto.signer('hub root')
    const old = (['policy', 'ack'] as const).flatMap((role): Key[] => {
      if (random.chance(0.5)) return []
      const notAfter = WORLD_BEGINS + HANDOVER + random.between(1, 12) * MINUTE
      return [{ role, key: this.#signer(), notBefore: notAfter - LIFETIME, notAfter }]
    })
    this.#saved = { version: old.length === 0 ? 0 : 1, keys: old }
  }

  load(): Saved {
    return this.#saved
  }

  create(role: Key['role']): Key['key'] {
    return role === EXPORT_ROLE ? EXPORT_KEY : this.#signer()
  }

  #signer(): Signer {
    return this.#crypto.signer(hubKeyName(++this.#made))
  }

  save(version: number, keys: readonly Key[]): void {
    this.#saved = { version, keys }
  }

  /** The hub is off: from its next start on it signs with a key that no till knows. The old ones stay good for what they signed. */
  replace(role: KeyRole, now: EpochMs): void {
    const { version, keys } = this.#saved
    this.#saved = { version: version + 1, keys: [...keys, { role, key: this.#signer(), notBefore: now, notAfter: now + LIFETIME }] }
  }

  ackKey(keyId: string): Uint8Array | undefined {
    return this.#saved.keys.find(({ role, key }) => role === 'ack' && hex(key.keyId) === keyId)?.key.publicKey
  }

  /** The first issuer key, with which credentials of before are signed. */
  get issuer(): Signer {
    const first = this.#saved.keys.find(({ role }) => role === 'issuer')?.key
    invariant(first !== undefined && 'sign' in first, 'the hub has made its keys')
    return first
  }
}
