import type { DocumentRow } from '../store/documents.ts'
import { asText } from './window.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What closed windows came to, on its way to a merchant's bank. Pure. */
export const payoutStates = ['proposed', 'approved', 'sent', 'accepted', 'settled', 'rejected', 'returned'] as const
export type PayoutState = (typeof payoutStates)[number]
/** `reject`: it never left, or the bank refused it. `return`: it came back from the other bank. In both cases it is the merchant's again. */
export type PayoutEvent = 'approve' | 'send' | 'accept' | 'settle' | 'reject' | 'return'

export type PayoutAccount = { readonly iban: string; readonly name: string; readonly bic?: string | undefined }
export type Payout = {
  readonly payoutId: Id
  readonly merchant: Id
  readonly currency: Currency
  readonly amountMinor: bigint
  /** Ids of the windows that it pays, the oldest first. */
  readonly windows: readonly string[]
  /** As it was when it was proposed. What a merchant changes later is for later payouts. */
  readonly account: PayoutAccount
  /** Who named that account. */
  readonly accountBy: string
  readonly state: PayoutState
  readonly createdBy: string
  readonly createdAt: EpochMs
  readonly approvedBy?: string
  /** It had left before the hub was put back to a backup that knows nothing of it: what it came to was taken off the merchant once more, and off no window. */
  readonly adopted?: true
  /** Everything that was done with it. `ref`: of the file or the statement that says so. */
  readonly steps: readonly { readonly event: PayoutEvent; readonly by: string; readonly at: EpochMs; readonly ref?: string }[]
}

const steps: Readonly<Record<PayoutState, Partial<Record<PayoutEvent, PayoutState>>>> = {
  proposed: { approve: 'approved', reject: 'rejected' },
  approved: { send: 'sent', reject: 'rejected' },
  // A bank may book what it never said that it accepted.
  sent: { accept: 'accepted', settle: 'settled', reject: 'rejected' },
  accepted: { settle: 'settled', reject: 'rejected' },
  settled: { return: 'returned' },
  rejected: {},
  returned: {},
}

export function nextPayoutState(state: PayoutState, event: PayoutEvent): Outcome<PayoutState, 'payout.wrong_state'> {
  const next = steps[state][event]
  return next === undefined ? fail('payout.wrong_state', `${event} of a payout that is ${state}`) : ok(next)
}

/** The same again is answered as it was, whoever repeats a message; but nobody takes another person's approval for his own. */
export const isRepeated = ({ steps: done }: Payout, event: PayoutEvent, by: string, ref: string | undefined): boolean =>
  done.some((step) => step.event === event && step.ref === ref && (event !== 'approve' || step.by === by))

/** SHA-256, hex, over everything that whoever approves has to have seen. */
export function digestOf(crypto: Pick<Crypto, 'sha256'>, { payoutId, merchant, currency, amountMinor, windows, account }: Payout): string {
  return hex(
    crypto.sha256(
      utf8(
        JSON.stringify([
          'payout',
          payoutId,
          merchant,
          currency,
          String(amountMinor),
          windows,
          account.iban,
          account.name,
          ...(account.bic === undefined ? [] : [account.bic]),
        ]),
      ),
    ),
  )
}

/** Who proposed it does not approve it, nor does who named the account that it goes to (four eyes). */
export const mayApprove = ({ createdBy, accountBy }: Payout, by: string): boolean => by !== createdBy && by !== accountBy

// ---------------------------------------------------------------- as documents

export const payoutDocument = (id: Id): string => `payout/${id}`
export const readPayout = ({ body }: DocumentRow): Payout => {
  const said = JSON.parse(body) as Omit<Payout, 'amountMinor'> & { readonly amountMinor: string }
  return { ...said, amountMinor: BigInt(said.amountMinor) }
}
export const payoutRow = (payout: Payout, version: number): DocumentRow => ({
  id: payoutDocument(payout.payoutId),
  version,
  dueAt: undefined,
  body: JSON.stringify(payout, asText),
})
