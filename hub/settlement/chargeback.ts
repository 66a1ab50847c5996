import type { DocumentRow } from '../store/documents.ts'
import { asText } from './window.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * A customer's bank has taken a payment back, and the acquirer took it off the hub: so the hub takes it off the merchant, who may show evidence until a deadline.
 * `won`: the acquirer gives it back. Pure.
 */
export type ChargebackState = 'open' | 'represented' | 'won' | 'lost'
export type ChargebackEvent = 'represent' | 'win' | 'lose'

export type Chargeback = {
  readonly id: Id
  readonly payment: Id
  readonly merchant: Id
  readonly currency: Currency
  readonly amountMinor: number
  /** The scheme's, as the acquirer says it: `10.4`, `4853`. */
  readonly reason: string
  /** Under which the acquirer knows it. */
  readonly reference: string
  readonly openedAt: EpochMs
  readonly evidenceUntil: EpochMs
  readonly state: ChargebackState
  readonly steps: readonly { readonly event: ChargebackEvent; readonly by: string; readonly at: EpochMs; readonly note: string }[]
}

const next: Readonly<Record<ChargebackState, Partial<Record<ChargebackEvent, ChargebackState>>>> = {
  open: { represent: 'represented', lose: 'lost' },
  represented: { win: 'won', lose: 'lost' },
  won: {},
  lost: {},
}

/** Evidence that comes too late is no evidence. */
export function nextChargebackState(
  { state, evidenceUntil }: Pick<Chargeback, 'state' | 'evidenceUntil'>,
  event: ChargebackEvent,
  at: EpochMs,
): Outcome<ChargebackState, 'chargeback.wrong_state'> {
  const after = next[state][event]
  if (after === undefined) return fail('chargeback.wrong_state', `${event} of a chargeback that is ${state}`)
  return event === 'represent' && at > evidenceUntil ? fail('chargeback.wrong_state', 'the time for evidence is over') : ok(after)
}

export const chargebackDocument = (id: Id): string => `chargeback/${id}`
export const readChargeback = ({ body }: DocumentRow): Chargeback => JSON.parse(body) as Chargeback
/** Due when nobody has shown evidence in time. */
export const chargebackRow = (chargeback: Chargeback, version: number): DocumentRow => ({
  id: chargebackDocument(chargeback.id),
  version,
  dueAt: chargeback.state === 'open' ? chargeback.evidenceUntil + 1 : undefined,
  body: JSON.stringify(chargeback, asText),
})
