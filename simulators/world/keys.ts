import { hash } from 'node:crypto'
import { equalBytes, utf8 } from '#protocol/bytes.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import type { Random } from './random.ts'

/** A key of the worlds: nobody but its holder, and those who check what it signed, ever sees its seed. */
type WorldKey = { readonly signer: Signer; readonly seed: Uint8Array }

/** The same keys in every world: making them is slow, and nothing depends on which they are. */
const byName = new Map<string, WorldKey>()
const byPublicKey = new Map<string, WorldKey>()

function keyOf(name: string): WorldKey {
  const known = byName.get(name)
  if (known !== undefined) return known
  const seed = nodeCrypto.sha256(utf8(`simulated key of ${name}`))
  const { keyId, publicKey } = signerFromSeed(seed)
  const key: WorldKey = { seed, signer: { keyId, publicKey, sign: (message) => ideal(seed, message) } }
  byName.set(name, key)
  byPublicKey.set(latin1(publicKey), key)
  return key
}

/**
 * What stands in for an Ed25519 signature: 64 bytes that only the key's seed makes, of this message. What is tried out here is who signs what and who
 * believes it, not the curve, and the curve was a third of a world's time. Everything else about keys is real: public keys, key ids, envelopes.
 */
const ideal = (seed: Uint8Array, message: Uint8Array): Uint8Array => {
  const { buffer, byteOffset } = hash('sha512', Buffer.concat([seed, message]), 'buffer')
  return new Uint8Array(buffer, byteOffset, 64)
}

export class WorldCrypto {
  /** The key of this name. */
  signer(name: string): Signer {
    return keyOf(name).signer
  }

  port(random: Random): Crypto {
    return {
      sha256: nodeCrypto.sha256,
      randomBytes: (count) => random.bytes(count),
      verify: (publicKey, message, signature) => {
        const known = byPublicKey.get(latin1(publicKey))
        return known === undefined ? nodeCrypto.verify(publicKey, message, signature) : equalBytes(ideal(known.seed, message), signature)
      },
    }
  }
}

const latin1 = ({ buffer, byteOffset, byteLength }: Uint8Array): string => Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
