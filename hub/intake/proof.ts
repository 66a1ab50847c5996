import { unbase64url } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { readCode, type Profile } from '#protocol/payment-code/code.ts'
import { verifyCode, type IssuerKey } from '#protocol/payment-code/verify.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What a till says that a wallet agreed to. Plain data: it crosses to a worker. */
export type ProofClaim = {
  readonly code: string
  /** Bytes of the till's request in base64url, where it had shown one. */
  readonly request: string | undefined
  readonly till: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  /** Of the wallet, where that is another one and what it pays has been quoted to it. */
  readonly walletCurrency?: Currency
  /** The till's time of the intent, or what it can be at the earliest (`judgedAt`). */
  readonly at: EpochMs
}

/** What the wallet did agree to. */
export type Proven = Outcome<{
  readonly wallet: string
  readonly credentialId: string
  readonly counter: number
  readonly profile: Profile
  /** Nonce of the request that a bound code confirms. */
  readonly request?: string
}>

/** Verifies claims, answers in their order. Two bodies: `proofPool` over worker threads, `proveHere` in this one. */
export type Prove = (claims: readonly ProofClaim[]) => Promise<readonly Proven[]>

export const proveHere =
  (crypto: Crypto, issuerKey: (keyId: string) => IssuerKey | undefined): Prove =>
  (claims) =>
    Promise.resolve(claims.map((claim) => proveClaim(crypto, issuerKey, claim)))

/** Never believes the till: the code's two signatures, its age at the time the till gives, and for a bound code that it agreed to this very sum here. */
export function proveClaim(crypto: Crypto, issuerKey: (keyId: string) => IssuerKey | undefined, claim: ProofClaim): Proven {
  const code = readCode(claim.code)
  if (!code.ok) return code
  const request = claim.request === undefined ? undefined : unbase64url(claim.request)
  const verified = verifyCode(crypto, code.value, {
    issuerKey,
    shownAt: claim.at,
    currency: claim.currency,
    ...(claim.walletCurrency && { walletCurrency: claim.walletCurrency }),
    ...(request === undefined ? {} : { request }),
  })
  if (!verified.ok) return verified
  const { credential, counter, profile } = verified.value
  const proven = { wallet: credential.wallet, credentialId: credential.credentialId, counter, profile }
  if (verified.value.profile === 'show') return ok(proven)
  const { till, amountMinor, nonce } = verified.value.request
  if (till !== claim.till || amountMinor !== claim.amountMinor) return fail('code.wrong_request', 'the phone confirmed another sum or till')
  return ok({ ...proven, request: nonce })
}
