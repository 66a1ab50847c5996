import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { hex, utf8 } from '../bytes.ts'
import { keyIdOf } from '../crypto.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { MAX_ADDRESS } from '../receipt-address.ts'
import { nodeCrypto } from './crypto.ts'
import type { ExportKey } from './sealed-journal.ts'

/**
 * An address under a key of its own, and that key sealed to the hub.
 *
 * `sealed` (journaled): AES-256-GCM (NIST SP 800-38D) over the address, its bytes filled up with zeros to one length, so that the length tells nothing. The nonce is
 * zero: each key seals one address. `key` (never journaled): the export key's id (8 bytes), the encapsulated key (32) and ciphertext of HPKE (RFC 9180, base
 * mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM). Both are bound to the request that they are of (`context`), so that neither serves another.
 */
export type SealedAddress = { readonly sealed: Uint8Array; readonly key: Uint8Array }

const KEY_BYTES = 32
const KEY_ID_BYTES = 8
const ENCAPSULATED_BYTES = 32
const TAG_BYTES = 16
const PADDED_BYTES = 256
const NONCE = Buffer.alloc(12)
const INFO = utf8('stillpoint receipt address 1')

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

/** What both are bound to. */
export const addressContext = (till: string, requestId: string): Uint8Array => utf8(`${till}/${requestId}`)

/** Throws when the public key is none, or the address is longer than `MAX_ADDRESS`. */
export async function sealAddress(publicKey: Uint8Array, context: Uint8Array, address: string): Promise<SealedAddress> {
  const text = Buffer.from(address, 'utf8')
  invariant(text.length <= MAX_ADDRESS, 'an address is ASCII')
  const own = randomBytes(KEY_BYTES)
  const cipher = createCipheriv('aes-256-gcm', own, NONCE).setAAD(context)
  const sealed = Buffer.concat([cipher.update(Buffer.concat([text, Buffer.alloc(PADDED_BYTES - text.length)])), cipher.final(), cipher.getAuthTag()])
  const { encapsulatedSecret, ctx } = await suite.SetupSender(await suite.DeserializePublicKey(publicKey), { info: INFO })
  const wrapped = await ctx.Seal(own, context)
  own.fill(0)
  text.fill(0)
  return { sealed: new Uint8Array(sealed), key: new Uint8Array(Buffer.concat([keyIdOf(nodeCrypto, publicKey), encapsulatedSecret, wrapped])) }
}

/** The 32 bytes that open the address. Total for any bytes. */
export async function openAddressKey(
  key: Uint8Array,
  context: Uint8Array,
  keyOf: (keyIdHex: string) => ExportKey | undefined,
): Promise<Outcome<Uint8Array, 'receipt.unreadable'>> {
  const exportKey = keyOf(hex(key.subarray(0, KEY_ID_BYTES)))
  if (exportKey === undefined || key.length !== KEY_ID_BYTES + ENCAPSULATED_BYTES + KEY_BYTES + TAG_BYTES) return fail('receipt.unreadable')
  try {
    const privateKey = await suite.DeserializePrivateKey(exportKey.secret)
    const publicKey = await suite.DeserializePublicKey(exportKey.publicKey)
    const encapsulated = new Uint8Array(key.subarray(KEY_ID_BYTES, KEY_ID_BYTES + ENCAPSULATED_BYTES))
    const ctx = await suite.SetupRecipient({ privateKey, publicKey }, encapsulated, { info: INFO })
    return ok(await ctx.Open(new Uint8Array(key.subarray(KEY_ID_BYTES + ENCAPSULATED_BYTES)), context))
  } catch {
    return fail('receipt.unreadable')
  }
}

/** Total for any bytes. */
export function openAddress(own: Uint8Array, context: Uint8Array, sealed: Uint8Array): Outcome<string, 'receipt.unreadable'> {
  if (own.length !== KEY_BYTES || sealed.length !== PADDED_BYTES + TAG_BYTES) return fail('receipt.unreadable')
  const decipher = createDecipheriv('aes-256-gcm', own, NONCE).setAAD(context).setAuthTag(sealed.subarray(PADDED_BYTES))
  try {
    const padded = Buffer.concat([decipher.update(sealed.subarray(0, PADDED_BYTES)), decipher.final()])
    return ok(padded.subarray(0, padded.indexOf(0)).toString('utf8'))
  } catch {
    return fail('receipt.unreadable')
  }
}
