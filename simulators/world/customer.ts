import { hex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { signProof, PROOF_NONCE_BYTES, type Profile } from '#protocol/payment-code/code.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Random } from './random.ts'

/** A code that a phone really made, and what its owner agreed to: the truth that no posting may go beyond. */
export type GenuineCode = {
  readonly text: string
  readonly wallet: string
  /** Public key of the phone, hex. */
  readonly phone: string
  /** Of the phone with which the wallet was opened. */
  readonly isFirst: boolean
  readonly profile: Profile
  readonly madeAt: EpochMs
  /** What exactly was confirmed; a code that is merely shown confirms nothing. */
  readonly confirmed: { readonly till: Id; readonly amountMinor: Minor; readonly nonce: string } | undefined
}

export type Wallet = {
  readonly name: string
  readonly wallet: string
  readonly currency: Currency
  readonly fundedMinor: Minor
  readonly credential: Uint8Array
  readonly signer: Signer
  /** Missing: it is the phone with which the wallet was opened. */
  readonly isFirst?: boolean
}

/** A customer with a phone. All codes it ever made stay known: people photograph them, and show them twice. */
export class Customer {
  readonly wallet: Wallet
  readonly codes: GenuineCode[] = []
  readonly #random: Random
  readonly #made: (code: GenuineCode) => void
  #counter = 0
  #credential: Uint8Array

  constructor(wallet: Wallet, random: Random, made: (code: GenuineCode) => void) {
    this.wallet = wallet
    this.#random = random
    this.#made = made
    this.#credential = wallet.credential
  }

  /** The next one from its issuer. */
  renew(credential: Uint8Array): void {
    this.#credential = credential
  }

  /** A fresh code of profile *show*, made at `now` by the phone's clock. */
  show(now: EpochMs): GenuineCode {
    const nonce = this.#random.bytes(PROOF_NONCE_BYTES)
    const text = signProof(this.wallet.signer, { credential: this.#credential, now, counter: ++this.#counter, profile: 'show', nonce })
    return this.#keep({ ...this.#mine(text), profile: 'show', madeAt: now, confirmed: undefined })
  }

  /** Confirms the request that a till shows. Undefined for a text that is none. */
  answer(requestText: string, now: EpochMs): GenuineCode | undefined {
    const read = readShownRequest(requestText)
    if (!read.ok) return undefined
    const { request, bytes } = read.value
    const text = signProof(this.wallet.signer, { credential: this.#credential, now, counter: ++this.#counter, profile: 'bound', request: bytes })
    return this.#keep({
      ...this.#mine(text),
      profile: 'bound',
      madeAt: now,
      confirmed: { till: request.till, amountMinor: request.amountMinor, nonce: request.nonce },
    })
  }

  #mine(text: string): Pick<GenuineCode, 'text' | 'wallet' | 'phone' | 'isFirst'> {
    const { wallet, signer, isFirst = true } = this.wallet
    return { text, wallet, phone: hex(signer.publicKey), isFirst }
  }

  #keep(code: GenuineCode): GenuineCode {
    this.codes.push(code)
    this.#made(code)
    return code
  }
}
