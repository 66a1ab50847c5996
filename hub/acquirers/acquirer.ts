import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What an acquirer can be asked. `authorise` reserves, `capture` takes what was reserved, `sale` does both at once (for what a till took alone), `refund`
 * gives some of it back, and `reverse` undoes another exchange, whether the acquirer ever heard of that or not.
 */
export type ExchangeKind = 'authorise' | 'sale' | 'capture' | 'refund' | 'reverse'

/** How an exchange is found again: by its trace number and when it was sent. Both are durable here before anything is sent. */
export type ExchangeRef = {
  readonly kind: Exclude<ExchangeKind, 'reverse'>
  /** System trace audit number: 1 to 999999, not twice within a day. */
  readonly stan: number
  /**
   * Retrieval reference number, 12 characters, made of the payment and of the how-manieth time that this is asked for it: a hub that was put back to a backup asks
   * under the same number again, and an acquirer that has done it already says so and does nothing.
   */
  readonly rrn: string
  readonly at: EpochMs
  readonly amountMinor: Minor
}

export type Exchange = (ExchangeRef | (Omit<ExchangeRef, 'kind'> & { readonly kind: 'reverse'; readonly why: 'no_answer' | 'voided' })) & {
  /** Of a capture, a refund or a reversal: the exchange that it is about. */
  readonly of?: ExchangeRef & { readonly approvalCode?: string }
}

/**
 * What names the card in a message. A `track` is what the reader encrypted, for the first attempt alone: once an answer has come it must not be kept (PCI DSS
 * 4.0 §3.3.1), even encrypted. A `number` is what the key service has sealed of it: the number and the expiry date.
 */
export type CardSecret =
  | {
      readonly is: 'track'
      readonly scheme: 'tdes-dukpt-pin' | 'tdes-dukpt-data' | 'aes-dukpt-data'
      readonly ksn: string
      readonly track1?: string | undefined
      readonly track2?: string | undefined
    }
  | { readonly is: 'number'; readonly sealed: string }

/** The code on the phone of another scheme's customer: good once, and for a minute. */
export type Secret = CardSecret | { readonly is: 'code'; readonly code: string }

export type Asking = {
  readonly payment: Id
  readonly exchange: Exchange
  readonly currency: Currency
  /** From 0: an acquirer is told that it may have heard this before. */
  readonly repeat: number
  readonly maskedPan: string
  /** Missing where the acquirer finds the card by the exchange that this one is about. */
  readonly secret?: Secret
}

/**
 * `silence`: it may have heard. `unsent`: it has not. `unreadable`: the card could not be opened, and nothing was sent.
 * A `declined` code is a response code of ISO 8583 (field 39), two characters.
 */
export type Answer =
  | { readonly type: 'approved'; readonly approvalCode?: string }
  | { readonly type: 'declined'; readonly code: string }
  | { readonly type: 'silence' }
  | { readonly type: 'unsent' }
  | { readonly type: 'unreadable'; readonly code: 'card.unknown_reader' | 'card.forged' | 'card.unreadable' }

export type AcquirerState = {
  readonly link: 'ready' | 'connecting' | 'refused'
  readonly since: EpochMs
  readonly answered: number
  readonly silent: number
  readonly stray: number
}

/** One who gets money from cards or from another scheme's wallets: `connector.ts` over TCP, `alipay/`, and the simulation's. */
export interface Acquirer {
  readonly id: string
  readonly state: AcquirerState
  /** What may be asked again after a crash, because it is known by its number: every other exchange without an answer is reversed. */
  readonly repeatable?: readonly ExchangeKind[]
  ask(asking: Asking): Promise<Answer>
  close(): void
}
