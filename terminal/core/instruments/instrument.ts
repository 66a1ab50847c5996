import type { Crypto } from '#protocol/crypto.ts'
import type { Card } from '#protocol/device/messages.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { MadeRequest } from '#protocol/payment-code/request.ts'
import type { DurationMs, EpochMs } from '#protocol/time.ts'
import type { Authority } from '../authority.ts'
import type { SpentCodes } from '../spent-codes.ts'
import type { TillClock } from '../till-clock.ts'
import type { Instrumental } from './payer.ts'

/** Something that a customer holds out to pay with. `text`: what the scanner read, or what names this one swipe. */
export type Shown = { readonly type: 'code'; readonly text: string } | { readonly type: 'card'; readonly text: string; readonly card: Card }

/** What is to be paid with it: minor units. `request`: what a phone may confirm. */
export type ToPay = { readonly amountMinor: Minor; readonly currency: Currency; readonly request: MadeRequest }

/** An instrument that can pay, and all that its intent and its record need of it. */
export type Presented = {
  /** Of what is to be paid: an instrument with less on it pays a part. */
  readonly amountMinor: Minor
  /** As the journal says it. */
  readonly instrument: EntryBody<'payment.intended'>['instrument']
  readonly payer: Instrumental
  /** When it was found that it can pay: its entry says the same, or the hub would measure its age differently. */
  readonly at: EpochMs
  /** How old the code was then; undefined for what has no age. */
  readonly codeAgeMs?: DurationMs
  /** What has to be stored with the intent that uses it up. */
  readonly put: Record<string, string>
}

export type InstrumentPorts = {
  readonly crypto: Crypto
  readonly clock: TillClock
  readonly authority: Authority
  readonly spentCodes: SpentCodes
}

/** One kind of instrument. Judging spends nothing and writes nothing. */
export type Instrument = {
  /** Whether this is meant to be one of its kind, whatever it then turns out to be. */
  isOne(shown: Shown): boolean
  /** Whether it can pay this: genuine, fresh, unused here, for this amount. */
  judge(shown: Shown, toPay: ToPay): Outcome<Presented>
}
