import { hex } from '#protocol/bytes.ts'
import { CLOCK_TOLERANCE, CODE_LIFETIME, PROOF_NONCE_BYTES, signProofAsync, type AsyncSigner, type ProofInput } from '#protocol/payment-code/code.ts'
import { readCredential, type Credential } from '#protocol/payment-code/credential.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { REQUEST_LIFETIME, type PaymentRequest } from '#protocol/payment-code/request.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/** A customer's phone, without its screen: the page, the tests and the simulated world all pay with this one. It needs no network. */
export type Phone = {
  readonly credential: Credential
  /** A code of profile *show*, good until `shownUntil`. */
  showCode(now: EpochMs): Promise<Outcome<ShownCode>>
  /** What the till asks for, to be shown to its owner before they confirm. `exchanged`: its bank quotes what that is in the wallet's own currency. */
  lookAtRequest(text: string, now: EpochMs, exchanged?: boolean): Outcome<PaymentRequest>
  /** The owner confirmed: a code of profile *bound* for exactly this request. */
  answerRequest(text: string, now: EpochMs, exchanged?: boolean): Promise<Outcome<ShownCode>>
}

export type ShownCode = { readonly text: string; readonly shownFrom: EpochMs; readonly shownUntil: EpochMs }

/**
 * The next counter of this phone: 1, 2, 3 … It resolves once the number is safely stored, so that no crash ever lets two codes carry one
 * number: the till would take the second for a replay.
 */
export type CounterMemory = () => Promise<number>

export type PhoneParts = {
  readonly signer: AsyncSigner
  /** As the hub issued it, for this signer's key. */
  readonly credential: Uint8Array
  readonly nextCounter: CounterMemory
  randomBytes(count: number): Uint8Array
}

export function openPhone({ signer, credential, nextCounter, randomBytes }: PhoneParts): Outcome<Phone> {
  const read = readCredential(credential)
  if (!read.ok) return read
  const { claims } = read.value
  if (claims.devicePublicKey !== hex(signer.publicKey)) return fail('code.malformed', 'the credential of another phone')

  async function prove(now: EpochMs, profile: { profile: 'show'; nonce: Uint8Array } | { profile: 'bound'; request: Uint8Array }): Promise<Outcome<ShownCode>> {
    if (now >= claims.expiresAtMs) return fail('code.credential_expired')
    const input: ProofInput = { credential, now, counter: await nextCounter(), ...profile }
    return ok({ text: await signProofAsync(signer, input), shownFrom: now, shownUntil: now + CODE_LIFETIME })
  }

  function look(text: string, now: EpochMs, exchanged: boolean): Outcome<{ request: PaymentRequest; bytes: Uint8Array }> {
    const seen = readShownRequest(text)
    if (!seen.ok) return seen
    const { request } = seen.value
    if (request.currency !== claims.currency && !exchanged) return fail('code.wrong_currency')
    if (now < request.issuedAtMs - CLOCK_TOLERANCE) return fail('code.from_the_future')
    if (now > request.issuedAtMs + REQUEST_LIFETIME) return fail('code.expired')
    return seen
  }

  return ok({
    credential: claims,
    showCode: (now) => prove(now, { profile: 'show', nonce: randomBytes(PROOF_NONCE_BYTES) }),
    lookAtRequest(text, now, exchanged = false) {
      const seen = look(text, now, exchanged)
      return seen.ok ? ok(seen.value.request) : seen
    },
    async answerRequest(text, now, exchanged = false) {
      const seen = look(text, now, exchanged)
      return seen.ok ? prove(now, { profile: 'bound', request: seen.value.bytes }) : seen
    },
  })
}

/** For phones that are simulated and forget on purpose. */
export function counterInMemory(last = 0): CounterMemory {
  let counter = last
  return () => Promise.resolve(++counter)
}
