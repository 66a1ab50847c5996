import { hex, unhex } from '#protocol/bytes.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { AsyncSigner } from '#protocol/payment-code/code.ts'
import type { Credential } from '#protocol/payment-code/credential.ts'
import type { PaymentRequest } from '#protocol/payment-code/request.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import { openPhone, type Phone, type ShownCode } from '../phone.ts'
import { account as accountShape, type Account, type Api, type Payment, type Registration } from './api.ts'
import type { Storage } from './storage.ts'

/** What the wallet's screens draw, and what a touch does. Nothing here knows the DOM; time comes in with `tick`. */
export type Tab = 'code' | 'scan' | 'activity'

export type Scan =
  | { readonly step: 'looking'; readonly refused?: ErrorCode }
  | { readonly step: 'confirm'; readonly request: PaymentRequest; readonly text: string }
  | { readonly step: 'answer'; readonly request: PaymentRequest; readonly text: string; readonly code: ShownCode }

export type WalletState = {
  readonly now: EpochMs
  /** The phone's own switch: without it the bank is not asked. Codes work either way. */
  readonly online: boolean
  /** Whether the bank answered when it was last asked. */
  readonly reachable: boolean
  readonly account: Account | undefined
  readonly credential: Credential | undefined
  readonly tab: Tab
  readonly code: ShownCode | undefined
  /** Why there is no code. */
  readonly trouble: ErrorCode | undefined
  readonly scan: Scan
  /** A payment that has just gone through. */
  readonly paid: Payment | undefined
}

export type WalletParts = {
  readonly api: Api
  readonly storage: Storage
  readonly signer: AsyncSigner
  randomBytes(count: number): Uint8Array
}

const ASK_BANK_EVERY = 3 * SECOND
const PAID_NOTICE_FOR = 6 * SECOND
const LOOKING: Scan = { step: 'looking' }

export class Wallet {
  readonly #parts: WalletParts
  readonly #listeners = new Set<() => void>()
  #state: WalletState
  #phone: Phone | undefined
  #onScreen: string | null = null
  #askBankAt: EpochMs = 0
  #refreshed = false
  /** Since then a payment that is not in the account is news. */
  #heardPayments = false
  #paidUntil: EpochMs = 0
  /** A request that its owner put away; the till may go on displaying it. */
  #dismissed: string | undefined

  constructor(parts: WalletParts, now: EpochMs) {
    this.#parts = parts
    this.#state = {
      now,
      online: true,
      reachable: true,
      account: undefined,
      credential: undefined,
      tab: 'code',
      code: undefined,
      trouble: undefined,
      scan: LOOKING,
      paid: undefined,
    }
  }

  /** Opens with what the phone kept; a phone that never met its bank stays without an account until it does. */
  async start(): Promise<void> {
    const kept = accountShape.safeParse(await this.#parts.storage.account())
    if (kept.success) {
      this.#heardPayments = true
      this.#open(kept.data)
    }
    this.tick(this.#state.now)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly state = (): WalletState => this.#state

  /** To be called about once a second. Each of these minds its own business and is never in the way of another. */
  tick(now: EpochMs): void {
    this.#set({ now, ...(now >= this.#paidUntil ? { paid: undefined } : {}) })
    this.#keepCodeFresh()
    this.#lookThroughCamera()
    this.#askBank()
  }

  // ---------------------------------------------------------------- touches

  setOnline(online: boolean): void {
    this.#askBankAt = 0
    this.#refreshed = false
    this.#set({ online })
    this.#askBank()
  }

  /** A fresh code at every visit: the last one may have been used while the phone could not hear of it. */
  goTo(tab: Tab): void {
    this.#dismissed = undefined
    this.#set({ tab, code: undefined, scan: LOOKING, paid: undefined })
    this.#keepCodeFresh()
    this.#lookThroughCamera()
  }

  newCode(): void {
    this.#set({ code: undefined })
    this.#keepCodeFresh()
  }

  /** The camera saw this, or it was pasted. */
  see(text: string): void {
    const seen = this.#phone?.lookAtRequest(text.trim(), this.#state.now)
    if (seen === undefined) return
    this.#set({ scan: seen.ok ? { step: 'confirm', request: seen.value, text: text.trim() } : { step: 'looking', refused: seen.code } })
  }

  async confirm(): Promise<void> {
    const { scan } = this.#state
    if (scan.step !== 'looking') await this.#answer(scan)
  }

  dismiss(): void {
    if (this.#state.scan.step === 'confirm') this.#dismissed = this.#state.scan.text
    this.#set({ scan: LOOKING })
  }

  // ---------------------------------------------------------------- codes

  readonly #keepCodeFresh = oneAtATime(async () => {
    const { tab, code, scan, now } = this.#state
    if (this.#phone === undefined) return
    if (tab === 'code' && !isFresh(code, now)) {
      const shown = await this.#phone.showCode(now)
      if (this.#state.tab === 'code') this.#set(shown.ok ? { code: shown.value, trouble: undefined } : { code: undefined, trouble: shown.code })
    }
    if (scan.step === 'answer' && !isFresh(scan.code, now)) await this.#answer(scan)
  })

  async #answer(confirmed: { request: PaymentRequest; text: string }): Promise<void> {
    const answer = await this.#phone?.answerRequest(confirmed.text, this.#state.now)
    if (answer === undefined || this.#state.scan.step === 'looking') return
    const { request, text } = confirmed
    this.#set({ scan: answer.ok ? { step: 'answer', request, text, code: answer.value } : { step: 'looking', refused: answer.code } })
  }

  readonly #lookThroughCamera = oneAtATime(async () => {
    const looking = (): boolean => this.#state.tab === 'scan' && this.#state.scan.step === 'looking'
    if (!looking()) return
    const seen = await this.#parts.api.tillRequest()
    if (looking() && seen.ok && seen.value !== null && seen.value !== this.#dismissed) this.see(seen.value)
  })

  // ---------------------------------------------------------------- the bank

  readonly #askBank = oneAtATime(async () => {
    const { online, account, now } = this.#state
    if (!online || now < this.#askBankAt) return
    this.#askBankAt = now + ASK_BANK_EVERY
    if (account === undefined) await this.#register()
    else if (!this.#refreshed || this.#credentialIsAging()) await this.#refresh(account)
    else await this.#updateBalance(account)
  })

  /** Past half of its life: renewed long before it could run out while the phone is offline. */
  #credentialIsAging(): boolean {
    const { credential, now } = this.#state
    return credential === undefined || now > (credential.issuedAtMs + credential.expiresAtMs) / 2
  }

  async #register(): Promise<void> {
    this.#heard(await this.#parts.api.register(hex(this.#parts.signer.publicKey)), [])
  }

  async #refresh(account: Account): Promise<void> {
    const proof = await this.#phone?.showCode(this.#state.now)
    const answer = await this.#parts.api.refresh(account.wallet, hex(this.#parts.signer.publicKey), proof?.ok === true ? proof.value.text : undefined)
    // Another bank than last time, such as a demo that was started afresh: begin again with the same key.
    if (!answer.ok && answer.code === 'hub.refused') await this.#register()
    else this.#heard(answer, account.payments)
  }

  async #updateBalance(account: Account): Promise<void> {
    const answer = await this.#parts.api.balance(account.wallet)
    this.#set({ reachable: answer.ok })
    if (!answer.ok) {
      if (answer.code === 'hub.refused') this.#refreshed = false
      return
    }
    const known = new Set(account.payments.map((payment) => payment.paymentId))
    const fresh = answer.value.payments.find((payment) => !known.has(payment.paymentId))
    await this.#keep({ ...account, ...answer.value, heardAt: this.#state.now })
    if (fresh !== undefined && this.#heardPayments) this.#announce(fresh)
    this.#heardPayments = true
  }

  #heard(answer: Outcome<Registration>, payments: readonly Payment[]): void {
    this.#set({ reachable: answer.ok })
    if (!answer.ok) return
    this.#refreshed = true
    this.#askBankAt = 0
    const account: Account = { ...answer.value, payments: [...payments], heardAt: this.#state.now }
    this.#open(account)
    void this.#keep(account)
  }

  /** The code on the screen has done its work: a fresh one takes its place. */
  #announce(payment: Payment): void {
    this.#paidUntil = this.#state.now + PAID_NOTICE_FOR
    this.#set({ paid: payment, code: undefined, ...(this.#state.scan.step === 'answer' ? { scan: LOOKING, tab: 'code' } : {}) })
    this.#keepCodeFresh()
  }

  // ---------------------------------------------------------------- memory and screen

  #open(account: Account): void {
    const { signer, storage, randomBytes } = this.#parts
    const opened = openPhone({ signer, credential: unhex(account.credential) ?? new Uint8Array(0), nextCounter: () => storage.nextCounter(), randomBytes })
    this.#phone = opened.ok ? opened.value : undefined
    this.#set(opened.ok ? { account, credential: opened.value.credential, code: undefined, trouble: undefined } : { account: undefined, trouble: opened.code })
    this.#keepCodeFresh()
  }

  async #keep(account: Account): Promise<void> {
    this.#set({ account })
    await this.#parts.storage.keepAccount(account)
  }

  #set(change: Partial<WalletState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
    this.#showToTheWorld()
  }

  /** The page is left: nobody can hold this phone any more. Should it come back, the next tick shows its code again. */
  putAway(): void {
    const { account } = this.#state
    if (account === undefined || this.#onScreen === null) return
    this.#onScreen = null
    void this.#parts.api.screen(account.wallet, null)
  }

  /** Light from the screen: what a scanner held before it would see. */
  #showToTheWorld(): void {
    const { account, tab, code, scan } = this.#state
    const text = (tab === 'code' ? code?.text : scan.step === 'answer' ? scan.code.text : undefined) ?? null
    if (account === undefined || text === this.#onScreen) return
    this.#onScreen = text
    void this.#parts.api.screen(account.wallet, text)
  }
}

/** Also false for a code from the future: somebody set the phone's clock back. */
const isFresh = (code: ShownCode | undefined, now: EpochMs): boolean => code !== undefined && now >= code.shownFrom && now < code.shownUntil

/** While one run is under way, further calls are dropped: the next tick asks again. */
function oneAtATime(run: () => Promise<void>): () => void {
  let running = false
  return () => {
    if (running) return
    running = true
    void run().finally(() => {
      running = false
    })
  }
}
