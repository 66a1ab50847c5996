import { decode, encode } from 'cborg'
import { keyIdOf, type Crypto, type Signer } from './crypto.ts'
import { equalBytes } from './bytes.ts'
import { fail, ok, type Outcome } from './outcome.ts'

/**
 * COSE_Sign1 (RFC 9052 §4.2) with Ed25519 (RFC 9053 §2.2, alg -8): the one signed envelope of Stillpoint, for payment codes, batches,
 * acknowledgements, decisions, key sets and policy alike. Untagged. The protected header carries the algorithm, the signer's key id and
 * `typ` (RFC 9596), so that a signature made for one purpose never verifies for another. Nothing is in the unprotected header.
 */
export const ALG_EDDSA = -8
const HEADER_ALG = 1
const HEADER_KID = 4
const HEADER_TYP = 16

/** What each signature is for. Short where it travels in a QR code. */
export const signedTypes = {
  credential: 'SPc',
  show: 'SPs',
  bound: 'SPb',
  gift: 'SPg',
  receipt: 'SPr',
  paid: 'SPp',
  quote: 'SPq',
  batch: 'sp.batch',
  ack: 'sp.ack',
  decision: 'sp.decision',
  refund: 'sp.refund',
  keySet: 'sp.keys',
  policy: 'sp.policy',
  rules: 'sp.rules',
  model: 'sp.model',
  catalogue: 'sp.catalogue',
  wanted: 'sp.wanted',
  holds: 'sp.holds',
  deny: 'sp.deny',
  enrolment: 'sp.enrol',
  tillCertificate: 'sp.till',
  checkpoint: 'sp.checkpoint',
  lanes: 'sp.lanes',
  lane: 'sp.lane',
  copy: 'sp.copy',
  copied: 'sp.copied',
  customer: 'SPl',
  pointsAsked: 'sp.points?',
  points: 'sp.points',
  addressKey: 'sp.address',
  addressed: 'sp.addressed',
  rekey: 'sp.rekey',
  rekeyProof: 'sp.rekey-proof',
  rekeyed: 'sp.rekeyed',
  update: 'sp.update',
  health: 'sp.health',
  watch: 'sp.watch',
  wallet: 'sp.wallet',
  walletReceipt: 'sp.receipt',
  face: 'sp.face',
} as const
export type SignedType = (typeof signedTypes)[keyof typeof signedTypes]

/** A COSE_Sign1 taken apart; its signature is *not* checked yet. */
export type Sign1 = {
  readonly typ: string
  readonly keyId: Uint8Array
  readonly payload: Uint8Array
  readonly protectedHeader: Uint8Array
  readonly signature: Uint8Array
}

const EMPTY = new Uint8Array(0)

/** Deterministic CBOR (RFC 8949 §4.2.1): the same value always has the same bytes. Maps keep integer keys. */
export const toCbor = (value: unknown): Uint8Array => encode(value)

/** Strict decoding: no indefinite lengths, no duplicate keys, no tags, no trailing bytes; integers in their shortest form. Maps come as `Map`. */
export function fromCbor(bytes: Uint8Array): Outcome<unknown, 'wire.malformed'> {
  try {
    const value: unknown = decode(bytes, {
      useMaps: true,
      strict: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
    })
    return ok(value)
  } catch (error) {
    return fail('wire.malformed', error instanceof Error ? error.message : String(error))
  }
}

/** The bytes under a signature (RFC 9052 §4.4 Sig_structure). For a signer that is not synchronous, such as a page's WebCrypto key. */
export const toBeSigned = (protectedHeader: Uint8Array, payload: Uint8Array, externalAad: Uint8Array = EMPTY): Uint8Array =>
  encode(['Signature1', protectedHeader, externalAad, payload])

export const protectedHeaderOf = (typ: SignedType, keyId: Uint8Array): Uint8Array =>
  encode(
    new Map<number, unknown>([
      [HEADER_ALG, ALG_EDDSA],
      [HEADER_KID, keyId],
      [HEADER_TYP, typ],
    ]),
  )

export const assembleSign1 = (protectedHeader: Uint8Array, payload: Uint8Array, signature: Uint8Array): Uint8Array =>
  encode([protectedHeader, new Map(), payload, signature])

/** Signs `payload` for the purpose `typ`; `externalAad` is bound by the signature but does not travel with it. */
export function sign1(signer: Signer, typ: SignedType, payload: Uint8Array, externalAad: Uint8Array = EMPTY): Uint8Array {
  const header = protectedHeaderOf(typ, signer.keyId)
  return assembleSign1(header, payload, signer.sign(toBeSigned(header, payload, externalAad)))
}

/** Takes a COSE_Sign1 apart. Total: any bytes give an Outcome. */
export function parseSign1(bytes: Uint8Array): Outcome<Sign1, 'wire.malformed'> {
  const outer = fromCbor(bytes)
  if (!outer.ok) return outer
  if (!Array.isArray(outer.value) || outer.value.length !== 4) return fail('wire.malformed', 'not a COSE_Sign1')
  const [protectedHeader, unprotected, payload, signature] = outer.value as unknown[]
  const shaped =
    protectedHeader instanceof Uint8Array &&
    unprotected instanceof Map &&
    unprotected.size === 0 &&
    payload instanceof Uint8Array &&
    signature instanceof Uint8Array &&
    signature.length === 64
  if (!shaped) return fail('wire.malformed', 'not a COSE_Sign1 of ours')
  const header = fromCbor(protectedHeader)
  if (!header.ok) return header
  if (!(header.value instanceof Map) || header.value.size !== 3) return fail('wire.malformed', 'protected header')
  const typ: unknown = header.value.get(HEADER_TYP)
  const keyId: unknown = header.value.get(HEADER_KID)
  if (header.value.get(HEADER_ALG) !== ALG_EDDSA || typeof typ !== 'string' || !(keyId instanceof Uint8Array)) {
    return fail('wire.malformed', 'protected header')
  }
  return ok({ typ, keyId, payload, protectedHeader, signature })
}

/** True when `message` was signed for `typ` by the holder of `publicKey`, bound to `externalAad`. */
export const verifySign1 = (crypto: Crypto, message: Sign1, typ: SignedType, publicKey: Uint8Array, externalAad: Uint8Array = EMPTY): boolean =>
  message.typ === typ &&
  equalBytes(message.keyId, keyIdOf(crypto, publicKey)) &&
  crypto.verify(publicKey, toBeSigned(message.protectedHeader, message.payload, externalAad), message.signature)
