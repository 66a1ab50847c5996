import type { ErrorCode } from '../errors.ts'
import type { Id } from '../ids.ts'
import type { Currency } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** The bank side of the hub, as the console shows it. Amounts are minor units as decimal text: they may outgrow what JSON's numbers hold. */
export type BankState = {
  /** Who is signed in; without it whoever acts has to name himself. */
  readonly who?: string
  readonly accounts: readonly {
    readonly currency: Currency
    readonly name: string
    readonly iban: string
    /** By the last statement; absent before the first. */
    readonly statements?: number
    readonly day?: string
    readonly closingMinor?: string
    /** What the ledger says is at the bank: the same, or something is wrong. */
    readonly ledgerMinor: string
    /** On the account, and nobody has said yet what it was. */
    readonly unassignedMinor: string
  }[]
  /** Messages that are not validated against their XSD, since there is none. */
  readonly unchecked: readonly string[]
  readonly secondPersonFromMinor: number
  readonly acquirers: readonly string[]
  /** Lines that a person has to explain, the oldest first. */
  readonly open: readonly BankLine[]
  readonly incidents: readonly BankIncident[]
  /** The newest first. */
  readonly files: readonly BankFile[]
}

export type BankFile = {
  readonly id: string
  readonly at: EpochMs
  readonly way: 'out' | 'in'
  readonly name: string
  readonly outcome: 'sent' | 'read' | 'again' | 'quarantined'
  readonly detail: string
}
export type BankIncident = {
  readonly id: string
  readonly at: EpochMs
  readonly code: ErrorCode
  readonly detail: string
  readonly assignedTo?: string
  readonly notes: readonly BankNote[]
}
export type BankNote = { readonly at: EpochMs; readonly by: string; readonly text: string }

/** What a line was: a payout that went out or came back, or a movement between the bank and another account. */
export type BankAssignment =
  | { readonly to: 'payout' | 'returned'; readonly payout: Id }
  | { readonly to: 'fees' | 'own funds' | 'written off' }
  | { readonly to: 'acquirer'; readonly acquirer: string }

export type BankLine = {
  readonly id: string
  readonly currency: Currency
  /** Below zero where money went out. */
  readonly minor: string
  readonly day: string
  readonly text: string
  /** `proposed`: a second person has to agree. */
  readonly state: 'open' | 'proposed' | 'done'
  readonly why: BankWhy | undefined
  readonly as: BankAssignment | undefined
  readonly by: string | undefined
  readonly reason: string | undefined
  readonly agreedBy: string | undefined
  readonly assignedTo: string | undefined
  readonly notes: readonly BankNote[]
  readonly endToEndId: string | undefined
  readonly bankReference: string | undefined
  readonly returned: string | undefined
}

/** Why the hub could not match a line by itself. */
export type BankWhy = 'unknown' | 'other amount' | 'twice' | 'not sent' | 'not settled' | 'more than owed' | 'fee too high'
