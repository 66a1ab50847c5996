import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, unhex, utf8 } from './bytes.ts'
import { assembleSign1, fromCbor, parseSign1, protectedHeaderOf, sign1, signedTypes, toBeSigned, toCbor, verifySign1 } from './cose.ts'
import { nodeCrypto, signerFromSeed } from './node/crypto.ts'

const bytesOf = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)
const signer = signerFromSeed(new Uint8Array(32).fill(1))
const stranger = signerFromSeed(new Uint8Array(32).fill(2))
const payload = utf8('payload')
const aad = utf8('request')

describe('CBOR', () => {
  test.each([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    [-1, '20'],
    [-1000, '3903e7'],
    [-65537, '3a00010000'],
    ['ü', '62c3bc'],
    ['水', '63e6b0b4'],
    [bytesOf('01020304'), '4401020304'],
    [[1, [2, 3]], '8201820203'],
    [true, 'f5'],
    [null, 'f6'],
  ])('%o is encoded as RFC 8949 appendix A has it', (value, expected) => {
    expect(hex(toCbor(value))).toBe(expected)
    expect(fromCbor(bytesOf(expected))).toEqual({ ok: true, value })
  })

  test('map keys come in the order of their bytes, whatever order they were set in (RFC 8949 §4.2.1)', () => {
    const keys = [10, 100, -1, 'z', 'aa']
    const sorted = 'a50a001864002000617a0062616100'
    expect(hex(toCbor(new Map(keys.map((key) => [key, 0]))))).toBe(sorted)
    expect(hex(toCbor(new Map(keys.toReversed().map((key) => [key, 0]))))).toBe(sorted)
    expect(hex(toCbor(new Map([-3, -1, -2].map((key) => [key, 0]))))).toBe('a3200021002200')
  })

  test('what was encoded stays as it is while more is encoded', () => {
    const first = toCbor(['one', bytesOf('0102')])
    const before = hex(first)
    for (let i = 0; i < 100; i++) toCbor(['another', new Uint8Array(40).fill(255)])
    expect(hex(first)).toBe(before)
  })

  test.each([
    ['nothing', ''],
    ['trailing bytes', '0000'],
    ['an array that ends early', '8201'],
    ['a string that ends early', '6261'],
    ['an indefinite array', '9f01ff'],
    ['an indefinite string', '5f4101ff'],
    ['an integer longer than need be', '1801'],
    ['a length longer than need be', '580101'],
    ['a repeated key', 'a201000101'],
    ['a tag', 'c000'],
    ['undefined', 'f7'],
    ['NaN', 'f97e00'],
    ['infinity', 'f97c00'],
    ['a simple value', 'e0'],
    ['a reserved length', '1c'],
    ['a lone break', 'ff'],
    ['an array said to have 2^32 items', '9affffffff'],
    ['a byte string said to have 2^53 bytes', '5b001fffffffffffff'],
  ])('refuses %s', (_, encoded) => {
    expect(fromCbor(bytesOf(encoded))).toMatchObject({ ok: false, code: 'wire.malformed' })
  })

  test('refuses nesting that would exhaust the stack', () => {
    expect(fromCbor(new Uint8Array(1_000_000).fill(0x81))).toMatchObject({ ok: false, code: 'wire.malformed' })
  })

  test('gives an Outcome for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof fromCbor(bytes).ok === 'boolean'))
  })

  test('keeps every value that messages are made of', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeInteger().map((n) => n || 0),
        fc.string(),
        fc.uint8Array(),
        fc.boolean(),
        tie('array'),
        tie('map'),
      ),
      array: fc.array(tie('value'), { maxLength: 5 }),
      map: fc.uniqueArray(fc.tuple(fc.integer(), tie('value')), { maxLength: 5, selector: ([key]) => key }).map((pairs) => new Map(pairs)),
    }))
    fc.assert(
      fc.property(value, (original) => {
        expect(fromCbor(toCbor(original))).toEqual({ ok: true, value: original })
      }),
    )
  })

  test('what comes out is a copy in plain Uint8Arrays, also when a Buffer went in', () => {
    const source = Buffer.from(toCbor([bytesOf('0102')]))
    const decoded = fromCbor(source)
    source.fill(0)
    expect(decoded).toStrictEqual({ ok: true, value: [new Uint8Array([1, 2])] })
  })
})

describe('COSE_Sign1', () => {
  test('signs the structure of RFC 9052 §4.4: example eddsa-sig-01 of the COSE working group', () => {
    const key = signerFromSeed(bytesOf('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
    const message = toBeSigned(bytesOf('a201270300'), utf8('This is the content.'))
    expect(hex(message)).toBe('846a5369676e61747572653145a2012703004054546869732069732074686520636f6e74656e742e')
    expect(hex(key.sign(message))).toBe(
      '7142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d',
    )
  })

  test('is read back and verified', () => {
    const read = parseSign1(sign1(signer, signedTypes.ack, payload, aad))
    expect(read).toMatchObject({ ok: true, value: { typ: signedTypes.ack, keyId: new Uint8Array(signer.keyId), payload } })
    expect(read.ok && verifySign1(nodeCrypto, read.value, signedTypes.ack, signer.publicKey, aad)).toBe(true)
  })

  test('does not verify for another purpose, key, external data, or a key of wrong length', () => {
    const read = parseSign1(sign1(signer, signedTypes.ack, payload, aad))
    if (!read.ok) throw new Error(read.detail)
    expect(verifySign1(nodeCrypto, read.value, signedTypes.decision, signer.publicKey, aad)).toBe(false)
    expect(verifySign1(nodeCrypto, { ...read.value, typ: signedTypes.decision }, signedTypes.decision, signer.publicKey, aad)).toBe(true)
    expect(verifySign1(nodeCrypto, read.value, signedTypes.ack, stranger.publicKey, aad)).toBe(false)
    expect(verifySign1(nodeCrypto, read.value, signedTypes.ack, signer.publicKey)).toBe(false)
    expect(verifySign1(nodeCrypto, read.value, signedTypes.ack, signer.publicKey, utf8('Request'))).toBe(false)
    expect(verifySign1(nodeCrypto, read.value, signedTypes.ack, signer.publicKey.subarray(1), aad)).toBe(false)
  })

  test('with any one bit flipped it is refused', () => {
    const original = sign1(signer, signedTypes.ack, payload)
    for (let bit = 0; bit < original.length * 8; bit++) {
      const changed = original.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = parseSign1(changed)
      expect(read.ok && verifySign1(nodeCrypto, read.value, signedTypes.ack, signer.publicKey), `bit ${bit}`).toBe(false)
    }
  })

  const header = protectedHeaderOf(signedTypes.ack, signer.keyId)
  const signature = new Uint8Array(64)
  const withHeader = (entries: [number, unknown][]): Uint8Array => assembleSign1(toCbor(new Map(entries)), payload, signature)
  test.each<[string, Uint8Array]>([
    ['something that is not CBOR', bytesOf('ff')],
    ['another type', toCbor('text')],
    ['three parts', toCbor([header, new Map(), payload])],
    ['five parts', toCbor([header, new Map(), payload, signature, 0])],
    ['the tag 18', new Uint8Array([0xd2, ...assembleSign1(header, payload, signature)])],
    ['an unprotected header', toCbor([header, new Map([[4, signer.keyId]]), payload, signature])],
    ['a detached payload', toCbor([header, new Map(), null, signature])],
    ['a short signature', assembleSign1(header, payload, signature.subarray(1))],
    ['a protected header that is not CBOR', assembleSign1(bytesOf('ff'), payload, signature)],
    ['an empty protected header', assembleSign1(new Uint8Array(0), payload, signature)],
    [
      'another algorithm',
      withHeader([
        [1, -7],
        [4, signer.keyId],
        [16, 'sp.ack'],
      ]),
    ],
    [
      'no key id',
      withHeader([
        [1, -8],
        [16, 'sp.ack'],
      ]),
    ],
    [
      'a key id that is text',
      withHeader([
        [1, -8],
        [4, 'key'],
        [16, 'sp.ack'],
      ]),
    ],
    [
      'a typ that is a number',
      withHeader([
        [1, -8],
        [4, signer.keyId],
        [16, 60],
      ]),
    ],
    [
      'a critical parameter',
      withHeader([
        [1, -8],
        [2, [99]],
        [4, signer.keyId],
        [16, 'sp.ack'],
      ]),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(parseSign1(bytes)).toMatchObject({ ok: false, code: 'wire.malformed' })
  })

  test('gives an Outcome for any bytes, also inside a well-formed frame', () => {
    const any = fc.uint8Array({ maxLength: 80 })
    fc.assert(fc.property(any, (bytes) => typeof parseSign1(bytes).ok === 'boolean'))
    fc.assert(fc.property(any, any, (head, body) => typeof parseSign1(assembleSign1(head, body, signature)).ok === 'boolean'))
  })
})
