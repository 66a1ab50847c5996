import { equalBytes, utf8 } from '#protocol/bytes.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import type { Random } from './random.ts'

/** The same keys in every world: making them is slow, and nothing depends on which they are. */
const made = new Map<string, Signer>()

function keyOf(name: string): Signer {
  const known = made.get(name)
  if (known !== undefined) return known
  const signer = signerFromSeed(nodeCrypto.sha256(utf8(`simulated key of ${name}`)))
  made.set(name, signer)
  return signer
}

/**
 * Real Ed25519 and SHA-256. That a signature which a key of this world has just made is genuine need not be computed once more: `verify`
 * remembers key, message and signature and compares all three, and computes for everything else. That is most of a world's time.
 */
export class WorldCrypto {
  readonly #genuine = new Map<string, { readonly publicKey: Uint8Array; readonly message: Uint8Array }>()

  /** The key of this name. */
  signer(name: string): Signer {
    const { keyId, publicKey, sign } = keyOf(name)
    return {
      keyId,
      publicKey,
      sign: (message) => {
        const signature = sign(message)
        this.#genuine.set(latin1(signature), { publicKey, message })
        return signature
      },
    }
  }

  port(random: Random): Crypto {
    return {
      sha256: nodeCrypto.sha256,
      randomBytes: (count) => random.bytes(count),
      verify: (publicKey, message, signature) => {
        const genuine = this.#genuine.get(latin1(signature))
        if (genuine !== undefined && equalBytes(genuine.publicKey, publicKey) && equalBytes(genuine.message, message)) return true
        return nodeCrypto.verify(publicKey, message, signature)
      },
    }
  }
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
