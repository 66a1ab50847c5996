import { base64url, unbase64url, unhex } from '#protocol/bytes.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { paidCode } from '#protocol/hub/paid.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { AsyncSigner } from '#protocol/payment-code/code.ts'
import type { Credential } from '#protocol/payment-code/credential.ts'
import { REQUEST_LIFETIME, REQUEST_PREFIX, type PaymentRequest } from '#protocol/payment-code/request.ts'
import type { Currency } from '#protocol/money.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import { openPhone, type Phone, type ShownCode } from '../phone.ts'
import { account as accountShape, phoneKeyOf, type Account, type Api, type EscrowAsk, type Invitation, type Payment, type Registration } from './api.ts'
import { askForQuote, type CheckedQuote } from './quote-check.ts'
import { checkReceipt, type ReceiptCheck } from './receipt-check.ts'
import { checkTillReceipt, isTillReceipt, type TillReceiptCheck } from './till-receipt.ts'
import type { Storage } from './storage.ts'
import type { Language } from './words.ts'

/** What the wallet's screens draw, and what a touch does. Nothing here knows the DOM; time comes in with `tick`. */
export type Tab = 'code' | 'scan' | 'activity' | 'phones'

export type Scan =
  | { readonly step: 'looking'; readonly refused?: ErrorCode }
  /** Of a till, seen or pasted; `check` is missing while it is being verified. */
  | { readonly step: 'receipt'; readonly text: string; readonly check?: TillReceiptCheck }
  /** `exchange`: the till asks for another currency, and what it comes to is asked of the bank, was quoted by it, or was until a moment ago. `unheard`: the bank did not answer. */
  | {
      readonly step: 'confirm'
      readonly request: PaymentRequest
      readonly text: string
      readonly exchange?: 'asking' | 'expired' | CheckedQuote
      readonly unheard?: ErrorCode
    }
  | {
      readonly step: 'answer'
      readonly request: PaymentRequest
      readonly text: string
      /** The phone's own confirmation, or the bank's receipt. */
      readonly code: ShownCode
      /** The bank has the money already. */
      readonly paidAtBank?: true
      readonly exchange?: CheckedQuote
    }

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
  /** The bank says that this phone, or its wallet, was reported lost. */
  readonly denied: boolean
  /** A report that did not reach the bank. */
  readonly lostFailed: boolean
  readonly invitation: Invitation | undefined
  /** The payment whose receipt is looked at; `check` is missing while it is being verified. */
  readonly receipt: { readonly payment: Payment; readonly check?: ReceiptCheck } | undefined
  /** What the bank would not hear about money that is held. */
  readonly unheard: ErrorCode | undefined
  readonly language: Language
}

/** The word of an invitation, and for whose wallet. */
export type Joining = { readonly wallet: string; readonly word: string }

export type WalletParts = {
  readonly api: Api
  readonly storage: Storage
  readonly signer: AsyncSigner
  randomBytes(count: number): Uint8Array
  readonly name: string
  readonly language: Language
  keepLanguage(language: Language): void
  /** Where a new phone joins a wallet, it does so in place of opening one. */
  readonly joining?: Joining | undefined
  /** Of a new wallet; undefined: the bank's own. */
  readonly currency?: Currency | undefined
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
      denied: false,
      lostFailed: false,
      invitation: undefined,
      receipt: undefined,
      unheard: undefined,
      language: parts.language,
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
    this.#mindQuote()
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
    this.#set({ tab, code: undefined, scan: LOOKING, paid: undefined, receipt: undefined })
    this.#keepCodeFresh()
    this.#lookThroughCamera()
  }

  newCode(): void {
    this.#set({ code: undefined })
    this.#keepCodeFresh()
  }

  /** This phone's own key, as the wallet lists it. */
  get phoneKey(): string {
    return phoneKeyOf(this.#parts.signer)
  }

  /** One of the wallet's phones, or this one: a page stands for whatever its owner has at hand. */
  async reportLost(phone: string): Promise<void> {
    const { account } = this.#state
    if (account === undefined) return
    const told = await this.#parts.api.reportLost(account.wallet, phone)
    this.#set({ lostFailed: !told.ok })
    this.#refreshed = false
    this.#askBankAt = 0
    this.#askBank()
  }

  async invite(): Promise<void> {
    const { account } = this.#state
    const invited = account === undefined ? undefined : await this.#parts.api.invite(account.wallet)
    this.#set({ invitation: invited?.ok === true ? invited.value : undefined })
  }

  async openReceipt(payment: Payment): Promise<void> {
    const { account } = this.#state
    if (account === undefined) return
    this.#set({ receipt: { payment }, unheard: undefined })
    const check = await checkReceipt(payment, account.wallet, account.bank)
    if (this.#state.receipt?.payment === payment) this.#set({ receipt: { payment, check } })
  }

  /** About money that is held for a delivery: signed by this phone, as everything that it asks. */
  async say(about: EscrowAsk): Promise<boolean> {
    const { account } = this.#state
    if (account === undefined) return false
    const heard = await this.#parts.api.say(account.wallet, about)
    this.#set({ unheard: heard.ok ? undefined : heard.code })
    this.#askBankAt = 0
    this.#askBank()
    return heard.ok
  }

  closeReceipt(): void {
    this.#set({ receipt: undefined })
  }

  speak(language: Language): void {
    this.#parts.keepLanguage(language)
    this.#set({ language })
  }

  /** The camera saw this, or it was pasted. */
  see(text: string): void {
    if (isTillReceipt(text.trim())) return void this.#verifyTillReceipt(text.trim())
    const seen = this.#phone?.lookAtRequest(text.trim(), this.#state.now)
    if (seen === undefined) return
    if (!seen.ok && seen.code === 'code.wrong_currency' && this.#banksAt(text.trim())) return void this.#quote(text.trim())
    this.#set({ scan: seen.ok ? { step: 'confirm', request: seen.value, text: text.trim() } : { step: 'looking', refused: seen.code } })
  }

  async confirm(): Promise<void> {
    const { scan } = this.#state
    if (scan.step !== 'confirm') return
    if (scan.exchange === undefined) await this.#answer(scan)
    else if (typeof scan.exchange !== 'string') await this.#payExchanged(scan, scan.exchange)
  }

  /** The last rate is not good any more: its owner looks at a new one. */
  newRate(): void {
    const { scan } = this.#state
    if (scan.step === 'confirm' && scan.exchange === 'expired') void this.#quote(scan.text)
  }

  dismiss(): void {
    const { scan } = this.#state
    if (scan.step === 'confirm' || scan.step === 'receipt') this.#dismissed = scan.text
    this.#set({ scan: LOOKING })
  }

  async #verifyTillReceipt(text: string): Promise<void> {
    const { account, now } = this.#state
    if (account?.bank === undefined) return
    const { bank, tills, wallet } = account
    this.#set({ scan: { step: 'receipt', text } })
    const check = await checkTillReceipt(text, {
      rootPublicKey: bank.rootPublicKey,
      known: tills ?? [],
      now,
      ask: async (keyId) => (this.#state.online ? await this.#parts.api.till(wallet, keyId) : undefined),
      keep: async (known) => this.#state.account && (await this.#keep({ ...this.#state.account, tills: [...known] })),
    })
    if (this.#state.scan.step === 'receipt' && this.#state.scan.text === text) this.#set({ scan: { step: 'receipt', text, check } })
  }

  // ---------------------------------------------------------------- codes

  readonly #keepCodeFresh = oneAtATime(async () => {
    const { tab, code, scan, now } = this.#state
    if (this.#phone === undefined) return
    if (tab === 'code' && !isFresh(code, now)) {
      const shown = await this.#phone.showCode(now)
      if (this.#state.tab === 'code') this.#set(shown.ok ? { code: shown.value, trouble: undefined } : { code: undefined, trouble: shown.code })
    }
    if (scan.step === 'answer' && scan.paidAtBank !== true && !isFresh(scan.code, now)) await this.#answer(scan)
  })

  async #answer(confirmed: { request: PaymentRequest; text: string }): Promise<void> {
    const answer = await this.#phone?.answerRequest(confirmed.text, this.#state.now)
    if (answer === undefined || this.#state.scan.step === 'looking' || this.#state.scan.step === 'receipt') return
    const { request, text } = confirmed
    const paid = answer.ok ? await this.#payAtBank(text, answer.value) : undefined
    if (paid?.ok === true) {
      const shownUntil = request.issuedAtMs + REQUEST_LIFETIME
      const code: ShownCode = { text: paidCode(unbase64url(paid.value) ?? new Uint8Array(0)), shownFrom: this.#state.now, shownUntil }
      return this.#set({ scan: { step: 'answer', request, text, code, paidAtBank: true } })
    }
    // Whoever does not answer may have heard: the code says the same, and the bank takes the two for one payment.
    if (paid !== undefined && paid.code !== 'wire.no_answer') return this.#set({ scan: { step: 'looking', refused: paid.code } })
    this.#set({ scan: answer.ok ? { step: 'answer', request, text, code: answer.value } : { step: 'looking', refused: answer.code } })
  }

  /** Phones may pay what this code asks for at their bank, and the bank can be asked. */
  #banksAt(text: string): boolean {
    const { online, reachable, account } = this.#state
    return online && reachable && account !== undefined && readShownRequest(text).ok && !text.startsWith(REQUEST_PREFIX)
  }

  async #quote(text: string): Promise<void> {
    const { account, now } = this.#state
    const seen = this.#phone?.lookAtRequest(text, now, true)
    if (account === undefined || seen === undefined) return
    if (!seen.ok) return this.#set({ scan: { step: 'looking', refused: seen.code } })
    this.#set({ scan: { step: 'confirm', request: seen.value, text, exchange: 'asking' } })
    const shown = readShownRequest(text)
    const bytes = shown.ok ? shown.value.bytes : new Uint8Array(0)
    const quoted = await askForQuote(this.#parts.api, account, seen.value, bytes)
    const { scan } = this.#state
    if (scan.step !== 'confirm' || scan.text !== text || scan.exchange !== 'asking') return
    this.#set({ scan: quoted.ok ? { ...scan, exchange: quoted.value } : { step: 'looking', refused: quoted.code } })
  }

  /** The bank has the last word: a till cannot take it alone, so there is no code to show it. Asked again by the same quote, the bank says the same. */
  async #payExchanged(confirmed: Extract<Scan, { step: 'confirm' }>, exchange: CheckedQuote): Promise<void> {
    const { text, request } = confirmed
    const { account, now } = this.#state
    const answer = await this.#phone?.answerRequest(text, now, true)
    const shown = readShownRequest(text)
    if (answer === undefined || account === undefined || !shown.ok) return
    if (!answer.ok) return this.#set({ scan: { step: 'looking', refused: answer.code } })
    const { code, quote } = { code: answer.value.text, quote: exchange.signed }
    const paid = await this.#parts.api.pay(account.wallet, { code, request: base64url(shown.value.bytes), quote })
    if (this.#state.scan.step !== 'confirm' || this.#state.scan.text !== text) return
    if (paid.ok) {
      const receipt: ShownCode = {
        text: paidCode(unbase64url(paid.value) ?? new Uint8Array(0)),
        shownFrom: now,
        shownUntil: request.issuedAtMs + REQUEST_LIFETIME,
      }
      return this.#set({ scan: { step: 'answer', request, text, code: receipt, paidAtBank: true, exchange } })
    }
    if (paid.code === 'exchange.quote_expired') return this.#set({ scan: { ...confirmed, exchange: 'expired' } })
    this.#set({ scan: paid.code === 'wire.no_answer' ? { ...confirmed, unheard: paid.code } : { step: 'looking', refused: paid.code } })
  }

  #mindQuote(): void {
    const { scan, now } = this.#state
    const isOver = scan.step === 'confirm' && typeof scan.exchange === 'object' && now >= scan.exchange.quote.expiresAt && scan.unheard === undefined
    if (isOver) this.#set({ scan: { ...scan, exchange: 'expired' } })
  }

  /** Undefined where the till's code does not say that phones may, or the bank is out of reach. */
  async #payAtBank(text: string, { text: code }: ShownCode): Promise<Outcome<string> | undefined> {
    const { account } = this.#state
    const shown = readShownRequest(text)
    if (!this.#banksAt(text) || account === undefined || !shown.ok) return undefined
    return await this.#parts.api.pay(account.wallet, { code, request: base64url(shown.value.bytes) })
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
    const { api, name, joining, currency } = this.#parts
    if (joining === undefined) return await this.#heard(await api.open(name, currency))
    const joined = await api.join(joining.wallet, joining.word, name)
    // An invitation that is none any more: this phone gets a wallet of its own.
    await this.#heard(joined.ok || joined.code !== 'wallet.bad_invitation' ? joined : await api.open(name, currency))
  }

  async #refresh({ wallet }: Account): Promise<void> {
    const answer = await this.#parts.api.refresh(wallet)
    // Another bank than last time, such as a demo that was started afresh: begin again with the same key.
    if (!answer.ok && answer.code === 'hub.unknown_wallet') await this.#register()
    else await this.#heard(answer)
  }

  async #updateBalance(account: Account): Promise<void> {
    const answer = await this.#parts.api.statement(account.wallet)
    this.#set({ reachable: answer.ok || answer.code !== 'wire.no_answer' })
    if (!answer.ok) {
      if (answer.code === 'hub.unknown_wallet' || answer.code === 'policy.denied') this.#refreshed = false
      return
    }
    // What this phone holds now: while the bank was asked it may have met a till, or become a phone of another wallet.
    const held = this.#state.account
    if (held?.wallet !== account.wallet) return
    const known = new Set(held.payments.map((payment) => payment.paymentId))
    const fresh = answer.value.payments.find((payment) => !known.has(payment.paymentId))
    await this.#keep({ ...held, ...answer.value, heardAt: this.#state.now })
    if (fresh !== undefined && this.#heardPayments) this.#announce(fresh)
    this.#heardPayments = true
  }

  /** A bank that refuses was reached. Who was reported lost keeps what it has, and asks again later: it may have been found. */
  async #heard(answer: Outcome<Registration>): Promise<void> {
    this.#set({ reachable: answer.ok || answer.code !== 'wire.no_answer', denied: !answer.ok && answer.code === 'policy.denied' })
    if (!answer.ok) return
    this.#refreshed = true
    this.#askBankAt = 0
    const mine = (): Account | undefined => (this.#state.account?.wallet === answer.value.wallet ? this.#state.account : undefined)
    const bank = await this.#bankKeys(mine()?.bank)
    // Read after the keys were asked for: the phone may have met a till in the meantime.
    const before = mine()
    const account: Account = { payments: [], phones: [], ...before, ...answer.value, ...(bank && { bank }), heardAt: this.#state.now }
    this.#open(account)
    await this.#keep(account)
  }

  /** The key set changes; the root is the one that this phone met first. */
  async #bankKeys(known: Account['bank']): Promise<Account['bank']> {
    const told = await this.#parts.api.keys()
    const isSame = told.ok && (known === undefined || known.rootPublicKey === told.value.rootPublicKey)
    return isSame ? told.value : known
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
