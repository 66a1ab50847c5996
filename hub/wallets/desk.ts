import { availableIn, type Lender, type LendingCode } from './lender.ts'
import type { Lending } from './lending.ts'
import type { PayByPhone, QuoteForPhone } from './merchant-pay.ts'
import { exchangesOf, type ExchangesOf } from '../exchange/stated.ts'
import type { Escrow } from '../escrow/escrow.ts'
import type { Escrows } from '../escrow/escrows.ts'
import type { Faces } from '../faces/start.ts'
import { forgetFace, keptFace } from './face-asks.ts'
import { createNonces } from './nonces.ts'
import { createPace, type Pace } from './pace.ts'
import { pendingOf } from '../ledger/ledger.ts'
import type { HubKeys } from '../keys.ts'
import type { Policies } from '../policy/policies.ts'
import { formerKeys } from '../fleet/till-keys.ts'
import type { HubStore, Payment, Till } from '../store/hub-store.ts'
import type { Shop } from '../shop.ts'
import { base64url, hex, unhex, utf8 } from '#protocol/bytes.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import { MINUTE, type Clock, type EpochMs } from '#protocol/time.ts'
import type { BankKeys, CredentialAnswer, StatedEscrow, StatementAnswer, TillAnswer } from '#protocol/wallet-api/answers.ts'
import { readAsk, type WalletAsk } from '#protocol/wallet-api/ask.ts'
import { signWalletReceipt } from '#protocol/wallet-api/receipt.ts'

export type WalletDeskPorts = {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Pick<Shop, 'merchant' | 'store' | 'currency'>
  readonly policy: Pick<Policies, 'isDenied' | 'deny'>
  readonly lender: Lender
  readonly payByPhone: PayByPhone
  readonly quoteForPhone: QuoteForPhone
  readonly escrows: Pick<Escrows, 'act' | 'ofPayments'>
  /** Where people pay by face. */
  readonly faces?: Pick<Faces, 'ask'> | undefined
  /** Where wallets are given to anybody. */
  open?(publicKey: string, name: string, currency?: Currency): Promise<Outcome<CredentialAnswer>>
}

/** The phone that asks: it has proved that it holds the key, and the wallet is its own. */
export type Asker = { readonly publicKey: string; readonly wallet: string }

/** What phones ask their bank. Carrier-neutral: `hub/api/wallet-routes.ts` brings it over HTTP. */
export interface WalletDesk {
  nonce(): string
  keys(): BankKeys
  ask(message: Uint8Array): Promise<Outcome<unknown>>
}

/** A page that is open asks every three seconds. */
const PHONE_PACE: Pace = { burst: 30, perSecond: 1 }
/** Of all phones together, known or not: a signature is verified for each. */
const WHOLE_PACE: Pace = { burst: 1000, perSecond: 200 }
const INVITATION_LIFETIME = 10 * MINUTE
const MAX_PHONES = 10
const MAX_STATED_PAYMENTS = 50

export function createWalletDesk(ports: WalletDeskPorts): WalletDesk {
  const { clock, crypto, store, keys, shop, policy, lender } = ports
  const nonces = createNonces(ports)
  const keepsPace = createPace(clock, PHONE_PACE)
  const allKeepPace = createPace(clock, WHOLE_PACE)

  async function refresh({ wallet, publicKey }: Asker): Promise<Outcome<CredentialAnswer, LendingCode>> {
    // Who lost a phone gets no limits refilled with it.
    return policy.isDenied({ kind: 'wallet', id: wallet }) ? fail('policy.denied') : await lender.renew(wallet, publicKey)
  }

  async function statement({ wallet }: Asker): Promise<Outcome<StatementAnswer, 'hub.unknown_wallet'>> {
    const found = await lender.find(wallet)
    if (found === undefined) return fail('hub.unknown_wallet')
    const payments = await store.paymentsOf(wallet, MAX_STATED_PAYMENTS)
    const exchanged = await exchangesOf(store, payments)
    const held = new Map((await ports.escrows.ofPayments(payments.map(({ id }) => id))).map((escrow) => [escrow.payment, statedOf(escrow)]))
    return ok({
      balanceMinor: availableIn(found.account),
      heldMinor: Number(-pendingOf(found.account)),
      currency: found.wallet.currency,
      payments: payments.map((payment) => ({
        paymentId: payment.id,
        amountMinor: payment.amountMinor,
        merchant: shop.merchant.name,
        at: payment.at,
        state: payment.state,
        ...(payment.capturedMinor > 0 && { receipt: hex(receiptOf(wallet, payment, exchanged)) }),
        ...(exchanged.has(payment.id) && { currency: payment.currency, exchange: exchanged.get(payment.id) }),
        ...(held.has(payment.id) && { escrow: held.get(payment.id) }),
      })),
      phones: found.lending.phones.map(({ publicKey, name, lostAt }) => ({ publicKey, name, ...(lostAt !== undefined && { lostAt }) })),
    })
  }

  const receiptOf = (wallet: string, { id, capturedMinor, refundedMinor, currency, receiptNumber, state, at }: Payment, exchanged: ExchangesOf): Uint8Array =>
    signWalletReceipt(keys.signer('ack'), {
      v: 1,
      wallet,
      paymentId: id,
      amountMinor: capturedMinor,
      refundedMinor,
      currency,
      merchant: shop.merchant.name,
      ...(exchanged.has(id) && { exchange: exchanged.get(id) }),
      ...(receiptNumber !== undefined && { receiptNumber }),
      state,
      at,
    })

  async function invite({ wallet }: Asker): Promise<Outcome<unknown, LendingCode>> {
    if (policy.isDenied({ kind: 'wallet', id: wallet })) return fail('policy.denied')
    const word = hex(crypto.randomBytes(16))
    const until = clock.now() + INVITATION_LIFETIME
    const invited = await lender.change(wallet, ({ lending }) =>
      lending.phones.length >= MAX_PHONES ? fail('wallet.too_many') : ok({ ...lending, invitation: { word: wordHash(word), until } }),
    )
    return invited.ok ? ok({ word, until }) : invited
  }

  /** The word is good for one phone; the same phone may say it again, since it may not have heard the answer. */
  async function join(wallet: string, publicKey: string, word: string, name: string): Promise<Outcome<CredentialAnswer, LendingCode>> {
    const now = clock.now()
    const joined = await lender.change(wallet, ({ lending: { invitation, ...rest } }) => {
      if (rest.phones.some((phone) => phone.publicKey === publicKey)) return ok({ ...rest, ...(invitation && { invitation }) })
      if (invitation === undefined || invitation.until < now || invitation.word !== wordHash(word)) return fail('wallet.bad_invitation')
      return ok({ ...rest, phones: [...rest.phones, { publicKey, name, addedAt: now }] })
    })
    return joined.ok ? await refresh({ wallet, publicKey }) : joined.code === 'hub.unknown_wallet' ? fail('wallet.bad_invitation') : joined
  }

  /**
   * First it gets no credential any more, and then the deny list has every one that it has: a crash between the two leaves an ask without an answer, which its
   * owner repeats. With the last phone the wallet itself is denied, until a person at the bank gives it back.
   */
  async function lost({ wallet }: Asker, publicKey: string): Promise<Outcome<null, LendingCode>> {
    const now = clock.now()
    const isThisOne = (phone: { readonly publicKey: string }) => phone.publicKey === publicKey
    const marked = await lender.change(wallet, ({ lending: { invitation: _, ...rest } }) => {
      if (!rest.phones.some(isThisOne)) return fail('hub.unknown_wallet')
      if (isLast(rest.phones, publicKey)) return ok(rest)
      return ok({ ...rest, phones: rest.phones.map((phone) => (isThisOne(phone) ? { ...phone, lostAt: phone.lostAt ?? now } : phone)) })
    })
    if (!marked.ok) return marked
    const { phones, credentials } = marked.value
    const names: readonly DeniedName[] = isLast(phones, publicKey)
      ? [{ kind: 'wallet', id: wallet }]
      : credentials.filter(({ phone }) => phone === publicKey).map(({ id }) => ({ kind: 'credential', id }))
    await policy.deny(names, 'reported lost by its owner')
    return ok(null)
  }

  /** As it was certified at its enrolment, so that every phone gets the same bytes, and whether its key still counts. */
  async function tillOf(keyId: string): Promise<Outcome<TillAnswer, 'till.not_enrolled'>> {
    const tills = await store.tills()
    const isAsked = (publicKey: string | undefined): publicKey is string =>
      publicKey !== undefined && hex(keyIdOf(crypto, unhex(publicKey) ?? new Uint8Array(0))) === keyId
    const certified = (
      { id, name }: Pick<Till, 'id' | 'name'>,
      publicKey: string,
      issuedAt: EpochMs,
      revokedAt: EpochMs | undefined,
    ): Outcome<TillAnswer, never> => {
      const place = { merchant: shop.merchant.id, store: shop.store.id }
      const certificate = keys.certify({ v: 1, till: id, name, ...place, publicKey, issuedAt })
      return ok({ certificate: base64url(certificate), ...(revokedAt !== undefined && { revokedAt }) })
    }
    for (const till of tills) if (isAsked(till.publicKey)) return certified(till, till.publicKey, till.enrolledAt ?? till.registeredAt, till.revokedAt)
    const former = (await formerKeys(store)).find(({ publicKey }) => isAsked(publicKey))
    const its = former && tills.find(({ id }) => id === former.till)
    if (former === undefined || its === undefined) return fail('till.not_enrolled')
    return certified(its, former.publicKey, former.since, former.state === 'lost' ? former.until : undefined)
  }

  const isLast = (phones: Lending['phones'], publicKey: string): boolean => phones.every((phone) => phone.publicKey === publicKey || phone.lostAt !== undefined)

  const wordHash = (word: string): string => hex(crypto.sha256(utf8(word)))

  async function open(publicKey: string, name: string, currency: Currency | undefined): Promise<Outcome<CredentialAnswer>> {
    return ports.open === undefined ? fail('hub.refused', 'this bank opens no wallets here') : await ports.open(publicKey, name, currency)
  }

  async function answer(asker: Asker, ask: Exclude<WalletAsk, { type: 'open' | 'join' }>): Promise<Outcome<unknown, ErrorCode>> {
    switch (ask.type) {
      case 'refresh':
        return await refresh(asker)
      case 'statement':
        return await statement(asker)
      case 'pay': {
        const paid = await ports.payByPhone({ wallet: asker.wallet, code: ask.code, request: ask.request, quote: ask.quote })
        return paid.ok ? ok({ receipt: base64url(paid.value) }) : paid
      }
      case 'quote': {
        const quoted = await ports.quoteForPhone({ wallet: asker.wallet, request: ask.request })
        return quoted.ok ? ok({ quote: base64url(quoted.value) }) : quoted
      }
      case 'invite':
        return await invite(asker)
      case 'lost':
        return await lost(asker, ask.phone)
      case 'till':
        return await tillOf(ask.keyId)
      case 'received':
        return nothingMore(await ports.escrows.act(ask.payment, { event: 'confirm', by: BUYER }, asker.wallet))
      case 'face':
        return await keptFace(ports, asker.wallet)
      case 'forgetFace':
        return await forgetFace(ports, asker.wallet)
      case 'dispute':
        return nothingMore(await ports.escrows.act(ask.payment, { event: 'dispute', by: BUYER, words: ask.words }, asker.wallet))
      case 'evidence':
        return nothingMore(await ports.escrows.act(ask.payment, { event: 'evidence', side: 'buyer', by: BUYER, words: ask.words }, asker.wallet))
    }
  }

  return {
    nonce: () => nonces.give(),
    keys: () => ({ rootPublicKey: keys.root.publicKey, keySet: base64url(keys.keySet()) }),
    async ask(message) {
      if (!allKeepPace('')) return fail('wallet.too_many', 'the bank is being asked too much')
      const read = readAsk(crypto, message)
      if (!read.ok) return read
      const { nonce, publicKey, wallet, ask } = read.value
      if (!nonces.take(nonce)) return fail('wallet.stale_nonce')
      if (!keepsPace(publicKey)) return fail('wallet.too_many', 'this phone asks too often')
      if (ask.type === 'open') return await open(publicKey, ask.name, ask.currency)
      if (wallet === undefined) return fail('hub.unknown_wallet')
      if (ask.type === 'join') return await join(wallet, publicKey, ask.word, ask.name)
      const phone = (await lender.find(wallet))?.lending.phones.find((candidate) => candidate.publicKey === publicKey)
      if (phone === undefined) return fail('hub.unknown_wallet')
      if (phone.lostAt !== undefined) return fail('policy.denied')
      return await answer({ wallet, publicKey }, ask)
    },
  }
}

const BUYER = 'buyer'
/** Whoever acted sees what came of it in his statement. */
const nothingMore = (done: Outcome<unknown>): Outcome<null> => (done.ok ? ok(null) : done)

/** As the buyer sees it: who decided, and for whom the rest is, is not his. */
const statedOf = ({ amountMinor, about, state, deadline, atDeadline, forfeitMinor, evidenceUntil, steps, ended }: Escrow): StatedEscrow => ({
  amountMinor,
  about,
  state,
  deadline,
  atDeadline,
  ...(forfeitMinor !== undefined && { forfeitMinor }),
  ...(evidenceUntil !== undefined && { evidenceUntil }),
  said: steps.flatMap(({ event, side = 'buyer', words, at }) =>
    words !== undefined && (event === 'dispute' || event === 'evidence') ? [{ side, words, at }] : [],
  ),
  ...(ended !== undefined && { refundedMinor: ended.refundedMinor }),
})
