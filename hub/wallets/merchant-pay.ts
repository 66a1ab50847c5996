import { Desk, type Shopkeeper } from '../intake/desk.ts'
import { HOLD_LIFETIME } from '../intake/hub-step.ts'
import { codeKeysOf } from '../intake/payments.ts'
import { exchangeAccounts, exchangeOf, holdExchanged, isPaidBy } from '../exchange/postings.ts'
import type { Quoting } from '../exchange/quoting.ts'
import { isFreeFor, spendCodes } from '../intake/merchant-qr.ts'
import { phonePaymentId } from '../intake/phone-payment-id.ts'
import type { Prove, Proven } from '../intake/proof.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { LedgerCode, Transfer } from '../ledger/ledger.ts'
import type { HubStore } from '../store/hub-store.ts'
import { unbase64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Exchange } from '#protocol/exchange/quote.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { CLOCK_TOLERANCE } from '#protocol/payment-code/code.ts'
import { readRequestBytes, REQUEST_LIFETIME, type PaymentRequest } from '#protocol/payment-code/request.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/**
 * A phone pays at the hub for what a till shows: the same request and the same confirmation as between phone and till, brought another way. The hub holds the
 * money and signs a receipt, which the till gets by MQTT and the phone keeps to show. There is no payment in the books before the till has said what it did with
 * it: until then there is the hold, under the payment's id, which follows from till and nonce. So the same payment asked for again is the same hold and receipt,
 * whoever crashed in between; a second phone is refused; and a hold that no till claims goes back when it ends.
 */
export type MerchantPayPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly store: HubStore
  readonly shop: Shopkeeper
  readonly prove: Prove
  ackSigner(): Signer
  sendReceipt(till: Id, receipt: Uint8Array): void
  /** Where wallets in other currencies pay. A till that misses a quote shows the sum in its own currency alone. */
  readonly quoting?: Quoting | undefined
  sendQuote?(till: Id, quote: Uint8Array): void
  changed(): void
}

/** `request`: its bytes in base64url. `code`: the bound code that confirms it. `quote`: what was confirmed with it, by a wallet in another currency. */
export type PhonePays = { readonly wallet: string; readonly code: string; readonly request: string; readonly quote?: string | undefined }
export type QuoteForPhone = (asked: Pick<PhonePays, 'wallet' | 'request'>) => Promise<Outcome<Uint8Array>>
export type PayByPhone = (asked: PhonePays) => Promise<Outcome<Uint8Array>>
export type MerchantPay = {
  readonly pay: PayByPhone
  /** The same for a wallet in another currency, before it confirms: signed. */
  readonly quote: QuoteForPhone
  /** Tells a till, of which something was heard since it came at `onlineSince`, what it may have missed before that: so it sells for it, or gives it back, today. */
  repeatTo(till: Id, onlineSince: EpochMs): void
}

/** Of one till. In memory: a hub that is started anew leaves it to the receipt on the phone, and to the end of the hold. */
const MAX_REPEATED = 50

const MAX_STALE_COMMITS = 20

export function createMerchantPay(ports: MerchantPayPorts): MerchantPay {
  const { clock, crypto, store, shop, prove } = ports
  const told = new Map<Id, readonly { readonly receipt: Uint8Array; readonly at: EpochMs }[]>()

  function tell(till: Id, receipt: Uint8Array): void {
    told.set(till, [...(told.get(till) ?? []), { receipt, at: clock.now() }].slice(-MAX_REPEATED))
    ports.sendReceipt(till, receipt)
  }

  function repeatTo(till: Id, onlineSince: EpochMs): void {
    const missed = told.get(till)?.filter(({ at }) => at <= onlineSince) ?? []
    if (missed.length === 0) return
    told.set(till, told.get(till)?.filter(({ at }) => at > onlineSince) ?? [])
    for (const { receipt } of missed) ports.sendReceipt(till, receipt)
  }

  /** A request that this till may have shown a moment ago, and the wallet that would pay it. */
  async function asked({ wallet, request: text }: Pick<PhonePays, 'wallet' | 'request'>) {
    const request = readRequestBytes(unbase64url(text) ?? new Uint8Array(0))
    if (!request.ok) return request
    const { till, currency, issuedAtMs } = request.value
    const now = clock.now()
    if (currency !== shop.currency) return fail('code.wrong_currency')
    if (now > issuedAtMs + REQUEST_LIFETIME) return fail('code.expired')
    if (now < issuedAtMs - CLOCK_TOLERANCE) return fail('code.from_the_future')
    const [known] = await store.get('tills', [till])
    if (known === undefined || known.revokedAt !== undefined) return fail('qr.other_till')
    const [payer] = await store.get('wallets', [wallet])
    return payer === undefined ? fail('hub.unknown_wallet') : ok({ request: request.value, payer, isForeign: payer.currency !== currency })
  }

  const quote: QuoteForPhone = async (about) => {
    const read = await asked(about)
    if (!read.ok) return read
    const { request, payer, isForeign } = read.value
    if (!isForeign || ports.quoting === undefined) return fail('exchange.not_offered')
    const quoted = ports.quoting.make(request, payer)
    if (!quoted.ok) return quoted
    ports.sendQuote?.(request.till, quoted.value.signed)
    return ok(quoted.value.signed)
  }

  const pay: PayByPhone = async ({ wallet, code, request: text, quote: quoted }) => {
    const read = await asked({ wallet, request: text })
    if (!read.ok) return read
    const { request, payer, isForeign } = read.value
    const { till, amountMinor, currency, nonce } = request
    const walletCurrency = isForeign ? { walletCurrency: payer.currency } : {}
    const [proven] = await prove([{ code, request: text, till, amountMinor, currency, at: clock.now(), ...walletCurrency }])
    invariant(proven !== undefined, 'every claim is answered')
    if (!proven.ok) return proven
    // Whoever asks is known by another signature; nobody pays out of another's wallet.
    if (proven.value.profile !== 'bound' || proven.value.wallet !== wallet) return fail('code.wrong_request')
    const paymentId = phonePaymentId(crypto, request)
    const accounts = isForeign ? exchangeAccounts(currency, [payer.currency]) : []
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(
        store,
        { payments: [], codes: codeKeysOf(till, proven.value), wallets: [wallet], holds: [paymentId], accounts },
        shop,
        clock.now(),
      )
      const hold = holdOn(desk, paymentId, request, proven.value, isForeign ? { currency: payer.currency, quoted } : undefined)
      if (!hold.ok) return hold
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('hub.refused', 'no room on the disk')
      if (committed === 'stale') continue
      const about = { till, nonce, amountMinor, currency, wallet, paymentId, ...exchanged(desk, paymentId) }
      const receipt = encodeSigned(ports.ackSigner(), signedTypes.paid, { v: 1, ...about, hubTime: hold.value.at })
      tell(till, receipt)
      ports.changed()
      return ok(receipt)
    }
    invariant(false, 'a hold commits in the end')
  }
  return { pay, quote, repeatTo }

  function holdOn(
    desk: Desk,
    paymentId: Id,
    request: PaymentRequest,
    proof: ProvenCode,
    foreign: { readonly currency: Currency; readonly quoted: string | undefined } | undefined,
  ): Outcome<Transfer, ErrorCode> {
    const { till, amountMinor, currency } = request
    const keys = codeKeysOf(till, proof)
    const existing = desk.transfer(transferIds(paymentId).hold)
    // The same wallet for the same request is the same payment: a phone that heard no answer asks again, and by its next code once the first is a minute old.
    if (existing !== undefined && isPaidBy(desk, existing, paymentId, proof.wallet)) {
      if (existing.status !== 'open' && existing.status !== 'posted') return fail('qr.released')
      if (!keys.every((key) => isFreeFor(desk, key, paymentId))) return fail('hub.duplicate_code')
      spendCodes(desk, keys, paymentId)
      return ok(existing)
    }
    if (keys.some((key) => desk.codeOwner(key) !== undefined)) return fail('hub.duplicate_code')
    const names = [{ kind: 'wallet', id: proof.wallet } as const, { kind: 'credential', id: proof.credentialId } as const]
    if (names.some((name) => shop.policy?.denies(name, desk.now))) return fail('policy.denied')
    if (!desk.knowsWallet(proof.wallet)) return fail('hub.unknown_wallet')
    const exchange = foreign && confirmed(request, { id: proof.wallet, currency: foreign.currency }, foreign.quoted)
    if (exchange?.ok === false) return exchange
    spendCodes(desk, keys, paymentId)
    if (exchange !== undefined) {
      const said = { payment: paymentId, wallet: proof.wallet, amountMinor, currency, exchange: exchange.value }
      return heldOr(holdExchanged(desk, shop.merchant, said, desk.now + HOLD_LIFETIME))
    }
    const [debit, credit] = [walletAccount(proof.wallet), merchantAccount(shop.merchant, currency)]
    const expiresAt = desk.now + HOLD_LIFETIME
    const held = desk.apply({ kind: 'pending', id: transferIds(paymentId).hold, payment: paymentId, debit, credit, amount: BigInt(amountMinor), expiresAt })
    return heldOr(held.ok ? ok(held.value.transfer) : held)
  }

  /** An owner who confirmed no quote has not seen what the wallet pays. */
  function confirmed(request: PaymentRequest, wallet: { readonly id: string; readonly currency: Currency }, quoted: string | undefined) {
    if (ports.quoting === undefined) return fail('exchange.not_offered')
    return quoted === undefined ? fail('exchange.quote_expired') : ports.quoting.confirmed(quoted, request, wallet)
  }
}

const heldOr = (held: Outcome<Transfer, LedgerCode>): Outcome<Transfer, ErrorCode> =>
  held.ok ? held : fail(held.code === 'ledger.exceeds_credits' ? 'hub.insufficient_funds' : 'hub.refused', held.code)

/** As it was when the money was held. */
function exchanged(desk: Desk, payment: Id): { readonly exchange?: Exchange } {
  const said = exchangeOf(desk, payment)
  return said === undefined ? {} : { exchange: said.exchange }
}

type ProvenCode = Extract<Proven, { ok: true }>['value']
