import { hex } from '#protocol/bytes.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'
import { DAY, type DurationMs } from '#protocol/time.ts'
import { credentialAnswer, type CredentialAnswer } from '#protocol/wallet-api/answers.ts'
import { draftAsk, type WalletAsk } from '#protocol/wallet-api/ask.ts'
import type { Shop } from '../../hub/shop.ts'
import { createWalletDesk, type WalletDesk } from '../../hub/wallets/desk.ts'
import { createLender, type Lender } from '../../hub/wallets/lender.ts'
import type { Customer, GenuineCode } from './customer.ts'
import type { HubMachine, RunningHub } from './hub-machine.ts'
import type { PolicyWatch } from './policy-watch.ts'
import type { Random } from './random.ts'

/** What can happen to the phones of a wallet. The lost ones are in somebody's hands, who goes shopping with them. */
export const phoneMoves = ['joined', 'paid with another phone', 'refreshed', 'refused a credential', 'lost', 'refused by the hub'] as const

/** What the bank gives, and strangers claim to have. */
export const CREDENTIAL_LIFETIME: DurationMs = 120 * DAY

export type PhonesParts = {
  readonly hub: HubMachine
  readonly shop: Shop
  readonly policy: PolicyWatch
  crypto(random: Random): Crypto
  signer(name: string): Signer
  /** A phone is one more in the street. */
  welcome(customer: Customer, name: string, signer: Signer, answer: CredentialAnswer): void
}

/** Several phones of one wallet, and what they ask their bank: production's desk, by messages that each phone signs. */
export class Phones {
  readonly moves = new Set<string>()
  readonly #parts: PhonesParts
  readonly #desks = new WeakMap<RunningHub, WalletDesk>()
  /** Keys of phones that their owners have reported, and the hub has confirmed that. */
  readonly #lost = new Set<string>()
  #joined = 0
  #banks = 0

  constructor(parts: PhonesParts) {
    this.#parts = parts
  }

  lender({ hub, store, keys }: RunningHub, crypto: Crypto): Lender {
    const terms = { perPaymentLimitMinor: 5000, totalLimitMinor: 8000, credentialLifetimeMs: CREDENTIAL_LIFETIME }
    return createLender({ clock: this.#parts.hub.clock, crypto, store, keys, terms, currency: this.#parts.shop.currency, silentSince: hub.silentSince })
  }

  /** Somebody's phone gets its next credential, signed by whatever is the issuer's key now. */
  refresh(customer: Customer, random: Random): void {
    this.#ask(random, async (ask) => {
      const answered = await ask(customer.wallet, { type: 'refresh' })
      this.moves.add(answered.ok ? 'refreshed' : 'refused a credential')
      if (answered.ok) customer.renew(Buffer.from(credentialAnswer.parse(answered.value).credential, 'hex'))
    })
  }

  /** The owner of a wallet takes one more phone. */
  join(customer: Customer, random: Random): void {
    const name = `${customer.wallet.name} ${++this.#joined}`
    const signer = this.#parts.signer(`phone ${name}`)
    this.#ask(random, async (ask) => {
      const invited = await ask(customer.wallet, { type: 'invite' })
      if (!invited.ok) return
      const { word } = invited.value as { readonly word: string }
      const joined = await ask({ wallet: customer.wallet.wallet, signer }, { type: 'join', word, name })
      if (!joined.ok) return
      this.moves.add('joined')
      this.#parts.welcome(customer, name, signer, credentialAnswer.parse(joined.value))
    })
  }

  /** An owner reports one of the phones with another; with the last one the wallet itself is blocked. */
  report(lost: Customer, by: Customer, random: Random): void {
    const { policy } = this.#parts
    const { wallet } = lost.wallet
    policy.everDenied.add(wallet)
    this.#ask(random, async (ask, running) => {
      const phone = hex(lost.wallet.signer.publicKey)
      const told = await ask(by.wallet, { type: 'lost', phone })
      if (!told.ok) return
      this.moves.add('lost')
      const { denied } = await running.hub.policy.state()
      if (running.hub.policy.isDenied({ kind: 'wallet', id: wallet })) return void policy.denied.set(wallet, denied.version)
      this.#lost.add(phone)
      policy.lostPhones.set(phone, denied.version)
    })
  }

  isLost({ phone }: GenuineCode): boolean {
    return this.#lost.has(phone)
  }

  paid({ isFirst }: GenuineCode): void {
    if (!isFirst) this.moves.add('paid with another phone')
  }

  #ask(
    random: Random,
    talk: (
      ask: (who: { readonly wallet: string; readonly signer: Signer }, what: WalletAsk) => Promise<Outcome<unknown>>,
      running: RunningHub,
    ) => Promise<void>,
  ): void {
    const { hub } = this.#parts
    hub.ask(async (running) => {
      const desk = this.#deskOf(running, random)
      await talk(({ wallet, signer }, ask) => {
        const draft = draftAsk(signer.keyId, { v: 1, nonce: desk.nonce(), publicKey: hex(signer.publicKey), wallet, ask })
        return desk.ask(draft.finish(signer.sign(draft.message)))
      }, running)
    })
  }

  #deskOf(running: RunningHub, random: Random): WalletDesk {
    const known = this.#desks.get(running)
    if (known !== undefined) return known
    const { hub, shop } = this.#parts
    // A hub that starts again does not make the ids again that it made before.
    const crypto = this.#parts.crypto(random.split(`bank ${++this.#banks}`))
    const { store, keys } = running
    const lender = this.lender(running, crypto)
    const payByPhone = () => Promise.resolve(fail('hub.refused', 'nobody pays online here'))
    const { policy, escrows } = running.hub
    const desk = createWalletDesk({ clock: hub.clock, crypto, store, keys, shop, policy, lender, payByPhone, quoteForPhone: payByPhone, escrows })
    this.#desks.set(running, desk)
    return desk
  }
}
