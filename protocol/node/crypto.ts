import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes, sign as signWith, verify as verifyWith, type KeyObject } from 'node:crypto'
import { keyIdOf, type Crypto, type Signer } from '../crypto.ts'
import { invariant } from '../outcome.ts'

/** DER in front of a raw Ed25519 key (RFC 8410): SubjectPublicKeyInfo and PKCS #8. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

const MAX_KEYS_KEPT = 4096

/** Making a KeyObject costs about as much as a tenth of a verification, and a few keys (issuer, till, hub) sign nearly everything. */
const kept = new Map<string, KeyObject>()

function publicKeyObject(raw: Uint8Array): KeyObject | undefined {
  if (raw.length !== 32) return undefined
  const name = Buffer.from(raw).toString('latin1')
  const known = kept.get(name)
  if (known) return known
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
  if (kept.size >= MAX_KEYS_KEPT) kept.delete(kept.keys().next().value ?? '')
  kept.set(name, key)
  return key
}

/** A Buffer is not quite the Uint8Array that it claims to be: its `slice` shares memory where that of an array copies. */
const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array => new Uint8Array(buffer, byteOffset, length)

/** By way of text of one character a byte, which costs half of what a Buffer for each hash does: an entry is hashed four times on its way. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(32)
  for (let i = 0; i < digest.length; i++) digest[i] = text.charCodeAt(i)
  return digest
}

/** The `Crypto` port over OpenSSL. */
export const nodeCrypto: Crypto = {
  sha256,
  verify(publicKey, message, signature) {
    const key = publicKeyObject(publicKey)
    return key !== undefined && signature.length === 64 && verifyWith(null, message, key, signature)
  },
  randomBytes: (count) => plain(randomBytes(count)),
}

/** A signer from a 32-byte Ed25519 seed (RFC 8032 §5.1.5). */
export function signerFromSeed(seed: Uint8Array): Signer {
  invariant(seed.length === 32, 'an Ed25519 seed has 32 bytes')
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length))
  return { publicKey, keyId: keyIdOf(nodeCrypto, publicKey), sign: (message) => plain(signWith(null, message, key)) }
}

/** The private key of a seed as TLS wants it: PKCS #8 in PEM (RFC 8410 §7). For memory only; the seed is what is kept. */
export function privateKeyPem(seed: Uint8Array): string {
  invariant(seed.length === 32, 'an Ed25519 seed has 32 bytes')
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  return String(key.export({ format: 'pem', type: 'pkcs8' }))
}

/** The raw bytes of an Ed25519 public key; undefined for a key of another kind. */
export function rawPublicKey(key: KeyObject): Uint8Array | undefined {
  if (key.asymmetricKeyType !== 'ed25519') return undefined
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length))
}

/** A fresh 32-byte seed; the caller stores it where only its owner can read it. */
export function freshSeed(): Uint8Array {
  const { privateKey } = generateKeyPairSync('ed25519')
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length))
}
