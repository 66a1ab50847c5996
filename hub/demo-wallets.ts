import type { HubKeys } from './keys.ts'
import { applyTransfer, balanceOf, openAccount, pendingOf, type Account } from './ledger/ledger.ts'
import { walletAccount } from './ledger/names.ts'
import type { Shop } from './shop.ts'
import type { HubStore } from './store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/** Wallets for the demo: whoever asks gets one, with play money out of nowhere. A real issuer decides that elsewhere. */
export type DemoWalletTerms = {
  readonly fundsMinor: Minor
  readonly perPaymentLimitMinor: Minor
  readonly totalLimitMinor: Minor
  readonly credentialLifetimeMs: number
}

export type DemoWalletPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Shop
  readonly terms: DemoWalletTerms
  changed(): void
}

/** `POST /demo/wallets` and `POST /demo/wallets/refresh`. */
export type IssuedWallet = {
  /** Pseudonym: 16 bytes, hex. */
  readonly wallet: string
  /** Hex of the signed credential. */
  readonly credential: string
  readonly balanceMinor: Minor
  readonly currency: Currency
  readonly expiresAtMs: EpochMs
}

/** `GET /demo/wallets/:pseudonym`. What is held for payments under way is not in the balance. */
export type WalletStatement = {
  readonly balanceMinor: Minor
  readonly heldMinor: Minor
  readonly currency: Currency
  readonly payments: readonly {
    readonly paymentId: string
    readonly amountMinor: Minor
    readonly merchant: string
    readonly at: EpochMs
    readonly state: string
  }[]
}

export interface DemoWallets {
  /** A new wallet for this key (Ed25519, hex), funded. */
  open(publicKey: string, name: string): Promise<Outcome<IssuedWallet, 'till.disk_full'>>
  /** The next credential for the same key and wallet. */
  refresh(wallet: string, publicKey: string): Promise<Outcome<IssuedWallet, 'hub.unknown_wallet'>>
  statement(wallet: string): Promise<Outcome<WalletStatement, 'hub.unknown_wallet'>>
}

const MAX_STATEMENT_PAYMENTS = 50
const MAX_STALE_COMMITS = 20

export function createDemoWallets(ports: DemoWalletPorts): DemoWallets {
  const { clock, crypto, store, keys, shop, terms } = ports
  const { currency } = shop
  const bank = openAccount({ id: `demo-bank/${currency}`, label: 'Demo bank', currency, side: 'debit', rule: 'none' })

  function issue(wallet: string, publicKey: string, account: Account): IssuedWallet {
    const now = clock.now()
    const expiresAtMs = now + terms.credentialLifetimeMs
    const { perPaymentLimitMinor, totalLimitMinor } = terms
    const credentialId = hex(crypto.randomBytes(8))
    const claims = { wallet, credentialId, devicePublicKey: publicKey, currency, perPaymentLimitMinor, totalLimitMinor, issuedAtMs: now, expiresAtMs }
    return { wallet, credential: hex(issueCredential(keys.signer('issuer'), claims)), balanceMinor: availableIn(account), currency, expiresAtMs }
  }

  async function find(wallet: string) {
    const [row] = await store.get('wallets', [wallet])
    const [account] = row === undefined ? [] : await store.get('accounts', [row.account])
    return row === undefined || account === undefined ? undefined : { row, account }
  }

  async function open(publicKey: string, name: string): Promise<Outcome<IssuedWallet, 'till.disk_full'>> {
    const wallet = hex(crypto.randomBytes(16))
    const id = walletAccount(wallet)
    const purse = openAccount({ id, label: name, currency, side: 'credit', rule: 'debits_must_not_exceed_credits' })
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const [stored = bank] = await store.get('accounts', [bank.id])
      const books = { account: (asked: string) => [stored, purse].find((account) => account.id === asked), transfer: () => undefined }
      const request = { kind: 'single', id: `${wallet}/fund`, debit: bank.id, credit: id, amount: BigInt(terms.fundsMinor) } as const
      const funded = applyTransfer(books, request, clock.now())
      invariant(funded.ok, 'play money has no limit')
      const { accounts, transfers } = funded.value
      const committed = await store.commit({ accounts, transfers, wallets: [{ id: wallet, publicKey, currency, account: id, createdAt: clock.now() }] })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      ports.changed()
      return ok(issue(wallet, publicKey, accounts.find((account) => account.id === id) ?? purse))
    }
    invariant(false, 'a wallet is opened in the end')
  }

  /** All of them draw on one account, so they take turns, or a crowd would make each other stale. */
  let last: Promise<unknown> = Promise.resolve()
  return {
    open(publicKey, name) {
      const opening = last.then(() => open(publicKey, name))
      last = opening.catch(() => undefined)
      return opening
    },

    async refresh(wallet, publicKey) {
      const found = await find(wallet)
      return found?.row.publicKey === publicKey ? ok(issue(wallet, publicKey, found.account)) : fail('hub.unknown_wallet')
    },

    async statement(wallet) {
      const found = await find(wallet)
      if (found === undefined) return fail('hub.unknown_wallet')
      const payments = await store.paymentsOf(wallet, MAX_STATEMENT_PAYMENTS)
      return ok({
        balanceMinor: availableIn(found.account),
        heldMinor: minor(-pendingOf(found.account)),
        currency,
        payments: payments.map(({ id, amountMinor, at, state }) => ({ paymentId: id, amountMinor, merchant: shop.merchant.name, at, state })),
      })
    },
  }
}

const availableIn = (account: Account): Minor => minor(balanceOf(account) + pendingOf(account))

function minor(amount: bigint): Minor {
  const value = Number(amount)
  invariant(Number.isSafeInteger(value), 'a wallet holds a safe integer of minor units')
  return value
}
