import { hex, unhex } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, type Sign1 } from '../cose.ts'
import type { Signer } from '../crypto.ts'
import { isCurrency, type Currency, type Minor } from '../money.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import type { EpochMs } from '../time.ts'
import { isBytes, isMinor, isSeconds, seconds } from './shape.ts'

/**
 * What the hub says of a wallet, so that a till can believe a payment code without asking: a CBOR Web Token (RFC 8392) in a COSE_Sign1 of
 * typ `SPc` by the hub's issuer key. It names the wallet by a pseudonym and holds no personal data.
 */
export type Credential = {
  /** Pseudonym of the wallet: 16 random bytes, hex. Claim `sub`. */
  readonly wallet: string
  /** 8 random bytes, hex. Claim `cti`. Proof counters count per credential. */
  readonly credentialId: string
  /** Ed25519 key of the phone, 32 bytes, hex. Claim `cnf` (RFC 8747 §3.2). */
  readonly devicePublicKey: string
  readonly currency: Currency
  /** The most that one payment may be while the hub cannot be asked. */
  readonly perPaymentLimitMinor: Minor
  /** The most that may be spent on one till before the hub has heard of it. */
  readonly totalLimitMinor: Minor
  /** Claims `iat` and `exp`: whole seconds on the wire. Not valid at `expiresAtMs` itself. */
  readonly issuedAtMs: EpochMs
  readonly expiresAtMs: EpochMs
}

const WALLET_BYTES = 16
const CREDENTIAL_ID_BYTES = 8
const KEY_BYTES = 32

/** CWT claims (RFC 8392 §3.1, RFC 8747 §3.1). */
const SUB = 2
const EXP = 4
const IAT = 6
const CTI = 7
const CNF = 8
/** Private use (RFC 8392 §9.1: below -65536): `[currency, per-payment limit, total limit]`. One claim of three, since each such key costs 5 bytes. */
const SPENDING = -65537

/** COSE_Key (RFC 9052 §7, RFC 9053 §7.2) of an Ed25519 public key, and the confirmation method that holds it. */
const CNF_COSE_KEY = 1
const KEY_TYPE = 1
const OKP = 1
const CURVE = -1
const ED25519 = 6
const X = -2

/** Bytes of a credential. Throws when a claim does not fit: the hub makes them all itself. */
export function issueCredential(issuer: Signer, credential: Credential): Uint8Array {
  const { wallet, credentialId, devicePublicKey, currency, perPaymentLimitMinor, totalLimitMinor } = credential
  const sub = unhex(wallet)
  const cti = unhex(credentialId)
  const x = unhex(devicePublicKey)
  const iat = seconds(credential.issuedAtMs)
  const exp = seconds(credential.expiresAtMs)
  invariant(isBytes(sub, WALLET_BYTES) && isBytes(cti, CREDENTIAL_ID_BYTES) && isBytes(x, KEY_BYTES), 'a credential names wallet, itself and key')
  invariant(isCurrency(currency) && isMinor(perPaymentLimitMinor) && isMinor(totalLimitMinor), 'a credential has limits in a currency')
  invariant(isSeconds(iat) && isSeconds(exp) && iat < exp, 'a credential is valid for a while')
  const deviceKey = new Map<number, unknown>([
    [KEY_TYPE, OKP],
    [CURVE, ED25519],
    [X, x],
  ])
  const claims = new Map<number, unknown>([
    [SUB, sub],
    [EXP, exp],
    [IAT, iat],
    [CTI, cti],
    [CNF, new Map([[CNF_COSE_KEY, deviceKey]])],
    [SPENDING, [currency, perPaymentLimitMinor, totalLimitMinor]],
  ])
  return sign1(issuer, signedTypes.credential, toCbor(claims))
}

/** A credential taken apart; whether the issuer signed it is *not* known yet. */
export type ReadCredential = { readonly claims: Credential; readonly envelope: Sign1 }

/** Total. Claims that it does not know are ignored, as RFC 8392 §3 asks. */
export function readCredential(bytes: Uint8Array): Outcome<ReadCredential, 'code.malformed'> {
  const envelope = parseSign1(bytes)
  if (!envelope.ok || envelope.value.typ !== signedTypes.credential) return fail('code.malformed', 'credential envelope')
  const claims = readClaims(envelope.value.payload)
  return claims === undefined ? fail('code.malformed', 'credential claims') : ok({ claims, envelope: envelope.value })
}

function readClaims(payload: Uint8Array): Credential | undefined {
  const claims = fromCbor(payload)
  if (!claims.ok || !(claims.value instanceof Map)) return undefined
  const sub: unknown = claims.value.get(SUB)
  const cti: unknown = claims.value.get(CTI)
  const iat: unknown = claims.value.get(IAT)
  const exp: unknown = claims.value.get(EXP)
  const x = readDeviceKey(claims.value.get(CNF))
  const spending: unknown = claims.value.get(SPENDING)
  if (!isBytes(sub, WALLET_BYTES) || !isBytes(cti, CREDENTIAL_ID_BYTES) || x === undefined) return undefined
  if (!isSeconds(iat) || !isSeconds(exp) || iat >= exp) return undefined
  if (!Array.isArray(spending) || spending.length !== 3) return undefined
  const [currency, perPaymentLimitMinor, totalLimitMinor] = spending as unknown[]
  if (typeof currency !== 'string' || !isCurrency(currency) || !isMinor(perPaymentLimitMinor) || !isMinor(totalLimitMinor)) return undefined
  return {
    wallet: hex(sub),
    credentialId: hex(cti),
    devicePublicKey: hex(x),
    currency,
    perPaymentLimitMinor,
    totalLimitMinor,
    issuedAtMs: iat * 1000,
    expiresAtMs: exp * 1000,
  }
}

function readDeviceKey(cnf: unknown): Uint8Array | undefined {
  const key: unknown = cnf instanceof Map ? cnf.get(CNF_COSE_KEY) : undefined
  if (!(key instanceof Map) || key.get(KEY_TYPE) !== OKP || key.get(CURVE) !== ED25519) return undefined
  const x: unknown = key.get(X)
  return isBytes(x, KEY_BYTES) ? x : undefined
}
