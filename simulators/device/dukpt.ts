import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * Derived unique key per transaction, as a card reader does it and as the one who knows the base key undoes it: ANSI X9.24-1:2009 annex A (TDES)
 * and X9.24-3:2017 (AES-128). Byte strings are buffers; the key serial number (KSN) is 10 bytes for TDES and 12 for AES.
 */
export type KsnKind = 'tdes' | 'aes'
export const TDES_KSN_BYTES = 10
export const AES_KSN_BYTES = 12

const tdes = (key: Buffer, block: Buffer): Buffer => ecb(key.length === 16 ? 'des-ede' : 'des-ede3', key, block)
/** OpenSSL has single DES only among its legacy algorithms; three times the same key is the same. */
const des = (key: Buffer, block: Buffer): Buffer => tdes(Buffer.concat([key, key, key]), block)
const aes = (key: Buffer, block: Buffer): Buffer => ecb('aes-128-ecb', key, block)

function ecb(algorithm: string, key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, at) => byte ^ (b[at % b.length] ?? 0)))

// ---------------------------------------------------------------- TDES

/** Makes the second half of a key from the first (annex A.2). */
const HALF = Buffer.from('c0c0c0c000000000c0c0c0c000000000', 'hex')
const COUNTER_BITS = 21

/** The key that is put into a reader; the counter in `ksn` is not looked at. */
export function initialTdesKey(bdk: Buffer, ksn: Buffer): Buffer {
  const id = Buffer.from(withCounter(ksn, 0).subarray(0, 8))
  return Buffer.concat([tdes(bdk, id), tdes(xor(bdk, HALF), id)])
}

/** The key of one transaction: one non-reversible step for each bit of the counter, from the highest (annex A.3). */
export function transactionTdesKey(initialKey: Buffer, ksn: Buffer): Buffer {
  const counter = counterOf(ksn, COUNTER_BITS)
  let key = initialKey
  let reached = 0
  for (let bit = 1 << (COUNTER_BITS - 1); bit > 0; bit >>= 1) {
    if ((counter & bit) === 0) continue
    reached |= bit
    const register = Buffer.from(withCounter(ksn, reached).subarray(2))
    key = Buffer.concat([step(xor(key, HALF), register), step(key, register)])
  }
  return key
}

/** A half of the next key. */
function step(key: Buffer, register: Buffer): Buffer {
  const [left, right] = [key.subarray(0, 8), key.subarray(8)]
  return xor(des(left, xor(register, right)), right)
}

const VARIANTS = { pin: Buffer.from('00000000000000ff', 'hex'), data: Buffer.from('0000000000ff0000', 'hex') }

/** The key of a transaction for its PIN, or for its data (request, annex A.4.1): the latter is encrypted once more under itself. */
export function variantTdesKey(transactionKey: Buffer, variant: 'pin' | 'data'): Buffer {
  const key = xor(transactionKey, VARIANTS[variant])
  return variant === 'pin' ? key : Buffer.concat([tdes(key, key.subarray(0, 8)), tdes(key, key.subarray(8))])
}

/** CBC from zeros, the text filled up with zeros: how both MagTek and ID TECH encrypt a track. */
export const encryptTdes = (key: Buffer, text: Buffer): Buffer => cbc('des-ede-cbc', 8, key, text)
export const decryptTdes = (key: Buffer, bytes: Buffer): Buffer => uncbc('des-ede-cbc', 8, key, bytes)

// ---------------------------------------------------------------- AES

/** X9.24-3 §6.3.2, table 1: what a derived key is for. */
const USE = { initialKey: 0x8001, keyDerivation: 0x8000, pin: 0x1000, data: 0x3000 } as const
export type AesUse = 'pin' | 'data'
const AES_128 = 2

export const initialAesKey = (bdk: Buffer, ksn: Buffer): Buffer => aes(bdk, derivationData(USE.initialKey, ksn.subarray(0, 8)))

/** The key of one transaction, from which those that are used come (§6.3.3). */
export function transactionAesKey(initialKey: Buffer, ksn: Buffer): Buffer {
  const counter = counterOf(ksn, 32)
  let key = initialKey
  let reached = 0
  for (let bit = 0x8000_0000; bit >= 1; bit /= 2) {
    if (Math.floor(counter / bit) % 2 === 0) continue
    reached += bit
    key = aes(key, derivationData(USE.keyDerivation, Buffer.concat([ksn.subarray(4, 8), uint32(reached)])))
  }
  return key
}

export const workingAesKey = (transactionKey: Buffer, use: AesUse, ksn: Buffer): Buffer =>
  aes(transactionKey, derivationData(USE[use], Buffer.from(ksn.subarray(4))))

/** Version 1, first block of the key, its use, the algorithm, its length in bits, then what makes it unique. */
function derivationData(use: number, unique: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head[0] = 1
  head[1] = 1
  head.writeUInt16BE(use, 2)
  head.writeUInt16BE(AES_128, 4)
  head.writeUInt16BE(128, 6)
  return Buffer.concat([head, unique])
}

export const encryptAes = (key: Buffer, text: Buffer): Buffer => cbc('aes-128-cbc', 16, key, text)
export const decryptAes = (key: Buffer, bytes: Buffer): Buffer => uncbc('aes-128-cbc', 16, key, bytes)

// ---------------------------------------------------------------- counters

/** As few steps lead to each key as the standards allow: counters with more bits set are skipped. */
const MAX_BITS_SET = { tdes: 10, aes: 16 } as const

/** The serial number of the next transaction; undefined once the reader has used up its keys. */
export function nextKsn(kind: KsnKind, ksn: Buffer): Buffer | undefined {
  const bits = kind === 'tdes' ? COUNTER_BITS : 32
  let counter = counterOf(ksn, bits) + 1
  // Adding the lowest bit clears the run of ones above it: the next counter that has one bit less.
  while (bitsSet(counter) > MAX_BITS_SET[kind]) counter += lowestBit(counter)
  return counter >= 2 ** bits ? undefined : kind === 'tdes' ? withCounter(ksn, counter) : Buffer.concat([ksn.subarray(0, 8), uint32(counter)])
}

const bitsSet = (counter: number): number => counter.toString(2).replaceAll('0', '').length
const lowestBit = (counter: number): number => 2 ** (counter.toString(2).length - 1 - counter.toString(2).lastIndexOf('1'))

const counterOf = (ksn: Buffer, bits: number): number => ksn.readUInt32BE(ksn.length - 4) % 2 ** bits

/** The last 21 bits of a TDES serial number are the counter. */
function withCounter(ksn: Buffer, counter: number): Buffer {
  const fresh = Buffer.from(ksn)
  const fixed = Math.floor(ksn.readUInt32BE(ksn.length - 4) / 2 ** COUNTER_BITS) * 2 ** COUNTER_BITS
  fresh.writeUInt32BE(fixed + counter, ksn.length - 4)
  return fresh
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function cbc(algorithm: string, block: number, key: Buffer, text: Buffer): Buffer {
  const filled = Buffer.concat([text, Buffer.alloc((block - (text.length % block)) % block)])
  const cipher = createCipheriv(algorithm, key, Buffer.alloc(block)).setAutoPadding(false)
  return Buffer.concat([cipher.update(filled), cipher.final()])
}

function uncbc(algorithm: string, block: number, key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv(algorithm, key, Buffer.alloc(block)).setAutoPadding(false)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
}
