import type { DocumentRow } from '../store/documents.ts'
import { asText } from './window.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What a merchant has owed for too long and is asked for. Later payouts are set off against it first. */
export type Claim = {
  readonly id: Id
  readonly merchant: Id
  readonly currency: Currency
  readonly amountMinor: bigint
  /** Set off against payouts, paid by the merchant, or given up. */
  readonly paidMinor: bigint
  /** By which lines of statements the merchant has paid. */
  readonly payments?: readonly string[]
  readonly state: 'open' | 'paid' | 'written_off'
  readonly openedAt: EpochMs
  /** Somebody wants to give it up, and another person has to agree. */
  readonly writeOff?: { readonly by: string; readonly reason: string; readonly at: EpochMs }
  readonly writtenOffBy?: string
}

/** Claims of a merchant and currency sort together; there are few. */
export const claimDocument = ({ merchant, currency, id }: Pick<Claim, 'merchant' | 'currency' | 'id'>): string => `claim/${merchant}.${currency}.${id}`
export const claimsPrefix = (merchant: Id, currency: Currency): string => `claim/${merchant}.${currency}.`

export const readClaim = ({ body }: DocumentRow): Claim => {
  const said = JSON.parse(body) as Omit<Claim, 'amountMinor' | 'paidMinor'> & { readonly amountMinor: string; readonly paidMinor: string }
  return { ...said, amountMinor: BigInt(said.amountMinor), paidMinor: BigInt(said.paidMinor) }
}
export const claimRow = (claim: Claim, version: number): DocumentRow => ({
  id: claimDocument(claim),
  version,
  dueAt: undefined,
  body: JSON.stringify(claim, asText),
})
export const leftOf = ({ amountMinor, paidMinor }: Claim): bigint => amountMinor - paidMinor
