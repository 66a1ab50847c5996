import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * Derived unique key per transaction, as the receiving end needs it: ANSI X9.24-1:2009 (TDES) and X9.24-3:2017 (AES-128). In both a counter
 * inside the key serial number (KSN) names a key, and the keys form a tree: the key of a counter is derived from that of the same counter without its
 * lowest set bit, by a step that cannot be undone. The root, counter 0, is the key that was put into the reader.
 */
export type Scheme = 'tdes-dukpt-pin' | 'tdes-dukpt-data' | 'aes-dukpt-data'
type Cipher = 'tdes' | 'aes'
export const cipherOf = (scheme: Scheme): Cipher => (scheme === 'aes-dukpt-data' ? 'aes' : 'tdes')

const form = { tdes: { ksnBytes: 10, counterBits: 21 }, aes: { ksnBytes: 12, counterBits: 32 } } as const
export const counterBits = (cipher: Cipher): number => form[cipher].counterBits

/** A serial number in its two parts: what names the reader (hex), and the counter. Undefined where it has another length. */
export function readKsn(scheme: Scheme, ksn: Buffer): { readonly reader: string; readonly counter: number } | undefined {
  const { ksnBytes, counterBits: bits } = form[cipherOf(scheme)]
  if (ksn.length !== ksnBytes) return undefined
  const counter = ksn.readUInt32BE(ksnBytes - 4) % 2 ** bits
  const reader = Buffer.from(ksn)
  reader.writeUInt32BE(ksn.readUInt32BE(ksnBytes - 4) - counter, ksnBytes - 4)
  return { reader: reader.toString('hex'), counter }
}

const ecb = (algorithm: string, key: Buffer, block: Buffer): Buffer => {
  const cipher = createCipheriv(algorithm, key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}
const exclusive = (left: Buffer, right: Buffer): Buffer => Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)))

// ---------------------------------------------------------------- one step down the tree

/** The key of `counter` out of that of its parent. `reader`: as `readKsn` has it. */
export function childKey(cipher: Cipher, parent: Buffer, reader: Buffer, counter: number): Buffer {
  return cipher === 'aes' ? aesChild(parent, reader, counter) : tdesChild(parent, reader, counter)
}

const OTHER_HALF = Buffer.from('c0c0c0c000000000c0c0c0c000000000', 'hex')

/** X9.24-1 annex A, "non-reversible key generation": each half of the child is one DES of the register under the left half, whitened by the right one. */
function tdesChild(parent: Buffer, reader: Buffer, counter: number): Buffer {
  const register = Buffer.from(reader.subarray(2))
  register.writeUInt32BE(register.readUInt32BE(4) + counter, 4)
  const whitened = exclusive(parent, OTHER_HALF)
  const child = Buffer.concat([half(whitened, register), half(parent, register)])
  whitened.fill(0)
  return child
}

function half(key: Buffer, register: Buffer): Buffer {
  const [left, right] = [key.subarray(0, 8), key.subarray(8, 16)]
  // OpenSSL keeps single DES among its legacy algorithms; triple DES with three equal keys is the same.
  const single = Buffer.concat([left, left, left])
  const made = exclusive(ecb('des-ede3', single, exclusive(register, right)), right)
  single.fill(0)
  return made
}

/** What a derived key is for (X9.24-3 §6.3.2). */
const AES_DERIVATION = 0x8000
const AES_DATA = 0x3000

/** X9.24-3 §6.3.3: derivation data holds the last four bytes of the reader's id and the counter so far. */
const aesChild = (parent: Buffer, reader: Buffer, counter: number): Buffer => aesDerive(parent, AES_DERIVATION, reader, counter)

function aesDerive(key: Buffer, usage: number, reader: Buffer, counter: number): Buffer {
  const data = Buffer.alloc(16)
  // Version 1, first block; then the usage, algorithm AES-128 (2) and 128 bits of key.
  data.writeUInt16BE(0x0101, 0)
  data.writeUInt16BE(usage, 2)
  data.writeUInt16BE(2, 4)
  data.writeUInt16BE(128, 6)
  reader.copy(data, 8, 4, 8)
  data.writeUInt32BE(counter, 12)
  return ecb('aes-128-ecb', key, data)
}

// ---------------------------------------------------------------- what a transaction's key is used as

const PIN = Buffer.from('00000000000000ff00000000000000ff', 'hex')
const DATA = Buffer.from('0000000000ff00000000000000ff0000', 'hex')

/** The key that encrypts a track. That for data comes out of a one-way step; that for PINs, which MagTek readers use as well, does not. */
export function workingKey(scheme: Scheme, key: Buffer, reader: Buffer, counter: number): Buffer {
  if (scheme === 'aes-dukpt-data') return aesDerive(key, AES_DATA, reader, counter)
  if (scheme === 'tdes-dukpt-pin') return exclusive(key, PIN)
  const variant = exclusive(key, DATA)
  return Buffer.concat([ecb('des-ede', variant, variant.subarray(0, 8)), ecb('des-ede', variant, variant.subarray(8, 16))])
}

/** Tracks are encrypted in CBC from zeros. Undefined where the bytes are no whole blocks. */
export function decryptTrack(scheme: Scheme, key: Buffer, bytes: Buffer): Buffer | undefined {
  const block = cipherOf(scheme) === 'aes' ? 16 : 8
  if (bytes.length === 0 || bytes.length % block !== 0) return undefined
  const decipher = createDecipheriv(block === 16 ? 'aes-128-cbc' : 'des-ede-cbc', key, Buffer.alloc(block)).setAutoPadding(false)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
}

// ---------------------------------------------------------------- where a reader's key comes from

/** The key that is put into a reader, out of the base key of its batch. At home in the room where readers are loaded, not in a hub: see `reader-keys.ts`. */
export function initialKey(scheme: Scheme, base: Buffer, reader: Buffer): Buffer {
  if (cipherOf(scheme) === 'aes') {
    const data = Buffer.alloc(16)
    data.writeUInt16BE(0x0101, 0)
    data.writeUInt16BE(0x8001, 2)
    data.writeUInt16BE(2, 4)
    data.writeUInt16BE(128, 6)
    reader.copy(data, 8, 0, 8)
    return ecb('aes-128-ecb', base, data)
  }
  const id = reader.subarray(0, 8)
  return Buffer.concat([ecb('des-ede', base, id), ecb('des-ede', exclusive(base, OTHER_HALF), id)])
}
