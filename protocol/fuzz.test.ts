import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseBracketed, parseElements, readElement } from './barcode/gs1.ts'
import { parseDigitalLink } from './barcode/gs1-link.ts'
import { readLabel } from './barcode/label.ts'
import { readScan } from './barcode/scan.ts'
import { decodeBase45, encodeBase45 } from './base45.ts'
import { base64url, hex, unbase64url, unhex, utf8 } from './bytes.ts'
import { decodeByteStrings } from './byte-strings.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, type SignedType } from './cose.ts'
import { asJson, asText, expectBears, type Decoder } from './node/test-fuzz.ts'
import { batchOfVersion1 } from './hub/golden.ts'
import {
  encodeBatch,
  MAX_BATCH_BYTES,
  MAX_BATCH_ENTRIES,
  openSigned,
  readBatch,
  readChunk,
  readEnrolmentCode,
  verifyBatch,
  type JsonType,
} from './hub/messages.ts'
import { decodeEntry, encodeEntry } from './journal/entry.ts'
import { encodeLaneMessage, encodePeerCopy, readLaneMessage, readPeerCopy } from './lanes/messages.ts'
import { laneTopic, parseLaneTopic } from './lanes/topics.ts'
import { innermost, namesIn, tell } from './journal/tell.ts'
import { creditCode, readCredit } from './credit/code.ts'
import { makeMerchantQr, readMerchantQr } from './emvco/merchant-qr.ts'
import { makeMerchantRequest, readShownRequest } from './emvco/merchant-request.ts'
import { readQuote } from './exchange/quote.ts'
import { readRate } from './exchange/rate.ts'
import { paidCode, readPaidCode } from './hub/paid.ts'
import { nodeCrypto, signerFromSeed } from './node/crypto.ts'
import { zstd } from './node/packing.ts'
import { addressContext, openAddress, openAddressKey, sealAddress } from './node/sealed-address.ts'
import { exportKeyFromSecret, openJournal, sealJournal } from './node/sealed-journal.ts'
import { encodeCard, readCard } from './loyalty/card.ts'
import { readAddress } from './receipt-address.ts'
import { readCode } from './payment-code/code.ts'
import { readCredential } from './payment-code/credential.ts'
import { golden } from './payment-code/golden.ts'
import { decodeFingerprints, encodeFingerprints } from './policy/deny-list.ts'
import { compactTreesBytes, readCompactTrees } from './risk/compact-trees.ts'
import { makeRequest, readRequest, readRequestBytes } from './payment-code/request.ts'
import { verifyCode } from './payment-code/verify.ts'
import { readSignedReceipt, signReceiptText } from './receipt-text.ts'
import { downTopic, parseTopic, upTopic } from './topics.ts'
import { draftAsk, readAsk } from './wallet-api/ask.ts'
import { readWalletReceipt, signWalletReceipt, type WalletReceipt } from './wallet-api/receipt.ts'

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** Every decoder of this folder, by its name. One that is exported and not in here fails the last test. */

const till = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const signer = signerFromSeed(new Uint8Array(32).fill(1))
const NOW = 1_800_000_000_000
const bytesOf = (hexText: string): Uint8Array => unhex(hexText) ?? new Uint8Array(0)
const texts = (...all: readonly string[]): Uint8Array[] => all.map(utf8)

const signedDecision = sign1(signer, 'sp.decision', utf8(JSON.stringify({ verdict: { type: 'held', until: 2 ** 53 } })))
const place = { till, epoch: 1, n: 2 }
const entry = encodeEntry(place, NOW, {
  kind: 'payment.intended',
  body: { paymentId: till, saleId: till, amountMinor: 199, currency: 'EUR', instrument: { type: 'wallet', code: golden.showText } },
})
const held = encodeEntry(place, NOW, { kind: 'payment.held', body: { paymentId: till, decision: base64url(signedDecision) } })
const opening = { till, epoch: 1, from: 2, previous: new Uint8Array(32), lastAck: new Uint8Array(32), waiting: 1 }
const batch = encodeBatch(signer, { ...opening, entries: [entry, utf8('second')] })
const packedBatch = encodeBatch(signer, { ...opening, entries: Array.from({ length: 100 }, () => entry) }, zstd)
const bomb = sign1(signer, 'sp.batch', toCbor([3, till, 1, 2, new Uint8Array(32), new Uint8Array(0), 0, zstd.pack(new Uint8Array(100 * MAX_BATCH_BYTES))]))
const exportKey = exportKeyFromSecret(new Uint8Array(32).fill(7))
const sealed = await collected(sealJournal(exportKey.publicKey, till, [{ bytes: batch, entries: 2 }]))
const context = addressContext(till, till)
const address = await sealAddress(exportKey.publicKey, context, 'ada@example.org')
const credential = bytesOf(golden.credentialHex)
const requestBytes = makeRequest(golden.request).bytes
const signedJson = (typ: SignedType, value: unknown): Uint8Array => sign1(signer, typ, utf8(JSON.stringify(value)))
const ack = {
  v: 1,
  till,
  epoch: 1,
  received: { n: 1, head: 'ab'.repeat(32) },
  safe: 1,
  settled: 1,
  answers: 'ab'.repeat(32),
  exceptions: [],
  hubEpoch: 1,
  hubTime: NOW,
}

/** Each piece is as long as its first byte says. */
async function* inPieces(input: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length;) {
    const end = at + 1 + (input[at] ?? 0) * 16
    yield input.subarray(at, end)
    at = end
  }
}

const openAny = (input: Uint8Array): unknown =>
  (Object.values(signedTypes) as SignedType[]).map((typ) => openSigned(nodeCrypto, input, typ as JsonType, () => signer.publicKey))
/** Signs what came, so that it gets past the signature to the payload behind it. */
const openSignedByUs = (input: Uint8Array): unknown => openSigned(nodeCrypto, sign1(signer, 'sp.ack', input), 'sp.ack', () => signer.publicKey)
const readAndVerify = (text: string): unknown => {
  const code = readCode(text)
  return code.ok
    ? verifyCode(nodeCrypto, code.value, {
        issuerKey: () => ({ publicKey: signer.publicKey, notBefore: 1, notAfter: 2 * NOW }),
        shownAt: NOW,
        currency: 'EUR',
        request: requestBytes,
      })
    : code
}

const exchange = {
  quote: till,
  currency: 'CNY',
  amountMinor: 1982,
  marginMinor: 29,
  marginPpm: 15_000,
  rate: { numerator: 78_123, denominator: 10_000 },
  source: 'ECB',
  rateAt: NOW,
}
const quoted = {
  v: 1,
  till,
  nonce: 'ab'.repeat(16),
  wallet: golden.credential.wallet,
  amountMinor: 250,
  currency: 'EUR',
  hubTime: NOW,
  expiresAt: NOW,
} as const
const signedQuote = base64url(sign1(signer, 'SPq', utf8(JSON.stringify({ ...quoted, exchange }))))

const walletMessage = { v: 1, nonce: 'ab'.repeat(30), publicKey: hex(signer.publicKey), wallet: golden.credential.wallet, ask: { type: 'statement' } } as const
const walletDraft = draftAsk(signer.keyId, walletMessage)
const walletAsked = walletDraft.finish(signer.sign(walletDraft.message))
const walletAskedPayload = utf8(JSON.stringify(walletMessage))
const walletPaid: WalletReceipt = {
  v: 1,
  wallet: golden.credential.wallet,
  paymentId: till,
  amountMinor: 250,
  refundedMinor: 0,
  currency: 'EUR',
  merchant: 'Corner shop',
  receiptNumber: 'A-0001',
  state: 'CAPTURED',
  at: NOW,
}

const merchantQr = makeMerchantQr({
  currency: 'EUR',
  amountMinor: 1250,
  dynamic: true,
  merchantName: 'Corner shop',
  merchantCity: 'Town',
  country: 'DE',
  categoryCode: '5411',
  accounts: [{ scheme: 'app.stillpoint', values: { '01': 'till' } }],
})
const merchantRequest = makeMerchantRequest(
  { till, amountMinor: 1250, currency: 'EUR', nonce: 'ab'.repeat(16), issuedAtMs: NOW, merchant: 'Corner shop' },
  { merchantCity: 'Town', country: 'DE', categoryCode: '5411' },
).text
const labels = ['20IIIIIVPPPPC', '21IIIIIWWWWWC']
const decoders: Readonly<Record<string, Decoder>> = {
  readCode: { take: asText(readAndVerify), samples: texts(golden.showText, golden.boundText) },
  decodeFingerprints: {
    take: (input) => decodeFingerprints(input, 1000),
    samples: [encodeFingerprints([0, 5, 300, 2 ** 39, 2 ** 40 - 1])],
  },
  readCompactTrees: {
    take: readCompactTrees,
    samples: [
      compactTreesBytes({ features: 2, bias: -9, feature: new Uint8Array(7).fill(1), threshold: new Float32Array(7).fill(3), leaf: new Int16Array(8) }) ??
        utf8(''),
    ],
  },
  readCredential: { take: readCredential, samples: [credential] },
  readCredit: {
    take: asText(readCredit),
    samples: texts(creditCode(signer, { creditId: till, amountMinor: 5000, currency: 'EUR', issuedAtMs: NOW })),
  },
  readCard: {
    take: asText((text) => readCard(nodeCrypto, text, () => ({ publicKey: signer.publicKey, notBefore: 1, notAfter: 2 * NOW }))),
    samples: texts(encodeCard(signer, { customer: till, issuedAt: NOW })),
  },
  readAsk: { take: (input) => readAsk(nodeCrypto, input), samples: [walletAsked] },
  'readAsk, past the signature': { take: (input) => readAsk(nodeCrypto, sign1(signer, 'sp.wallet', input)), samples: [walletAskedPayload] },
  readSignedReceipt: { take: asText(readSignedReceipt), samples: texts(signReceiptText(signer, nodeCrypto, 'Harbour Corner\nTOTAL EUR 14.90')) },
  readWalletReceipt: { take: readWalletReceipt, samples: [signWalletReceipt(signer, walletPaid)] },
  readAddress: { take: asText(readAddress), samples: texts('ada@example.org', '+49 30 123456') },
  readMerchantQr: { take: asText(readMerchantQr), samples: texts(merchantQr) },
  readShownRequest: { take: asText(readShownRequest), samples: texts(merchantRequest, golden.requestText) },
  readQuote: { take: asText(readQuote), samples: texts(signedQuote) },
  readRate: { take: asText(readRate), samples: texts('7.8123', '0.0000345') },
  readPaidCode: { take: asText(readPaidCode), samples: texts(paidCode(signedDecision)) },
  readRequest: { take: asText(readRequest), samples: texts(golden.requestText) },
  readRequestBytes: { take: readRequestBytes, samples: [requestBytes] },
  decodeBase45: { take: asText(decodeBase45), samples: texts(encodeBase45(credential)) },
  unhex: { take: asText(unhex), samples: texts(golden.credentialHex) },
  unbase64url: { take: asText(unbase64url), samples: texts('AAECAwQ') },
  fromCbor: { take: fromCbor, samples: [toCbor([1, 'two', new Uint8Array(3), new Map([[4, [true, null]]])])] },
  parseSign1: { take: parseSign1, samples: [batch, credential] },
  readBatch: {
    take: (input) => {
      const read = readBatch(input, zstd)
      return read.ok && verifyBatch(nodeCrypto, read.value.envelope, signer.publicKey)
    },
    samples: [batch, packedBatch, bomb, bytesOf(batchOfVersion1)],
  },
  openSigned: { take: openAny, samples: [signedJson('sp.ack', ack), batch] },
  'openSigned, past the signature': { take: openSignedByUs, samples: texts(JSON.stringify(ack)) },
  decodeEntry: {
    take(input) {
      const read = decodeEntry(input, place)
      return read.ok && [tell(read.value), namesIn(read.value), innermost(read.value)]
    },
    samples: [entry, held],
  },
  openJournal: {
    take: (input) =>
      openJournal(
        inPieces(input),
        () => exportKey,
        (bytes) => Promise.resolve(void readBatch(bytes, zstd)),
      ),
    samples: [sealed],
  },
  openAddressKey: { take: (input) => openAddressKey(input, context, () => exportKey), samples: [address.key] },
  openAddress: { take: (input) => openAddress(input.subarray(0, 32), context, input), samples: [address.sealed] },
  unpack: { take: (input) => zstd.unpack(input, MAX_BATCH_BYTES), samples: [zstd.pack(batch)] },
  parseTopic: { take: asText(parseTopic), samples: texts(upTopic(till), downTopic(till, 'ack')) },
  decodeByteStrings: { take: (input) => decodeByteStrings(input, MAX_BATCH_ENTRIES), samples: [toCbor([entry, utf8('second')])] },
  parseElements: { take: asText(parseElements), samples: texts('0104006381333931\u001d10ABC', '3103000486392200299') },
  parseBracketed: { take: asText(parseBracketed), samples: texts('(01)04006381333931(10)ABC') },
  readElement: { take: asText((value) => ['01', '17', '8110', '99'].map((ai) => readElement(ai, value))), samples: texts('04006381333931', '261231') },
  parseDigitalLink: { take: asText(parseDigitalLink), samples: texts('https://example.com/01/04006381333931/10/ABC?17=261231') },
  readLabel: { take: asText((text) => readLabel(text, labels)), samples: texts('2000101602995', '2100201012349') },
  readScan: {
    take: asText((text) => [undefined, ']E0', ']C1', ']d2', ']Q3'].map((aim) => readScan(text, aim, labels, 'EUR'))),
    samples: texts('4006381333931', '0104006381333931\u001d10ABC', '2000101602995'),
  },
  readChunk: {
    take: readChunk,
    samples: texts(
      JSON.stringify({ v: 1, products: [{ gtin: '9520000000011', name: 'Rye', category: 'Bakery', priceMinor: 419, taxPpm: 70_000, symbol: 'RL' }] }),
    ),
  },
  readLaneMessage: {
    take: (input) => readLaneMessage(nodeCrypto, input, () => signer.publicKey),
    samples: [encodeLaneMessage(signer, { v: 1, store: till, from: till, run: 1, n: 1, says: { kind: 'kept', of: till, epoch: 1, n: 7 } })],
  },
  readPeerCopy: {
    take: (input) => readPeerCopy(nodeCrypto, input, () => signer.publicKey),
    samples: [encodePeerCopy(signer, { store: till, from: till, to: till, epoch: 1, firstN: 1, lastN: 2, sealed })],
  },
  parseLaneTopic: { take: asText(parseLaneTopic), samples: texts(laneTopic(till, till)) },
  readEnrolmentCode: { take: asText(readEnrolmentCode), samples: texts('7K3M9Q2P-abababababababab') },
}

test.each(Object.entries(decoders))('%s bears anything', async (_name, decoder) => await expectBears(decoder))

const depthOf = (text: string, at = 0): number => (text[at] === '[' ? 1 + depthOf(text, at + 1) : 0)

/** Held, so that no collection of garbage between the call and the measuring hides it. */
const hoard: Uint8Array[] = []
const hoards = (input: Uint8Array): void => void (hoard[0] = new Uint8Array(input[0] === 0x9b ? 2 ** 30 : 0))

test.each<[string, RegExp, Decoder]>([
  ['goes as deep as its input', /call stack/, { take: asText(depthOf), samples: [] }],
  ['believes what a length says', /bytes of memory/, { take: hoards, samples: [] }],
  ['throws at some lengths', /Property failed/, { take: ({ length }) => (1).toFixed(length % 128), samples: [] }],
])('a decoder that %s is found out', async (_what, complaint, decoder) => await expect(expectBears(decoder)).rejects.toThrow(complaint))

// ---------------------------------------------------------------- nothing is missing

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file) && !basename(file).startsWith('test-'),
)
const exported = (
  await Promise.all(sources.map(async (file) => Object.entries((await import(join(import.meta.dirname, file))) as Record<string, unknown>)))
).flat()
/** Those of enrolment, device messages and till-api commands are among them. */
const schemas = exported.filter((pair): pair is [string, z.ZodType] => pair[1] instanceof z.ZodType)

test('every schema of this folder bears anything', async () => {
  const scan = { type: 'scan', device: 'a', n: 1, text: 'SP1:' }
  const fromTheScreen = { type: 'command', id: 'a', command: { type: 'refund', refundId: till, receiptNumber: '1-1', amountMinor: 1 } }
  const samples = texts(...[ack, scan, fromTheScreen].map((value) => JSON.stringify(value)))
  await expectBears({ take: asJson((value) => schemas.map(([, schema]) => schema.safeParse(value))), samples })
})

test('every decoder of this folder is tried here', () => {
  expect(schemas.length).toBeGreaterThan(20)
  const found = exported
    .filter(([name, value]) => typeof value === 'function' && /^(read|decode|parse|open|from|un)([A-Z]|hex|base64)/.test(name))
    .map(([name]) => name)
  expect(found.filter((name) => !(name in decoders))).toEqual([])
})
