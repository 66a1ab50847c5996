import { createPrivateKey, createPublicKey } from 'node:crypto'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256, type CryptoKey } from 'hpke'
import { hex, utf8 } from '../bytes.ts'
import { fromCbor, toCbor } from '../cose.ts'
import { keyIdOf } from '../crypto.ts'
import { MAX_BATCH_BYTES } from '../hub/messages.ts'
import { isId, type Id } from '../ids.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { nodeCrypto } from './crypto.ts'

/**
 * A journal export: signed batches of one till in order, sealed to its hub's export key with HPKE (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM). The batches prove where they come from; the seal keeps what customers bought from whoever carries the file.
 *
 * `SPJ1`, the export key's id (8 bytes), the encapsulated key (32), then parts, each a length (4 bytes, big endian) and a ciphertext of the one HPKE context,
 * so that none can be left out, repeated or moved. A part is the CBOR of `[0, batch]`; the last one is `[1, till, batches, entries]`, so a file that was cut
 * short is known by lacking it. Written and read as a stream: one part is in memory at a time.
 */
const MAGIC = utf8('SPJ1')
const KEY_ID_BYTES = 8
const ENCAPSULATED_BYTES = 32
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + ENCAPSULATED_BYTES
const LENGTH_BYTES = 4
/** A batch, its CBOR and the tag of the cipher. */
const MAX_PART_BYTES = MAX_BATCH_BYTES + 64
const INFO = utf8('stillpoint journal export 1')

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

/** Whether these bytes mean to be an export, by their first four. */
export const isSealedJournal = (bytes: Uint8Array): boolean => bytes.length > HEADER_BYTES && MAGIC.every((byte, index) => bytes[index] === byte)

/** An X25519 key pair (RFC 7748). `secret` is its 32 bytes as they are kept. */
export type ExportKey = { readonly keyId: Uint8Array; readonly publicKey: Uint8Array; readonly secret: Uint8Array }

/** DER in front of a raw X25519 key (RFC 8410): PKCS #8 and SubjectPublicKeyInfo. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_BYTES = 12

export function exportKeyFromSecret(secret: Uint8Array): ExportKey {
  invariant(secret.length === 32, 'an X25519 key has 32 bytes')
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_BYTES))
  return { keyId: keyIdOf(nodeCrypto, publicKey), publicKey, secret }
}

/** What a file holds. */
export type Exported = { readonly till: Id; readonly batches: number; readonly entries: number }
export type ExportedBatch = { readonly bytes: Uint8Array; readonly entries: number }

/** The bytes of an export of these batches. Throws when the public key is not one. */
export async function* sealJournal(publicKey: Uint8Array, till: Id, batches: Iterable<ExportedBatch>): AsyncGenerator<Uint8Array, Exported> {
  const { encapsulatedSecret, ctx } = await suite.SetupSender(await suite.DeserializePublicKey(publicKey), { info: INFO })
  yield Buffer.concat([MAGIC, keyIdOf(nodeCrypto, publicKey), encapsulatedSecret])
  const part = async (value: unknown): Promise<Uint8Array> => {
    const sealed = await ctx.Seal(toCbor(value))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed])
  }
  let [count, entries] = [0, 0]
  for (const batch of batches) {
    count += 1
    entries += batch.entries
    yield await part([0, batch.bytes])
  }
  yield await part([1, till, count, entries])
  return { till, batches: count, entries }
}

type Opening<T> = Outcome<T, 'journal.malformed' | 'journal.wrong_key'>

/**
 * Opens an export as it streams in and hands on its batches in order. `keyOf` knows the hub's export keys by their ids (16 hex digits). Total for any bytes in
 * any chunks; what `chunks` or `onBatch` throw passes through. A file that is damaged further back has handed on what came before: every batch stands for itself.
 */
export async function openJournal(
  chunks: AsyncIterable<Uint8Array>,
  keyOf: (keyIdHex: string) => ExportKey | undefined,
  onBatch: (batch: Uint8Array) => Promise<void>,
): Promise<Opening<Exported>> {
  const stream = new Reader(chunks)
  const header = await stream.take(HEADER_BYTES)
  if (header === undefined || !Buffer.from(MAGIC).equals(header.subarray(0, MAGIC.length))) return fail('journal.malformed', 'this is not a journal export')
  const keyId = hex(header.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES))
  const key = keyOf(keyId)
  if (key === undefined) return fail('journal.wrong_key', `sealed for the key ${keyId}`)
  const opener = await recipient(key, header.subarray(HEADER_BYTES - ENCAPSULATED_BYTES))
  for (let batches = 0; ; batches++) {
    const length = (await stream.take(LENGTH_BYTES))?.readUInt32BE()
    if (length === undefined) return fail('journal.malformed', `it ends after ${batches} batches without its last part: it was cut short`)
    const sealed = length <= MAX_PART_BYTES ? await stream.take(length) : undefined
    const opened = sealed === undefined ? undefined : await opener?.(sealed)
    if (opened === undefined) return fail('journal.malformed', `part ${batches + 1} is damaged`)
    const part = readPart(opened)
    if (part === undefined) return fail('journal.malformed', `part ${batches + 1} is none that this program knows`)
    if (!('batch' in part)) return part.batches === batches && (await stream.ended()) ? ok(part) : fail('journal.malformed', 'its end does not fit the rest')
    await onBatch(part.batch)
  }
}

/** Opens one part after the other; undefined for a part that does not open. */
async function recipient(key: ExportKey, encapsulated: Uint8Array): Promise<((sealed: Uint8Array) => Promise<Uint8Array | undefined>) | undefined> {
  try {
    const pair: { privateKey: CryptoKey; publicKey: CryptoKey } = {
      privateKey: await suite.DeserializePrivateKey(key.secret),
      publicKey: await suite.DeserializePublicKey(key.publicKey),
    }
    const ctx = await suite.SetupRecipient(pair, new Uint8Array(encapsulated), { info: INFO })
    return (sealed) => ctx.Open(new Uint8Array(sealed)).catch(() => undefined)
  } catch {
    return undefined
  }
}

function readPart(bytes: Uint8Array): { readonly batch: Uint8Array } | Exported | undefined {
  const value = fromCbor(bytes)
  if (!value.ok || !Array.isArray(value.value)) return undefined
  const [kind, first, batches, entries] = value.value as unknown[]
  if (kind === 0 && first instanceof Uint8Array) return { batch: first }
  const counted = typeof batches === 'number' && typeof entries === 'number'
  return kind === 1 && typeof first === 'string' && isId(first) && counted ? { till: first, batches, entries } : undefined
}

/** Exactly so many bytes at a time from a stream of any chunks. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>
  #kept: Uint8Array[] = []
  #bytes = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]()
  }

  /** Undefined when the stream ends before that. */
  async take(count: number): Promise<Buffer | undefined> {
    while (this.#bytes < count) if (!(await this.#more())) return undefined
    const all = Buffer.concat(this.#kept)
    this.#kept = [all.subarray(count)]
    this.#bytes = all.length - count
    return all.subarray(0, count)
  }

  async ended(): Promise<boolean> {
    while (this.#bytes === 0) if (!(await this.#more())) return true
    return false
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next()
    if (next.done === true) return false
    this.#kept.push(next.value)
    this.#bytes += next.value.length
    return true
  }
}
