import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, unhex, utf8, utf8Text } from '../bytes.ts'
import { sign1, signedTypes, toCbor } from '../cose.ts'
import { makeId } from '../ids.ts'
import { MAX_ENTRY_BYTES } from '../journal/entry.ts'
import { nodeCrypto, signerFromSeed } from '../node/crypto.ts'
import { batchOfVersion1 } from './golden.ts'
import {
  encodeBatch,
  encodeSigned,
  enrolAnswer,
  enrolmentCode,
  enrolRequest,
  MAX_BATCH_BYTES,
  MAX_BATCH_ENTRIES,
  MAX_MESSAGE_BYTES,
  openSigned,
  packed,
  readBatch,
  readEnrolmentCode,
  verifyBatch,
  type Batch,
  type JsonMessage,
  type JsonType,
} from './messages.ts'

const till = makeId(1_800_000_000_000, new Uint8Array(10).fill(1))
const other = makeId(1_800_000_000_000, new Uint8Array(10).fill(2))
const signer = signerFromSeed(new Uint8Array(32).fill(1))
const stranger = signerFromSeed(new Uint8Array(32).fill(2))
const trusted = (keyId: string): Uint8Array | undefined => (keyId === hex(signer.keyId) ? signer.publicKey : undefined)
const HASH = 'ab'.repeat(32)
const NOW = 1_800_000_000_000

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

/** One of each. A message that is missing here does not compile. */
const messages: { readonly [T in JsonType]: JsonMessage<T> } = {
  'sp.ack': {
    v: 1,
    till,
    epoch: 1,
    received: { n: 9, head: HASH },
    safe: 7,
    settled: 6,
    answers: HASH,
    exceptions: [{ n: 3, code: 'entry.malformed' }],
    hubEpoch: 1,
    hubTime: NOW,
  },
  'sp.decision': { v: 1, till, paymentId: other, intended: HASH, verdict: { type: 'held', until: NOW + 1000 }, hubTime: NOW },
  'sp.refund': {
    v: 1,
    till,
    refundId: other,
    requested: HASH,
    verdict: { type: 'approved', paymentId: other, amountMinor: 199, currency: 'EUR' },
    hubTime: NOW,
  },
  'sp.keys': { v: 1, version: 2, keys: [{ role: 'ack', keyId: 'ab'.repeat(8), publicKey: HASH, notBefore: 1, notAfter: NOW }] },
  'sp.policy': {
    v: 1,
    version: 1,
    till,
    issuedAt: NOW,
    validUntil: NOW + 1,
    currency: 'EUR',
    offline: { perPaymentMinor: 1, perShownCodeMinor: 1, perInstrumentMinor: 1, perTillMinor: 1, maxOfflineMs: 0 },
    holdWaitMs: 1500,
    duplicateBorneBy: 'merchant',
  },
  'sp.catalogue': {
    v: 1,
    version: 1,
    merchant: { id: other, name: 'Corner Store' },
    store: { id: other, name: 'Canal Street' },
    currency: 'EUR',
    products: [{ gtin: '4006381333931', name: 'Éclair 水', category: 'Sweet', priceMinor: 199, taxPpm: 70_000, symbol: '🍰' }],
  },
  'sp.lanes': {
    v: 1,
    version: 3,
    store: other,
    tills: [{ till, name: 'Till 1', publicKey: HASH }],
    edge: { url: 'mqtts://edge.example:7430', publicKey: HASH, mdns: true },
  },
  'sp.copied': { v: 1, till, of: other, answers: HASH, hubTime: NOW },
  'sp.holds': { v: 1, till, denied: 4, policy: { version: 2, issuedAt: NOW } },
  'sp.deny': { v: 1, version: 5, size: 1, check: '0123456789ab', issuedAt: NOW, content: { type: 'delta', from: 4, added: 'AA', removed: '' } },
  'sp.wanted': { v: 1, till, chunk: HASH },
  'sp.rekey': { v: 1, till, publicKey: HASH, proof: 'AAAA' },
  'sp.rekey-proof': { v: 1, till, publicKey: HASH },
  'sp.rekeyed': { v: 1, till, publicKey: HASH, certificate: 'AAAA', tls: { authority: 'AAAA', certificate: 'AAAA' }, hubTime: NOW },
  'sp.update': {
    v: 1,
    revision: 7,
    release: 4,
    version: '1.4.0',
    minimum: 2,
    entry: 'terminal/core/main.ts',
    files: [{ path: 'terminal/core/main.ts', bytes: 12, sha256: HASH }],
    stages: [{ perMille: 50, notBefore: NOW }],
    halted: false,
  },
  'sp.health': {
    v: 1,
    till,
    launch: '0123456789abcdef',
    n: 3,
    at: NOW,
    upMs: 90_000,
    versions: { app: '0.1.0', store: 2, policy: 4, catalogue: 5, denied: 0 },
    clock: { offMs: -120, doubtful: false },
    disk: { freeBytes: 1e9, allBytes: 2e9 },
    journal: { epoch: 1, entries: 70, waiting: 2, oldestAt: NOW },
    devices: [{ kind: 'printer', state: 'fault', code: 'device.paper_out', since: NOW }],
    errors: [{ code: 'device.paper_out', at: NOW }],
    blocked: 'till.disk_full',
    update: { release: 2, trial: true, waiting: 3, refused: [{ release: 1, why: 'did not come up' }] },
    help: { id: other, at: NOW, from: 'cashier' },
    leaving: true,
  },
  'sp.watch': { v: 1, till, everyMs: 60_000, rekeyBefore: NOW, call: { id: other, state: 'taken' }, hubTime: NOW },
  'sp.points?': { v: 1, till, customer: other },
  'sp.address': { v: 1, till, requestId: other, key: 'AAAA' },
  'sp.addressed': { v: 1, till, requestId: other, hubTime: NOW },
  SPq: {
    v: 1,
    till,
    nonce: 'ab'.repeat(16),
    wallet: 'cd'.repeat(16),
    amountMinor: 1250,
    currency: 'EUR',
    exchange: {
      quote: other,
      currency: 'CNY',
      amountMinor: 9913,
      marginMinor: 147,
      marginPpm: 15_000,
      rate: { numerator: 78_123, denominator: 10_000 },
      source: 'ECB',
      rateAt: NOW,
    },
    hubTime: NOW,
    expiresAt: NOW + 120_000,
  },
  SPp: { v: 1, till, nonce: 'ab'.repeat(16), amountMinor: 1250, currency: 'EUR', wallet: 'cd'.repeat(16), paymentId: other, hubTime: NOW },
  'sp.points': { v: 1, till, customer: other, points: -3, hubTime: NOW },
  'sp.till': { v: 1, till, name: 'Till 1', merchant: other, store: other, publicKey: HASH, issuedAt: NOW },
  'sp.enrol': { v: 1, code: 'ABCDEFGH-0123456789abcdef', publicKey: HASH },
}
const types = Object.keys(messages) as readonly JsonType[]
const encoded = <T extends JsonType>(typ: T): Uint8Array => encodeSigned(signer, typ, messages[typ])

describe('signed messages', () => {
  test.each(types)('%s is read as it was written', (typ) => {
    expect(openSigned(nodeCrypto, encoded(typ), typ, trusted)).toEqual({ ok: true, value: messages[typ] })
  })

  test.each(types)('%s never passes for another kind', (typ) => {
    for (const wanted of types.filter((one) => one !== typ)) {
      expect(openSigned(nodeCrypto, encoded(typ), wanted, trusted)).toMatchObject({ ok: false, code: 'wire.bad_signature' })
    }
  })

  test('a flipped bit anywhere is refused', () => {
    const bytes = encoded('sp.ack')
    for (let bit = 0; bit < bytes.length * 8; bit++) expect(openSigned(nodeCrypto, flipped(bytes, bit), 'sp.ack', trusted).ok).toBe(false)
  })

  test('cut short or with more behind it, it is refused', () => {
    const bytes = encoded('sp.decision')
    for (let length = 0; length < bytes.length; length++) expect(openSigned(nodeCrypto, bytes.slice(0, length), 'sp.decision', trusted).ok).toBe(false)
    expect(openSigned(nodeCrypto, new Uint8Array([...bytes, 0]), 'sp.decision', trusted)).toMatchObject({ ok: false, code: 'wire.malformed' })
  })

  test('by a key that is not trusted for it, it is refused, even if it names a trusted one', () => {
    const forged = encodeSigned({ ...stranger, keyId: signer.keyId }, 'sp.ack', messages['sp.ack'])
    expect(openSigned(nodeCrypto, encodeSigned(stranger, 'sp.ack', messages['sp.ack']), 'sp.ack', trusted)).toMatchObject({ code: 'wire.bad_signature' })
    expect(openSigned(nodeCrypto, forged, 'sp.ack', trusted)).toMatchObject({ code: 'wire.bad_signature' })
  })

  test.each<[string, Uint8Array]>([
    ['no JSON', utf8('{')],
    ['no UTF-8', new Uint8Array([0xff])],
    ['another shape', utf8('{"v":1}')],
    ['a field too many', utf8(JSON.stringify({ ...messages['sp.ack'], note: '' }))],
    ['another version', utf8(JSON.stringify({ ...messages['sp.ack'], v: 2 }))],
    ['what is no code', utf8(JSON.stringify({ ...messages['sp.ack'], exceptions: [{ n: 1, code: 'No such code' }] }))],
    ['a watermark below zero', utf8(JSON.stringify({ ...messages['sp.ack'], safe: -1 }))],
  ])('rightly signed but with %s, it is malformed', (_what, payload) => {
    expect(openSigned(nodeCrypto, sign1(signer, 'sp.ack', payload), 'sp.ack', trusted)).toMatchObject({ ok: false, code: 'wire.malformed' })
  })

  test('above its size is refused before it is read', () => {
    expect(openSigned(nodeCrypto, new Uint8Array(MAX_MESSAGE_BYTES + 1), 'sp.ack', trusted)).toMatchObject({
      code: 'wire.malformed',
      detail: 'message too large',
    })
  })

  test('any bytes give an Outcome', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !openSigned(nodeCrypto, bytes, 'sp.ack', trusted).ok))
    fc.assert(
      fc.property(fc.json(), (text) => {
        const outcome = openSigned(nodeCrypto, sign1(signer, 'sp.policy', utf8(text)), 'sp.policy', trusted)
        expect(outcome).toMatchObject({ ok: false, code: 'wire.malformed' })
      }),
    )
  })
})

describe('batches', () => {
  const batch: Batch = {
    till,
    epoch: 2,
    from: 5,
    previous: new Uint8Array(32).fill(3),
    lastAck: new Uint8Array(32).fill(4),
    waiting: 6,
    entries: [utf8('one'), utf8('two')],
  }
  const tupleOf = (changes: Partial<Record<number, unknown>> = {}): unknown[] =>
    [2, batch.till, batch.epoch, batch.from, batch.previous, batch.lastAck, batch.waiting, batch.entries].map((value: unknown, index) =>
      index in changes ? changes[index] : value,
    )
  const codeOf = (bytes: Uint8Array): string => {
    const read = readBatch(bytes)
    return read.ok ? 'ok' : read.code
  }

  test('are read as they were written, and verify', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
    const lastAck = fc.oneof(bytes32, fc.constant(new Uint8Array(0)))
    const waiting = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(count, count, bytes32, lastAck, waiting, fc.array(fc.uint8Array(), { maxLength: 20 }), (epoch, from, previous, ack, more, entries) => {
        const written: Batch = { till, epoch, from, previous, lastAck: ack, waiting: more, entries }
        const read = readBatch(encodeBatch(signer, written))
        expect(read).toMatchObject({ ok: true, value: { batch: written } })
        expect(read.ok && verifyBatch(nodeCrypto, read.value.envelope, signer.publicKey)).toBe(true)
        expect(read.ok && verifyBatch(nodeCrypto, read.value.envelope, stranger.publicKey)).toBe(false)
      }),
    )
  })

  test('of version 1 are read for ever; how much was waiting they do not say', () => {
    const read = readBatch(unhex(batchOfVersion1) ?? new Uint8Array(0))
    expect(read).toMatchObject({ ok: true, value: { batch: { till: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', epoch: 1, from: 2, waiting: undefined } } })
    if (!read.ok) return
    expect(read.value.batch.lastAck).toEqual(new Uint8Array(32).fill(2))
    expect(read.value.batch.entries.map((entry) => utf8Text(entry).slice(-22))).toEqual(['{"reason":"enrolled"}}', 'second'])
    expect(verifyBatch(nodeCrypto, read.value.envelope, signer.publicKey)).toBe(true)
  })

  test('a flipped bit anywhere is refused by shape or by signature', () => {
    const bytes = encodeBatch(signer, batch)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const read = readBatch(flipped(bytes, bit))
      expect(read.ok && verifyBatch(nodeCrypto, read.value.envelope, signer.publicKey)).toBe(false)
    }
  })

  test('the largest entry fits into one', () => {
    expect(codeOf(encodeBatch(signer, { ...batch, entries: [new Uint8Array(MAX_ENTRY_BYTES)] }))).toBe('ok')
    expect(codeOf(encodeBatch(signer, { ...batch, entries: [new Uint8Array(MAX_BATCH_BYTES)] }))).toBe('wire.malformed')
  })

  test.each<[string, string, Partial<Record<number, unknown>>]>([
    ['ok', 'nothing changed', {}],
    ['wire.version', 'another version', { 0: 3 }],
    ['wire.malformed', 'the fields of another version', { 0: 1 }],
    ['wire.version', 'a version that is no number', { 0: [[[1]]] }],
    ['wire.malformed', 'a till that is none', { 1: 'till' }],
    ['wire.malformed', 'epoch 0', { 2: 0 }],
    ['wire.malformed', 'an epoch beyond 2^53', { 2: 2n ** 60n }],
    ['wire.malformed', 'a first number that is text', { 3: '5' }],
    ['wire.malformed', 'a previous hash cut short', { 4: new Uint8Array(31) }],
    ['wire.malformed', 'no previous hash', { 4: new Uint8Array(0) }],
    ['ok', 'no acknowledgement seen', { 5: new Uint8Array(0) }],
    ['wire.malformed', 'an acknowledgement of 16 bytes', { 5: new Uint8Array(16) }],
    ['ok', 'nothing waiting', { 6: 0 }],
    ['wire.malformed', 'less than nothing waiting', { 6: -1 }],
    ['wire.malformed', 'half an entry waiting', { 6: 0.5 }],
    ['wire.malformed', 'no word of what is waiting', { 6: null }],
    ['ok', 'no entries, which asks where the hub stands', { 7: [] }],
    ['wire.malformed', 'an entry that is text', { 7: ['one'] }],
    ['wire.malformed', 'entries that are bytes', { 7: new Uint8Array(3) }],
    ['wire.malformed', 'too many entries', { 7: Array.from({ length: MAX_BATCH_ENTRIES + 1 }, () => new Uint8Array(1)) }],
  ])('%s: %s', (expected, _what, changes) => {
    expect(codeOf(sign1(signer, signedTypes.batch, toCbor(tupleOf(changes))))).toBe(expected)
  })

  test('what is no batch is none, whoever signed it', () => {
    expect(codeOf(sign1(signer, signedTypes.ack, toCbor(tupleOf())))).toBe('wire.malformed')
    expect(codeOf(sign1(signer, signedTypes.batch, toCbor(tupleOf().slice(0, 7))))).toBe('wire.malformed')
    expect(codeOf(sign1(signer, signedTypes.batch, toCbor({ a: 1 })))).toBe('wire.malformed')
    expect(codeOf(sign1(signer, signedTypes.batch, new Uint8Array([0xff])))).toBe('wire.malformed')
  })

  test('any bytes give an Outcome', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => !readBatch(bytes).ok))
    const deep = new Uint8Array(100_000).fill(0x81)
    expect(codeOf(deep)).toBe('wire.malformed')
    expect(codeOf(sign1(signer, signedTypes.batch, deep))).toBe('wire.malformed')
  })
})

describe('enrolment', () => {
  test('the one-time code carries the secret and the root’s key id', () => {
    expect(readEnrolmentCode(enrolmentCode('7K3M9Q2P', 'ab'.repeat(8)))).toEqual({ ok: true, value: { secret: '7K3M9Q2P', rootKeyId: 'ab'.repeat(8) } })
    expect(readEnrolmentCode(`  ${enrolmentCode('7K3M9Q2P', 'ab'.repeat(8))}\n`).ok).toBe(true)
  })

  test.each(['', '-', '7K3M9Q2P', '7K3M9Q2P-', '7K3-abababababababab', '7K3M9Q2P-ABABABABABABABAB', '7K3M9Q2P-abababababababab-x', 'ü'.repeat(100)])(
    '%o is no code',
    (text) => expect(readEnrolmentCode(text)).toMatchObject({ ok: false, code: 'enrol.bad_code' }),
  )

  test('bytes travel in JSON as unpadded base64url and as nothing else', () => {
    const proof = packed.text(encoded('sp.enrol'))
    expect(enrolRequest.safeParse({ v: 1, proof }).success).toBe(true)
    expect(hex(packed.bytes(proof))).toBe(hex(encoded('sp.enrol')))
    for (const wrong of [`${proof}=`, `${proof}\n`, '+/', 1, null]) expect(enrolRequest.safeParse({ v: 1, proof: wrong }).success).toBe(false)
  })

  test('an answer is whole or none', () => {
    const part = packed.text(utf8('x'))
    const answer = {
      v: 1,
      rootPublicKey: HASH,
      certificate: part,
      keySet: part,
      policy: part,
      catalogue: part,
      mqtt: { url: 'mqtt://127.0.0.1:1883', password: 'p'.repeat(32) },
    }
    expect(enrolAnswer.safeParse(answer).success).toBe(true)
    for (const field of Object.keys(answer)) expect(enrolAnswer.safeParse({ ...answer, [field]: undefined }).success).toBe(false)
  })
})
