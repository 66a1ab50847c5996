import { isSuspected } from '../risk/cases.ts'
import { lending, lentOf, limitDue, tidied, type LentCredential, type Lending, type Standing } from './lending.ts'
import type { WalletTerms } from './terms.ts'
import type { HubKeys } from '../keys.ts'
import { balanceOf, pendingOf, type Account } from '../ledger/ledger.ts'
import type { HubStore, LendingRow, Payment, Wallet } from '../store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'
import type { CredentialAnswer } from '#protocol/wallet-api/answers.ts'

export type LenderPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly store: HubStore
  readonly keys: HubKeys
  readonly terms: WalletTerms
  /** What the tills take here: alone they take no wallet in another currency, so it is lent nothing. */
  readonly currency: Currency
  /** See `Standing.silentSince`. */
  silentSince(): Promise<readonly EpochMs[]>
}

/** A wallet as it is kept. `row.version` 0: it was opened before there were lendings. */
export type FoundWallet = { readonly wallet: Wallet; readonly account: Account; readonly row: LendingRow; readonly lending: Lending }

export interface Lender {
  find(wallet: string): Promise<FoundWallet | undefined>
  /** For a wallet that is being opened: what has to be committed with it. */
  first(wallet: Wallet, account: Account, name: string): { readonly row: LendingRow; readonly answer: CredentialAnswer }
  /** The credential that this phone of the wallet should have now: the same again while that is still right. */
  renew(wallet: string, publicKey: string): Promise<Outcome<CredentialAnswer, RenewCode>>
  /** Changes what is kept of a wallet; durable when it resolves. */
  change(wallet: string, to: (found: FoundWallet) => Outcome<Lending, LendingCode>): Promise<Outcome<Lending, LendingCode>>
}

export type LendingCode = 'hub.unknown_wallet' | 'policy.denied' | 'wallet.bad_invitation' | 'wallet.too_many' | 'till.disk_full'
type RenewCode = LendingCode

const MAX_STALE_COMMITS = 20
/** Valid at one time, of all phones of a wallet. A phone gets another one only where its limit has to change. */
const MAX_CREDENTIALS = 64
const MAX_OWED_PAYMENTS = 1000

export function createLender({ clock, crypto, store, keys, terms, currency: taken, silentSince }: LenderPorts): Lender {
  const most = (wallet: Pick<Wallet, 'currency'>): Minor => (wallet.currency === taken ? terms.totalLimitMinor : 0)

  /** The limit is lent from the moment that the row is stored, whether or not the phone ever hears of it. */
  function issue(kept: Lending, publicKey: string, limitMinor: Minor): { readonly lending: Lending; readonly credential: LentCredential } {
    const now = clock.now()
    const issuer = keys.issuerKey(hex(keys.signer('issuer').keyId))
    const credential: LentCredential = {
      id: hex(crypto.randomBytes(8)),
      phone: publicKey,
      perPaymentMinor: Math.min(terms.perPaymentLimitMinor, limitMinor),
      limitMinor,
      issuedAt: now,
      // No till believes it any longer than its issuer's key.
      expiresAt: Math.min(now + terms.credentialLifetimeMs, issuer?.notAfter ?? Infinity),
    }
    return { lending: { ...kept, credentials: [...kept.credentials, credential] }, credential }
  }

  function answer(
    { id, currency }: Wallet,
    account: Account,
    { id: credentialId, phone, perPaymentMinor, limitMinor, issuedAt, expiresAt }: LentCredential,
  ): CredentialAnswer {
    const claims = { wallet: id, credentialId, devicePublicKey: phone, currency, perPaymentLimitMinor: perPaymentMinor, totalLimitMinor: limitMinor }
    const credential = issueCredential(keys.signer('issuer'), { ...claims, issuedAtMs: issuedAt, expiresAtMs: expiresAt })
    return { wallet: id, credential: hex(credential), balanceMinor: availableIn(account), currency, expiresAtMs: expiresAt }
  }

  async function find(id: string): Promise<FoundWallet | undefined> {
    const [wallet] = await store.get('wallets', [id])
    const [account] = wallet === undefined ? [] : await store.get('accounts', [wallet.account])
    if (wallet === undefined || account === undefined) return undefined
    const [row] = await store.get('lendings', [id])
    if (row !== undefined) return { wallet, account, row, lending: lending.parse(JSON.parse(row.body)) }
    return { wallet, account, row: { id, version: 0, body: '' }, lending: beforeLendings(wallet) }
  }

  /** Of such a wallet nobody wrote down what it got: the most, as late as possible. */
  const beforeLendings = ({ publicKey, createdAt }: Wallet): Lending => ({
    phones: [{ publicKey, name: 'Phone', addedAt: createdAt }],
    credentials: [],
    ended: [{ limitMinor: terms.totalLimitMinor, expiresAt: clock.now() + terms.credentialLifetimeMs }],
  })

  async function standingOf({ wallet, account }: FoundWallet): Promise<Standing> {
    const payments = await store.paymentsOf(wallet.id, MAX_OWED_PAYMENTS)
    const owedMinor = payments.filter(isOwed).reduce((sum, payment) => sum + keptMinor(payment), 0)
    // While people look at what it paid, it pays online or not at all.
    const mostMinor = (await isSuspected(store, payments)) ? 0 : most(wallet)
    return { mostMinor, availableMinor: availableIn(account), owedMinor, silentSince: await silentSince() }
  }

  /** The credential that this phone has, if it is the right one still. */
  function rightStill({ credentials }: Lending, publicKey: string, dueMinor: Minor, now: EpochMs): LentCredential | undefined {
    const newest = credentials.findLast(({ phone }) => phone === publicKey)
    if (newest === undefined || newest.expiresAt <= now) return undefined
    const isAging = now > (newest.issuedAt + newest.expiresAt) / 2
    const isFull = credentials.length >= MAX_CREDENTIALS
    return (newest.limitMinor === dueMinor && !isAging) || isFull ? newest : undefined
  }

  async function commit(row: LendingRow, changed: Lending): Promise<'done' | 'stale' | 'full'> {
    return await store.commit({ lendings: [{ ...row, body: JSON.stringify(changed) }] })
  }

  return {
    find,

    first(wallet, account, name) {
      const now = clock.now()
      const standing = { mostMinor: most(wallet), availableMinor: availableIn(account), owedMinor: 0, silentSince: [] }
      const opened: Lending = { phones: [{ publicKey: wallet.publicKey, name, addedAt: now }], credentials: [], ended: [] }
      const issued = issue(opened, wallet.publicKey, limitDue([], standing, now))
      return { row: { id: wallet.id, version: 0, body: JSON.stringify(issued.lending) }, answer: answer(wallet, account, issued.credential) }
    },

    async renew(id, publicKey) {
      for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
        const found = await find(id)
        const phone = found?.lending.phones.find((candidate) => candidate.publicKey === publicKey)
        if (found === undefined || phone === undefined) return fail('hub.unknown_wallet')
        if (phone.lostAt !== undefined) return fail('policy.denied')
        const now = clock.now()
        const standing = await standingOf(found)
        const kept = tidied(found.lending, standing.silentSince, now)
        const dueMinor = limitDue(lentOf(kept), standing, now)
        const had = rightStill(kept, publicKey, dueMinor, now)
        if (had !== undefined) return ok(answer(found.wallet, found.account, had))
        if (kept.credentials.length >= MAX_CREDENTIALS) return fail('wallet.too_many')
        const issued = issue(kept, publicKey, dueMinor)
        const committed = await commit(found.row, issued.lending)
        if (committed === 'full') return fail('till.disk_full')
        if (committed === 'done') return ok(answer(found.wallet, found.account, issued.credential))
      }
      invariant(false, 'a credential is issued in the end')
    },

    async change(id, to) {
      for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
        const found = await find(id)
        if (found === undefined) return fail('hub.unknown_wallet')
        const changed = to(found)
        if (!changed.ok) return changed
        const committed = await commit(found.row, changed.value)
        if (committed === 'full') return fail('till.disk_full')
        if (committed === 'done') return changed
      }
      invariant(false, 'a wallet is changed in the end')
    },
  }
}

/** What a till gave goods for and nobody has paid, and what was given up because of that. */
const isOwed = ({ state }: Payment): boolean => state === 'RETRY' || state === 'RECOVERY' || state === 'WRITTEN_OFF'

export function availableIn(account: Account): Minor {
  const value = Number(balanceOf(account) + pendingOf(account))
  invariant(Number.isSafeInteger(value), 'a wallet holds a safe integer of minor units')
  return value
}
