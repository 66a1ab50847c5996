import { applyTransfer, openAccount, pendingOf } from './ledger/ledger.ts'
import { walletAccount } from './ledger/names.ts'
import type { Shop } from './shop.ts'
import type { HubStore } from './store/hub-store.ts'
import { availableIn, type Lender } from './wallets/lender.ts'
import { hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'
import type { CredentialAnswer } from '#protocol/wallet-api/answers.ts'

/** Wallets for the demo: whoever asks gets one, with play money out of nowhere. A real issuer decides that elsewhere. */
export type DemoWalletPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly lender: Lender
  readonly shop: Shop
  readonly fundsMinor: Minor
  /** What a wallet in this other currency gets of it; undefined: the bank has none in that. */
  worthOf(fundsMinor: Minor, currency: Currency): Minor | undefined
  changed(): void
}

/** What is held for payments under way is not in the balance. */
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

type DemoCode = 'till.disk_full' | 'exchange.not_offered'

export interface DemoWallets {
  /** A new wallet for this key (Ed25519, hex), funded. */
  open(publicKey: string, name: string, currency?: Currency): Promise<Outcome<CredentialAnswer, DemoCode>>
  statement(wallet: string): Promise<Outcome<WalletStatement, 'hub.unknown_wallet'>>
}

const MAX_STATEMENT_PAYMENTS = 50
const MAX_STALE_COMMITS = 20

export function createDemoWallets(ports: DemoWalletPorts): DemoWallets {
  const { clock, crypto, store, lender, shop, fundsMinor } = ports
  const bankIn = (currency: Currency) => openAccount({ id: `demo-bank/${currency}`, label: 'Demo bank', currency, side: 'debit', rule: 'none' })

  async function find(wallet: string) {
    const [row] = await store.get('wallets', [wallet])
    const [account] = row === undefined ? [] : await store.get('accounts', [row.account])
    return row === undefined || account === undefined ? undefined : { row, account }
  }

  async function open(publicKey: string, name: string, currency: Currency): Promise<Outcome<CredentialAnswer, DemoCode>> {
    const worthMinor = currency === shop.currency ? fundsMinor : ports.worthOf(fundsMinor, currency)
    if (worthMinor === undefined) return fail('exchange.not_offered', currency)
    const bank = bankIn(currency)
    const wallet = hex(crypto.randomBytes(16))
    const id = walletAccount(wallet)
    const purse = openAccount({ id, label: name, currency, side: 'credit', rule: 'debits_must_not_exceed_credits' })
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const [stored = bank] = await store.get('accounts', [bank.id])
      const books = { account: (asked: string) => [stored, purse].find((account) => account.id === asked), transfer: () => undefined }
      const request = { kind: 'single', id: `${wallet}/fund`, debit: bank.id, credit: id, amount: BigInt(worthMinor) } as const
      const funded = applyTransfer(books, request, clock.now())
      invariant(funded.ok, 'play money has no limit')
      const { accounts, transfers } = funded.value
      const opened = { id: wallet, publicKey, currency, account: id, createdAt: clock.now() }
      const { row, answer } = lender.first(opened, accounts.find((account) => account.id === id) ?? purse, name)
      const committed = await store.commit({ accounts, transfers, wallets: [opened], lendings: [row] })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      ports.changed()
      return ok(answer)
    }
    invariant(false, 'a wallet is opened in the end')
  }

  /** All of them draw on one account, so they take turns, or a crowd would make each other stale. */
  let last: Promise<unknown> = Promise.resolve()
  return {
    open(publicKey, name, currency = shop.currency) {
      const opening = last.then(() => open(publicKey, name, currency))
      last = opening.catch(() => undefined)
      return opening
    },

    async statement(wallet) {
      const found = await find(wallet)
      if (found === undefined) return fail('hub.unknown_wallet')
      const payments = await store.paymentsOf(wallet, MAX_STATEMENT_PAYMENTS)
      return ok({
        balanceMinor: availableIn(found.account),
        heldMinor: Number(-pendingOf(found.account)),
        currency: found.row.currency,
        payments: payments.map(({ id, amountMinor, at, state }) => ({ paymentId: id, amountMinor, merchant: shop.merchant.name, at, state })),
      })
    },
  }
}
