import type { Changes } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { Trace } from './trace.ts'

/** What is kept of a payout, as its document has it. Read here a second time on purpose. */
type Said = {
  readonly payoutId: string
  readonly merchant: string
  readonly currency: string
  readonly amountMinor: string
  readonly account: { readonly iban: string; readonly name: string }
  readonly windows: readonly string[]
  readonly state: string
  readonly createdBy: string
  readonly accountBy: string
  readonly approvedBy?: string
  readonly adopted?: true
}

/** What may follow what, written down a second time. A hub that is put back to a backup finds what has left as `sent`, whatever it knew of it. */
const law: Readonly<Record<string, readonly string[]>> = {
  proposed: ['approved', 'rejected', 'sent'],
  approved: ['sent', 'rejected'],
  sent: ['accepted', 'settled', 'rejected'],
  accepted: ['settled', 'rejected'],
  settled: ['returned'],
  rejected: [],
  returned: [],
}

/**
 * Looks at every commit that touches a payout or the account at the bank: an approved payout never changes, each step moves exactly its amount, two people stand
 * behind it, and the ledger's account at the bank is what its last statement says (invariant 12).
 */
export class PayoutWatch {
  readonly #payouts = new Map<string, Said>()
  readonly #atBank = new Map<string, bigint>()
  readonly #trace: Trace

  constructor(trace: Trace) {
    this.#trace = trace
  }

  restored({ rows }: MemoryDisk): void {
    this.#payouts.clear()
    this.#atBank.clear()
    for (const { id, body } of rows.documents.values()) if (id.startsWith('payout/')) this.#payouts.set(id, JSON.parse(body) as Said)
    for (const { id, debitsPosted, creditsPosted } of rows.accounts.values()) if (id.startsWith('bank/')) this.#atBank.set(id, debitsPosted - creditsPosted)
  }

  committed({ documents = [], transfers = [], accounts = [] }: Changes): void {
    for (const { id, debitsPosted, creditsPosted } of accounts) if (id.startsWith('bank/')) this.#atBank.set(id, debitsPosted - creditsPosted)
    for (const { id, body } of documents) {
      if (id.startsWith('payout/')) this.#payout(id, JSON.parse(body) as Said, transfers)
      if (id.startsWith('bank-account/')) this.#statement(id.slice('bank-account/'.length), (JSON.parse(body) as { readonly closing: string }).closing)
    }
    for (const { debit, credit, id } of transfers) {
      if (!debit.startsWith('bank/') && !credit.startsWith('bank/')) continue
      const currency = (debit.startsWith('bank/') ? debit : credit).slice('bank/'.length)
      if (!documents.some((row) => row.id === `bank-account/${currency}`)) this.#trace.violation(12, `${id} moves money at the bank that no statement is about`)
    }
  }

  #statement(currency: string, closing: string): void {
    const holds = this.#atBank.get(`bank/${currency}`) ?? 0n
    if (holds !== BigInt(closing))
      this.#trace.violation(12, `the last statement in ${currency} ends with ${closing}, and the ledger says ${holds} are at the bank`)
  }

  #payout(id: string, now: Said, transfers: NonNullable<Changes['transfers']>): void {
    const before = this.#payouts.get(id)
    this.#payouts.set(id, now)
    const allowed = before === undefined ? [now.adopted === true ? 'sent' : 'proposed'] : (law[before.state] ?? [])
    if (!allowed.includes(now.state)) this.#trace.violation(12, `${id} went from ${before?.state ?? 'nothing'} to ${now.state}`)
    if (before !== undefined && termsOf(before) !== termsOf(now)) this.#trace.violation(12, `${id} was changed when it was ${before.state}`)
    if (now.state === 'approved' && (now.approvedBy === undefined || now.approvedBy === now.createdBy || now.approvedBy === now.accountBy))
      this.#trace.violation(12, `${id} was approved by ${now.approvedBy ?? 'nobody'}, who proposed it or named its account`)
    const moved = transfers.filter((transfer) => transfer.id.startsWith(`${id}/`))
    if (moved.length === 0 || moved.some(({ amount }) => amount !== BigInt(now.amountMinor)))
      this.#trace.violation(12, `${id} is ${now.state}, and its money moved ${moved.map(({ amount }) => amount).join(' and ') || 'not at all'}`)
  }
}

const termsOf = ({ merchant, currency, amountMinor, account, windows }: Said): string =>
  JSON.stringify([merchant, currency, amountMinor, account.iban, account.name, windows])
