import { makeId } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import { applyTransfer, openAccount, type Account, type Transfer } from '../../../hub/ledger/ledger.ts'
import type { Changes } from '../../../hub/store/hub-store.ts'
import { Random } from '../../world/random.ts'

/** What a hub that settles writes, commit by commit; the same seed gives the same rows. */
export type HubCommit = { readonly changes: Changes; readonly transfers: readonly Transfer[]; readonly accountsAfter: ReadonlyMap<string, Account> }

const NOW = 1_760_000_000_000
const WALLETS = 8
const BANK = 'crash/bank'

/** The first `count` commits: accounts, money for the wallets, then payments of a turn, each a hold and its posting. */
export function firstHubCommits(seed: number, count: number): HubCommit[] {
  const accounts = new Map<string, Account>()
  const transfers = new Map<string, Transfer>()
  const books = { account: (id: string) => accounts.get(id), transfer: (id: string) => transfers.get(id) }
  return Array.from({ length: count }, (_, index): HubCommit => {
    const [changedAccounts, changedTransfers] = [new Map<string, Account>(), new Map<string, Transfer>()]
    const move = (request: Parameters<typeof applyTransfer>[1]): void => {
      const applied = applyTransfer(books, request, NOW + index)
      invariant(applied.ok, 'the sequence has the money that it moves')
      for (const account of applied.value.accounts) {
        accounts.set(account.id, account)
        changedAccounts.set(account.id, account)
      }
      for (const transfer of applied.value.transfers) {
        transfers.set(transfer.id, transfer)
        changedTransfers.set(transfer.id, transfer)
      }
    }
    if (index === 0) for (const account of firstAccounts()) changedAccounts.set(account.id, account)
    if (index === 0) for (const account of firstAccounts()) accounts.set(account.id, account)
    const random = new Random(`commit ${index + 1} of the hub's crash images ${seed}`)
    if (index === 1)
      for (let wallet = 0; wallet < WALLETS; wallet++) move({ kind: 'single', id: `fund/${wallet}`, debit: BANK, credit: walletOf(wallet), amount: 10n ** 12n })
    if (index > 1) for (let n = random.between(1, 30); n > 0; n--) pay(random, move, NOW + index)
    const changes = { accounts: [...changedAccounts.values()], transfers: [...changedTransfers.values()] }
    // What was stored carries the next version from now on.
    for (const { id } of changes.accounts) stored(accounts, id)
    for (const { id } of changes.transfers) stored(transfers, id)
    return { changes, transfers: [...transfers.values()], accountsAfter: new Map(accounts) }
  })
}

const walletOf = (wallet: number): string => `crash/wallet/${wallet}`

function firstAccounts(): Account[] {
  const wallets = Array.from({ length: WALLETS }, (_, wallet) =>
    openAccount({ id: walletOf(wallet), label: `Wallet ${wallet}`, currency: 'EUR', side: 'credit', rule: 'debits_must_not_exceed_credits' }),
  )
  return [openAccount({ id: BANK, label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' }), ...wallets]
}

function pay(random: Random, move: (request: Parameters<typeof applyTransfer>[1]) => void, now: number): void {
  const payment = makeId(now, random.bytes(10))
  const [from, to] = [random.between(0, WALLETS - 1), random.between(1, WALLETS - 1)]
  const route = { debit: walletOf(from), credit: walletOf((from + to) % WALLETS) }
  move({ kind: 'pending', id: `${payment}/hold`, payment, ...route, amount: BigInt(random.between(1, 9999)), expiresAt: now + 1 })
  move(
    random.chance(0.9)
      ? { kind: 'post', id: `${payment}/post`, pendingId: `${payment}/hold` }
      : { kind: 'void', id: `${payment}/void`, pendingId: `${payment}/hold` },
  )
}

function stored<R extends { readonly version: number }>(rows: Map<string, R>, id: string): void {
  const row = rows.get(id)
  if (row !== undefined) rows.set(id, { ...row, version: row.version + 1 })
}
