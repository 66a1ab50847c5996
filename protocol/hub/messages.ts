import { z } from 'zod'
import { decodeByteStrings, encodeByteStrings } from '../byte-strings.ts'
import { base64url, hex, unbase64url, unhex, utf8, utf8Text } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, verifySign1, type Sign1, type SignedType } from '../cose.ts'
import type { Crypto, Signer } from '../crypto.ts'
import { weightUnits } from '../device/messages.ts'
import { amount, currency, epochMs, errorCode, hash, id, MAX_CASH_ROUNDING_MINOR, ppm, productName } from '../journal/entry.ts'
import { isId, type Id } from '../ids.ts'
import { policySchema } from '../policy/bundle.ts'
import { denyMessageSchema, holdsSchema } from '../policy/deny-messages.ts'
import { isSound, productGoods } from './goods.ts'
import { catalogueTerms, productTerms } from './offers.ts'
import { quoteSchema } from '../exchange/quote.ts'
import { paidSchema, type PaidReceipt } from './paid.ts'
import { pointsAskedSchema, pointsSchema } from './points.ts'
import { addressedSchema, addressKeySchema } from './receipts.ts'
import { healthSchema, watchSchema } from './health.ts'
import { updateSchema } from './updates.ts'
import { staffList } from '../staff/staff.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/**
 * Till ⇄ hub. Every message is a COSE_Sign1; its `typ` says which of these it is. Batches have a CBOR payload, because they carry bytes;
 * everything else has a JSON payload, because people read it.
 */
/** More than the largest entry. */
export const MAX_BATCH_BYTES = 640 * 1024
export const MAX_BATCH_ENTRIES = 2000
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

// ---------------------------------------------------------------- batch: till → hub

/**
 * Consecutive entries of one epoch. `previous` is the hash before the first of them. An empty batch asks where the hub stands.
 * `lastAck` is the SHA-256 of the last acknowledgement that this till has seen (empty if none) and `waiting` says how many entries it has beyond these:
 * with none, every later entry is younger than that acknowledgement, which bounds how far the till can back-date.
 */
export type Batch = {
  readonly till: Id
  readonly epoch: number
  readonly from: number
  readonly previous: Uint8Array
  readonly lastAck: Uint8Array
  /** Undefined in version 1. */
  readonly waiting: number | undefined
  readonly entries: readonly Uint8Array[]
}

/** A compression that both ends have. `unpack` gives undefined for what it cannot read and for what would become larger than it may. Total. */
export type Packing = { pack(bytes: Uint8Array): Uint8Array; unpack(bytes: Uint8Array, maxBytes: number): Uint8Array | undefined }

/** Of a few entries little would be saved: a till that is online sends one payment at a time. */
const PACKED_FROM_BYTES = 8 * 1024

/** Version 2, or with a packing and enough in it version 3: the entries as one byte string, which unpacks to the CBOR of their list. */
export function encodeBatch(signer: Signer, batch: Batch, packing?: Pick<Packing, 'pack'>): Uint8Array {
  const { till, epoch, from, previous, lastAck, waiting = 0, entries } = batch
  const isLong = entries.reduce((sum, { length }) => sum + length, 0) >= PACKED_FROM_BYTES
  const [version, content] = packing !== undefined && isLong ? [3, packing.pack(encodeByteStrings(entries))] : [2, entries]
  return sign1(signer, signedTypes.batch, toCbor([version, till, epoch, from, previous, lastAck, waiting, content]))
}

const isBytes = (value: unknown, ...lengths: number[]): value is Uint8Array =>
  value instanceof Uint8Array && (lengths.length === 0 || lengths.includes(value.length))
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1

/** Takes a batch apart. The signature is checked with `verifyBatch`, once the till is known. Who cannot unpack does not know version 3. Total. */
export function readBatch(bytes: Uint8Array, packing?: Pick<Packing, 'unpack'>): Outcome<{ batch: Batch; envelope: Sign1 }, 'wire.malformed' | 'wire.version'> {
  if (bytes.length > MAX_BATCH_BYTES) return fail('wire.malformed', 'batch too large')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  if (envelope.value.typ !== signedTypes.batch) return fail('wire.malformed', 'not a batch')
  const payload = fromCbor(envelope.value.payload)
  if (!payload.ok) return payload
  if (!Array.isArray(payload.value)) return fail('wire.malformed', 'batch payload')
  const [version] = payload.value as unknown[]
  if (version !== 1 && version !== 2 && !(version === 3 && packing !== undefined))
    return fail('wire.version', typeof version === 'number' ? String(version) : 'not a number')
  if (payload.value.length !== (version === 1 ? 7 : 8)) return fail('wire.malformed', 'batch payload')
  const [, till, epoch, from, previous, lastAck, ...rest] = payload.value as unknown[]
  const [waiting, content] = version === 1 ? [undefined, rest[0]] : rest
  const entries = version === 3 ? unpacked(content, packing) : content
  if (waiting !== undefined && !(Number.isSafeInteger(waiting) && Number(waiting) >= 0)) return fail('wire.malformed', 'batch payload')
  const shaped =
    typeof till === 'string' && isId(till) && isCount(epoch) && isCount(from) && isBytes(previous, 32) && isBytes(lastAck, 0, 32) && Array.isArray(entries)
  if (!shaped || entries.length > MAX_BATCH_ENTRIES || !entries.every((entry) => isBytes(entry))) return fail('wire.malformed', 'batch payload')
  return ok({
    batch: { till, epoch, from, previous, lastAck, waiting: waiting === undefined ? undefined : Number(waiting), entries },
    envelope: envelope.value,
  })
}

function unpacked(content: unknown, packing: Pick<Packing, 'unpack'> | undefined): unknown {
  const bytes = isBytes(content) ? packing?.unpack(content, MAX_BATCH_BYTES) : undefined
  return bytes === undefined ? undefined : decodeByteStrings(bytes, MAX_BATCH_ENTRIES)
}

export const verifyBatch = (crypto: Crypto, envelope: Sign1, tillPublicKey: Uint8Array): boolean =>
  verifySign1(crypto, envelope, signedTypes.batch, tillPublicKey)

// ---------------------------------------------------------------- JSON messages, signed

const key = z.string().regex(/^[0-9a-f]{64}$/)
const keyId = z.string().regex(/^[0-9a-f]{16}$/)
const name = z.string().min(1).max(200)
const count = z.int().positive()

/**
 * Custody, not funds. `received`: these entries are durable at the hub. `safe`: also in a second place; only now may the till forget them.
 * An acknowledgement that is behind what was sent asks for everything after `received` again. A till that sees a new `hubEpoch` knows that the
 * hub was restored from a backup and may stand further back than it did.
 */
export const ackSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  epoch: count,
  received: z.strictObject({ n: z.int().nonnegative(), head: hash }),
  safe: z.int().nonnegative(),
  /** Up to here the hub has decided what the entries mean. Custody is not funds: what is merely received still counts against a till's caps. */
  settled: z.int().nonnegative(),
  /** SHA-256 of the batch that this answers. A till believes `hubTime` only in the answer to what it sent last: an old one may have been held back. */
  answers: hash,
  /** Entries that are in custody but set aside for a person. */
  exceptions: z.array(z.strictObject({ n: count, code: errorCode })).max(100),
  hubEpoch: count,
  hubTime: epochMs,
})
export type Ack = z.infer<typeof ackSchema>

/** The hub's answer to one `payment.intended`, bound to that very entry by its hash. */
export const decisionSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  paymentId: id,
  intended: hash,
  verdict: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('held'), until: epochMs }),
    /** `leftMinor`: of a credit on which there is less. */
    z.strictObject({ type: z.literal('declined'), code: errorCode, leftMinor: amount.optional() }),
  ]),
  hubTime: epochMs,
})
export type Decision = z.infer<typeof decisionSchema>

/** The hub's answer to one `refund.requested`, bound to that very entry by its hash. Approved: the money has moved. */
export const refundDecisionSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  refundId: id,
  requested: hash,
  verdict: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('approved'), paymentId: id, amountMinor: amount, currency }),
    z.strictObject({ type: z.literal('declined'), code: errorCode }),
  ]),
  hubTime: epochMs,
})
export type RefundDecision = z.infer<typeof refundDecisionSchema>

export { policySchema, type Policy } from '../policy/bundle.ts'

/** Roles of Ed25519 keys. */
export const keyRoles = ['issuer', 'policy', 'ack'] as const
/** The role of the X25519 key (RFC 7748) to which tills seal journal exports. */
export const EXPORT_ROLE = 'export'
export type KeyRole = (typeof keyRoles)[number]

/** The hub's public keys, signed by the root key that a till pinned when it was enrolled. Keys of roles that a till does not know yet are none of its business. */
export const keySetSchema = z.strictObject({
  v: z.literal(1),
  version: count,
  keys: z.array(z.strictObject({ role: z.string().max(20), keyId, publicKey: key, notBefore: epochMs, notAfter: epochMs })).max(100),
})
export type KeySet = z.infer<typeof keySetSchema>

export const pictures = ['bottle', 'can', 'carton', 'jar', 'bag', 'box', 'tube', 'cup', 'loaf', 'fruit', 'leaf', 'wedge', 'bar', 'tool'] as const
export type Picture = (typeof pictures)[number]

export const productSchema = z
  .strictObject({
    gtin: z.string().regex(/^\d{8,14}$/),
    name: productName,
    category: name,
    priceMinor: amount,
    taxPpm: ppm,
    symbol: z.string().min(1).max(16),
    /** Set: `priceMinor` is the price of one such unit, and the product is weighed at the till. */
    soldBy: z.enum(weightUnits).optional(),
    /** The number that the shop's own labels carry for it, without leading zeros (see `labels`). */
    plu: z
      .string()
      .regex(/^[1-9]\d{0,5}$/)
      .optional(),
    /** The same name in another language of the shop. */
    secondName: productName.optional(),
    /** How a name that is not written in letters is typed: syllables apart by spaces, names by commas: `ke kou ke le`. */
    reading: z
      .string()
      .max(400)
      .regex(/^[a-z]+(?:,? [a-z]+)*$/)
      .optional(),
    /** What stands on the tile in place of `symbol`: a drawing of this shape in colours of its category and name. */
    picture: z.enum(pictures).optional(),
    ...productTerms,
    ...productGoods,
  })
  .refine(isSound, 'terms that contradict each other')
export type Product = z.infer<typeof productSchema>

/** What a till sells, under which name. Prices include their tax, unless it says otherwise. */
export const catalogueSchema = z.strictObject({
  v: z.literal(1),
  version: count,
  merchant: z.strictObject({ id, name }),
  store: z.strictObject({ id, name }),
  currency,
  products: z.array(productSchema).max(10_000),
  /**
   * In place of `products`, which is then empty: where the products are, in their order. A chunk is named by its hash and is what `chunkSchema` says; a till asks
   * for those that it lacks (`wantedSchema`) and sells by the catalogue before until it has all of them.
   */
  chunks: z
    .array(z.strictObject({ hash, products: count }))
    .min(1)
    .max(1000)
    .optional(),
  /**
   * How this shop's own EAN-13 labels (GS1 prefixes 02 and 20 to 29, restricted circulation) are laid out, which every retailer decides for itself.
   * 13 characters: the fixed digits of the prefix, then `I` for the product's number (`plu`), `P` for the price in minor units, `W` for the weight in
   * thousandths, `V` for a check digit over the price, `C` for the check digit of the EAN, `0` to `9` for a fixed digit.
   */
  labels: z
    .array(z.string().regex(/^(?:02|2\d)[0-9IPWV]{10}C$/))
    .max(20)
    .optional(),
  /** The smallest step that cash is paid in, e.g. 5 where there are no smaller coins: a cash total is rounded to it, halves up. Left out: it is not rounded. */
  cashRoundingMinor: z
    .int()
    .min(2)
    .max(2 * MAX_CASH_ROUNDING_MINOR)
    .optional(),
  ...catalogueTerms,
  /** Who works at the tills. Missing: nobody has to sign in. */
  staff: staffList.optional(),
})
export type Catalogue = z.infer<typeof catalogueSchema>

/** Small enough for every broker and for a till to read between two scans. */
export const MAX_CHUNK_BYTES = 480 * 1024
export const MAX_PRODUCTS = 50_000

/** JSON in UTF-8, unsigned: the signed catalogue has its SHA-256. */
export const chunkSchema = z.strictObject({ v: z.literal(1), products: z.array(productSchema).min(1).max(10_000) })

/** The products of a chunk whose hash was found to be right. */
export function readChunk(bytes: Uint8Array): Outcome<readonly Product[], 'wire.malformed'> {
  if (bytes.length > MAX_CHUNK_BYTES) return fail('wire.malformed', 'chunk too large')
  const read = parsed(chunkSchema, bytes)
  return read.ok ? ok(read.value.products) : read
}

/**
 * The tills of a store, whom they may believe to be one of them, and which machine of the store is its edge: signed by the policy key. A lower version is refused
 * even if signed. `edge.url`: where it is, `mqtts:`; `edge.publicKey`: its own TLS key, so that whatever else says where it is (`mdns`) need not be believed.
 */
export const lanesSchema = z.strictObject({
  v: z.literal(1),
  version: count,
  store: id,
  tills: z.array(z.strictObject({ till: id, name, publicKey: key })).max(200),
  edge: z.strictObject({ url: z.url().max(500), publicKey: key, mdns: z.boolean() }).optional(),
})
export type LaneSettings = z.infer<typeof lanesSchema>

/** The hub's word to a till that brought it a neighbour's entries (`PeerCopy`): the file with this SHA-256 is safe at the hub, and need not be kept any more. */
export const copiedSchema = z.strictObject({ v: z.literal(1), till: id, of: id, answers: hash, hubTime: epochMs })

/** A till asks for a chunk of the catalogue, over `up`: the hub sends it over `down/chunk`. */
export const wantedSchema = z.strictObject({ v: z.literal(1), till: id, chunk: hash })

/** That this key is this till's, of this merchant and store: signed by the root at enrolment. */
export const tillCertificateSchema = z.strictObject({ v: z.literal(1), till: id, name, merchant: id, store: id, publicKey: key, issuedAt: epochMs })
export type TillCertificate = z.infer<typeof tillCertificateSchema>

/** Proof that who enrols holds the key it brings: signed by that key. */
export const enrolmentProof = z.strictObject({ v: z.literal(1), code: z.string().min(1).max(64), publicKey: key })

const packedText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/)

/** A till wants to sign with another key: signed by the one that it has, and `proof` is a COSE_Sign1 of `rekeyProofSchema` by the other. */
export const rekeySchema = z.strictObject({
  v: z.literal(1),
  till: id,
  publicKey: key,
  proof: packedText(1000),
})
export const rekeyProofSchema = z.strictObject({ v: z.literal(1), till: id, publicKey: key })
/** What an enrolled till gets for its next key: in force with the first batch that it signs. */
export const rekeyedSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  publicKey: key,
  certificate: packedText(4000),
  tls: z.strictObject({ authority: packedText(8000), certificate: packedText(8000) }).optional(),
  hubTime: epochMs,
})

const jsonMessages = {
  [signedTypes.ack]: ackSchema,
  [signedTypes.decision]: decisionSchema,
  [signedTypes.refund]: refundDecisionSchema,
  [signedTypes.keySet]: keySetSchema,
  [signedTypes.policy]: policySchema,
  [signedTypes.catalogue]: catalogueSchema,
  [signedTypes.lanes]: lanesSchema,
  [signedTypes.copied]: copiedSchema,
  [signedTypes.wanted]: wantedSchema,
  [signedTypes.pointsAsked]: pointsAskedSchema,
  [signedTypes.points]: pointsSchema,
  [signedTypes.addressKey]: addressKeySchema,
  [signedTypes.addressed]: addressedSchema,
  [signedTypes.paid]: paidSchema,
  [signedTypes.quote]: quoteSchema,
  [signedTypes.holds]: holdsSchema,
  [signedTypes.rekey]: rekeySchema,
  [signedTypes.rekeyProof]: rekeyProofSchema,
  [signedTypes.rekeyed]: rekeyedSchema,
  [signedTypes.update]: updateSchema,
  [signedTypes.health]: healthSchema,
  [signedTypes.watch]: watchSchema,
  [signedTypes.deny]: denyMessageSchema,
  [signedTypes.tillCertificate]: tillCertificateSchema,
  [signedTypes.enrolment]: enrolmentProof,
} as const satisfies Partial<Record<SignedType, z.ZodType>>

export type JsonType = keyof typeof jsonMessages
export type JsonMessage<T extends JsonType> = z.infer<(typeof jsonMessages)[T]>

export const encodeSigned = <T extends JsonType>(signer: Signer, typ: T, message: JsonMessage<T>): Uint8Array =>
  sign1(signer, typ, utf8(JSON.stringify(message)))

/**
 * Opens a signed JSON message: shape of the envelope, signature by a key that `keyOf` returns for the envelope's key id (raw, 32 bytes;
 * undefined = not trusted for this), then the payload's schema. Total.
 */
export function openSigned<T extends JsonType>(
  crypto: Crypto,
  bytes: Uint8Array,
  typ: T,
  keyOf: (keyIdHex: string) => Uint8Array | undefined,
): Outcome<JsonMessage<T>, 'wire.malformed' | 'wire.bad_signature'> {
  if (bytes.length > MAX_MESSAGE_BYTES) return fail('wire.malformed', 'message too large')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  const publicKey = keyOf(hex(envelope.value.keyId))
  if (publicKey === undefined) return fail('wire.bad_signature', 'signed by a key that is not trusted for this')
  if (!verifySign1(crypto, envelope.value, typ, publicKey)) return fail('wire.bad_signature')
  return readPayload(typ, envelope.value.payload)
}

/** What a `paid` receipt says (base64url of its signed bytes), for who keeps it and has looked at its signature, or trusts only its own books. Total. */
export function statedIn(receipt: string): PaidReceipt | undefined {
  const bytes = unbase64url(receipt)
  const envelope = bytes === undefined ? undefined : parseSign1(bytes)
  if (envelope?.ok !== true || envelope.value.typ !== signedTypes.paid) return undefined
  const read = readPayload(signedTypes.paid, envelope.value.payload)
  return read.ok ? read.value : undefined
}

function readPayload<T extends JsonType>(typ: T, payload: Uint8Array): Outcome<JsonMessage<T>, 'wire.malformed'> {
  const schema: z.ZodType<JsonMessage<T>> = jsonMessages[typ] as never
  return parsed(schema, payload)
}

function parsed<T>(schema: z.ZodType<T>, payload: Uint8Array): Outcome<T, 'wire.malformed'> {
  let value: unknown
  try {
    value = JSON.parse(utf8Text(payload))
  } catch {
    return fail('wire.malformed', 'payload is not JSON')
  }
  const read = schema.safeParse(value)
  return read.success ? ok(read.data) : fail('wire.malformed', z.prettifyError(read.error).slice(0, 400))
}

// ---------------------------------------------------------------- enrolment: HTTPS or loopback HTTP, once

const base64urlBytes = z
  .string()
  .max(MAX_MESSAGE_BYTES)
  .refine((text) => unbase64url(text) !== undefined, 'base64url')

/** POST /enrol. `proof` is a COSE_Sign1 of typ `sp.enrol` by the till's new key. */
export const enrolRequest = z.strictObject({ v: z.literal(1), proof: base64urlBytes })

/** How a till reaches its hub. Without TLS only on the machine itself: see `isLoopback`. */
export const mqttAccess = z.strictObject({
  url: z.url().max(500),
  password: z.string().min(32).max(200),
  /** X.509, DER: the authority, which is the root key under another form, and this till's certificate (RFC 5280) for the key that it brought. */
  tls: z.strictObject({ authority: base64urlBytes, certificate: base64urlBytes }).optional(),
  /** MQTT over WebSocket, for networks that let nothing else through: tried when `url` cannot be reached for some time. */
  webSocketUrl: z.url().max(500).optional(),
})
export type MqttAccess = z.infer<typeof mqttAccess>

/** What needs no TLS, because it never leaves the machine: the host name of a URL. */
export const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)

/**
 * What an enrolled till gets. The one-time code names the root key (see `enrolmentCode`), so the till trusts `rootPublicKey` only if it fits,
 * and everything else only through it.
 */
export const enrolAnswer = z.strictObject({
  v: z.literal(1),
  rootPublicKey: key,
  certificate: base64urlBytes,
  keySet: base64urlBytes,
  policy: base64urlBytes,
  catalogue: base64urlBytes,
  mqtt: mqttAccess,
})
export type EnrolAnswer = z.infer<typeof enrolAnswer>

/** `SECRET-ROOTKEYID`: the secret is used once; the root's key id lets the till know the hub that it talks to. */
export const enrolmentCode = (secret: string, rootKeyIdHex: string): string => `${secret}-${rootKeyIdHex}`

export function readEnrolmentCode(text: string): Outcome<{ secret: string; rootKeyId: string }, 'enrol.bad_code'> {
  const match = /^([0-9A-Z]{8,32})-([0-9a-f]{16})$/.exec(text.trim())
  return match ? ok({ secret: match[1] ?? '', rootKeyId: match[2] ?? '' }) : fail('enrol.bad_code')
}

/** Bytes inside JSON, both ways. */
export const packed = {
  text: base64url,
  bytes: (text: string): Uint8Array => unbase64url(text) ?? new Uint8Array(0),
  key: (text: string): Uint8Array | undefined => unhex(text),
}
