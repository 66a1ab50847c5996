import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, unhex, utf8 } from '../bytes.ts'
import { keyIdOf } from '../crypto.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from './crypto.ts'

const bytes = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)

/** RFC 8032 §7.1. */
const vectors = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature: 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature: '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
]

describe('Ed25519', () => {
  test.each(vectors)('RFC 8032 §7.1 $name', ({ seed, publicKey, message, signature }) => {
    const signer = signerFromSeed(bytes(seed))
    expect(hex(signer.publicKey)).toBe(publicKey)
    expect(hex(signer.sign(bytes(message)))).toBe(signature)
    expect(nodeCrypto.verify(bytes(publicKey), bytes(message), bytes(signature))).toBe(true)
  })

  const signer = signerFromSeed(new Uint8Array(32).fill(7))
  const message = utf8('a payment of 12.34')
  const signature = signer.sign(message)

  test('no bit of a signature, a message or a key may differ', () => {
    const flip = (value: Uint8Array, bit: number): Uint8Array => value.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    for (let bit = 0; bit < 512; bit++) expect(nodeCrypto.verify(signer.publicKey, message, flip(signature, bit))).toBe(false)
    for (let bit = 0; bit < message.length * 8; bit++) expect(nodeCrypto.verify(signer.publicKey, flip(message, bit), signature)).toBe(false)
    for (let bit = 0; bit < 256; bit++) expect(nodeCrypto.verify(flip(signer.publicKey, bit), message, signature)).toBe(false)
  })

  test('S + L is no second signature of the same message (RFC 8032 §5.1.7)', () => {
    const L = 2n ** 252n + 27742317777372353535851937790883648493n
    const s = signature.slice(32).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) + L
    const forged = signature.slice()
    for (let i = 0; i < 32; i++) forged[32 + i] = Number((s >> BigInt(8 * i)) & 255n)
    expect(nodeCrypto.verify(signer.publicKey, message, forged)).toBe(false)
  })

  test('keys and signatures of any length and content are refused, never thrown at', () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 64, maxLength: 64 }))
    fc.assert(fc.property(any, any, any, (key, text, proof) => !nodeCrypto.verify(key, text, proof)))
    fc.assert(fc.property(any, (key) => !nodeCrypto.verify(key, message, signature)))
    fc.assert(fc.property(any, (proof) => !nodeCrypto.verify(signer.publicKey, message, proof)))
  })

  test('more keys than are kept ready still verify', () => {
    const stranger = new Uint8Array(32)
    for (let i = 0; i < 5000; i++) {
      new DataView(stranger.buffer).setUint32(0, i)
      nodeCrypto.verify(stranger, message, signature)
    }
    expect(nodeCrypto.verify(signer.publicKey, message, signature)).toBe(true)
  })

  test('a seed has 32 bytes', () => expect(() => signerFromSeed(new Uint8Array(31))).toThrow('invariant'))

  test('a fresh seed makes a signer that nobody had before', () => {
    const [one, two] = [freshSeed(), freshSeed()]
    expect(one.length).toBe(32)
    expect(hex(one)).not.toBe(hex(two))
    const fresh = signerFromSeed(one)
    expect(nodeCrypto.verify(fresh.publicKey, message, fresh.sign(message))).toBe(true)
  })
})

describe('SHA-256 and random bytes', () => {
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ])('of %o as FIPS 180-4 has it', (text, expected) => expect(hex(nodeCrypto.sha256(utf8(text)))).toBe(expected))

  test('a key’s id is the start of its hash, in bytes of its own', () => {
    const key = new Uint8Array(32).fill(9)
    expect(hex(keyIdOf(nodeCrypto, key))).toBe(hex(nodeCrypto.sha256(key)).slice(0, 16))
  })

  test('what comes out is an array of bytes like any other: a slice of it is a copy', () => {
    const signer = signerFromSeed(new Uint8Array(32))
    for (const out of [
      nodeCrypto.sha256(new Uint8Array(1)),
      nodeCrypto.randomBytes(32),
      signer.sign(new Uint8Array(1)),
      signer.publicKey,
      signer.keyId,
      freshSeed(),
    ]) {
      const before = hex(out)
      out.slice().fill(0)
      expect(hex(out)).toBe(before)
    }
  })

  test('random bytes are as many as asked for, and not the same twice', () => {
    expect(nodeCrypto.randomBytes(0).length).toBe(0)
    expect(hex(nodeCrypto.randomBytes(16))).not.toBe(hex(nodeCrypto.randomBytes(16)))
  })
})
