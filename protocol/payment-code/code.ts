import { decodeBase45, encodeBase45 } from '../base45.ts'
import { hex, unhex } from '../bytes.ts'
import { assembleSign1, fromCbor, parseSign1, protectedHeaderOf, signedTypes, toBeSigned, toCbor, type Sign1 } from '../cose.ts'
import type { Signer } from '../crypto.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { SECOND, type DurationMs, type EpochMs } from '../time.ts'
import { readCredential, type ReadCredential } from './credential.ts'
import { readRequestBytes } from './request.ts'
import { isBytes, isCount, isSeconds, seconds } from './shape.ts'

/**
 * Payment code v1: what a phone shows and a till scans. `SP1:` and the base45 of a COSE_Sign1 by the phone's own key over the CBOR array
 * `[credential, time, nonce, counter]`. Two profiles, told apart by `typ`:
 *
 * - *show* (`SPs`) binds neither merchant nor amount, so it can be relayed or photographed: the policy gives it a low cap.
 * - *bound* (`SPb`) also signs the bytes of the till's request (as external data: they do not travel back) and repeats the start of the
 *   request's nonce, so that an answer to another request is told from a forgery.
 *
 * Size: 300 bytes, 450 to 460 characters in practice, all of a QR code's alphanumeric mode: version 11, 61 x 61 modules, at error
 * correction L (version 13, 69 x 69, at M). L is enough for a lit screen, where nothing is scratched or torn, and larger modules help more
 * than more redundancy. Signatures, key and ids are 200 of the bytes; an array in place of a map, one private claim in place of three and
 * 32-bit seconds keep the rest small. Base45 never ends in a space, so trimming a scanned text is harmless.
 */
export const CODE_PREFIX = 'SP1:'
/** Above any code whose numbers are safe integers. */
export const MAX_CODE_CHARS = 512
/** A phone shows a code for this long. */
export const CODE_LIFETIME: DurationMs = 60 * SECOND
/** By how much the clocks of phone and till may differ, either way, on top of the lifetime. */
export const CLOCK_TOLERANCE: DurationMs = 30 * SECOND
export const PROOF_NONCE_BYTES = 8

export type Profile = 'show' | 'bound'

// ---------------------------------------------------------------- the phone's side

export type ProofInput = {
  /** As the hub issued it. */
  readonly credential: Uint8Array
  readonly now: EpochMs
  /** Larger than in any earlier proof with this credential, and saved before the code is shown. */
  readonly counter: number
} & ({ readonly profile: 'show'; readonly nonce: Uint8Array } | { readonly profile: 'bound'; readonly request: Uint8Array })

/** A proof that lacks its signature. */
export type ProofDraft = {
  /** What the device key has to sign. */
  readonly message: Uint8Array
  /** The text to show, given the 64 bytes of signature. */
  finish(signature: Uint8Array): string
}

export function draftProof(deviceKeyId: Uint8Array, input: ProofInput): ProofDraft {
  const time = seconds(input.now)
  const nonce = input.profile === 'show' ? input.nonce : echoOf(input.request)
  invariant(isSeconds(time) && isBytes(nonce, PROOF_NONCE_BYTES) && isCount(input.counter), 'a proof has time, nonce and counter')
  const header = protectedHeaderOf(input.profile === 'show' ? signedTypes.show : signedTypes.bound, deviceKeyId)
  const payload = toCbor([input.credential, time, nonce, input.counter])
  return {
    message: toBeSigned(header, payload, input.profile === 'bound' ? input.request : undefined),
    finish: (signature) => CODE_PREFIX + encodeBase45(assembleSign1(header, payload, signature)),
  }
}

/** The text of a payment code. */
export function signProof(device: Signer, input: ProofInput): string {
  const draft = draftProof(device.keyId, input)
  return draft.finish(device.sign(draft.message))
}

/** The same with a key that signs in its own time, such as WebCrypto's. */
export async function signProofAsync(device: AsyncSigner, input: ProofInput): Promise<string> {
  const draft = draftProof(device.keyId, input)
  return draft.finish(await device.sign(draft.message))
}

export type AsyncSigner = Pick<Signer, 'keyId' | 'publicKey'> & { sign(message: Uint8Array): Promise<Uint8Array> | Uint8Array }

/** What a bound proof repeats of its request: the first bytes of the request's nonce. */
function echoOf(requestBytes: Uint8Array): Uint8Array | undefined {
  const request = readRequestBytes(requestBytes)
  return request.ok ? unhex(request.value.nonce)?.slice(0, PROOF_NONCE_BYTES) : undefined
}

// ---------------------------------------------------------------- the till's side

/** A code taken apart; neither signature is checked and nothing is compared with a clock yet. */
export type ReadCode = {
  readonly profile: Profile
  readonly credential: ReadCredential
  readonly issuedAtMs: EpochMs
  readonly nonce: string
  readonly counter: number
  readonly envelope: Sign1
}

/** True for a text that wants to be a payment code, whatever it then turns out to be. */
export const isPaymentCode = (text: string): boolean => text.startsWith(CODE_PREFIX)

/** Total: any text gives an Outcome, after work that `MAX_CODE_CHARS` bounds. */
export function readCode(text: string): Outcome<ReadCode, 'code.unknown_scheme' | 'code.malformed'> {
  if (!isPaymentCode(text)) return fail('code.unknown_scheme')
  if (text.length > MAX_CODE_CHARS) return fail('code.malformed', 'code too long')
  const bytes = decodeBase45(text.slice(CODE_PREFIX.length))
  if (!bytes.ok) return bytes
  const envelope = parseSign1(bytes.value)
  if (!envelope.ok) return fail('code.malformed', 'proof envelope')
  const profile = profileOf(envelope.value.typ)
  const payload = fromCbor(envelope.value.payload)
  if (profile === undefined || !payload.ok || !Array.isArray(payload.value) || payload.value.length !== 4) return fail('code.malformed', 'proof')
  const [credentialBytes, time, nonce, counter] = payload.value as unknown[]
  if (!(credentialBytes instanceof Uint8Array) || !isSeconds(time) || !isBytes(nonce, PROOF_NONCE_BYTES) || !isCount(counter)) {
    return fail('code.malformed', 'proof fields')
  }
  const credential = readCredential(credentialBytes)
  if (!credential.ok) return credential
  return ok({ profile, credential: credential.value, issuedAtMs: time * 1000, nonce: hex(nonce), counter, envelope: envelope.value })
}

function profileOf(typ: string): Profile | undefined {
  if (typ === signedTypes.show) return 'show'
  return typ === signedTypes.bound ? 'bound' : undefined
}
