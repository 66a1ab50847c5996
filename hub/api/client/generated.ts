// Made from docs/openapi.json by hub/api/v1/describe-cli.ts: change the routes, not this.
import { ask, type ApiAccess, type ApiAnswer } from './ask.ts'

export type Payment = {
  readonly id: string
  readonly state:
    | 'INTENDED'
    | 'UNKNOWN'
    | 'HELD'
    | 'ACCEPTED_OFFLINE'
    | 'EXPIRED'
    | 'CAPTURED'
    | 'RETRY'
    | 'RECOVERY'
    | 'RECOVERED'
    | 'WRITTEN_OFF'
    | 'REFUNDED'
    | 'DECLINED'
    | 'VOIDED'
    | 'REVERSED'
    | 'REJECTED'
    | 'QUARANTINED'
  readonly amountMinor: number
  readonly currency: string
  readonly capturedMinor: number
  readonly refundedMinor: number
  readonly instrument?: 'show' | 'bound' | 'cash' | 'credit' | 'card' | 'merchant_qr' | 'scheme'
  readonly receiptNumber?: string
  readonly createdAt: string
  readonly settledAt?: string
  readonly exchange?: {
    readonly quoteId: string
    readonly currency: string
    readonly amountMinor: number
    readonly marginMinor: number
    readonly marginPpm: number
    readonly returnedMinor: number
    readonly rate: { readonly numerator: number; readonly denominator: number }
    readonly source: string
    readonly rateAt: string
  }
}
export type Payout = {
  readonly id: string
  readonly state: 'proposed' | 'approved' | 'sent' | 'accepted' | 'settled' | 'rejected' | 'returned'
  readonly amountMinor: string
  readonly currency: string
  readonly account: { readonly iban: string; readonly name: string; readonly bic?: string }
  readonly windows: readonly string[]
  readonly createdAt: string
  readonly createdBy: string
  readonly approvedBy?: string
  readonly digest: string
}
export type Escrow = {
  readonly payment: string
  readonly state: 'held' | 'disputed' | 'proposed' | 'released' | 'refunded' | 'split'
  readonly amountMinor: number
  readonly currency: string
  readonly about: string
  readonly deadline: string
  readonly atDeadline: 'release' | 'refund'
  readonly evidenceUntil?: string
  readonly said: readonly { readonly side: 'buyer' | 'seller'; readonly words: string; readonly at: string }[]
  readonly endedAt?: string
  readonly refundedMinor?: number
}
export type Client = {
  readonly id: string
  readonly name: string
  readonly merchant: string
  readonly scopes: readonly (
    | 'payments:read'
    | 'payments:write'
    | 'merchants:read'
    | 'merchants:propose'
    | 'settlement:read'
    | 'payouts:read'
    | 'payouts:approve'
    | 'escrows:read'
    | 'escrows:write'
    | 'webhooks:manage'
    | 'clients:manage'
    | 'audit:read'
  )[]
  readonly keys: readonly { readonly id: string; readonly createdAt: string; readonly lastUsedAt?: string }[]
}

/** The hub's API. Every function answers with a value, or with the problem that the hub told. */
export const apiClient = (access: ApiAccess) => ({
  /** Payments, newest first. */
  listPayments: (query: { limit?: number; cursor?: string } = {}): Promise<ApiAnswer<{ readonly items: readonly Payment[]; readonly next?: string }>> =>
    ask(access, { method: 'GET', path: '/v1/payments', query }),
  /** A payment of a sandbox merchant, captured and settled at once. Real payments are taken by tills. */
  createPayment: (
    body: { readonly amountMinor: number; readonly currency: string; readonly receiptNumber?: string },
    idempotencyKey: string,
  ): Promise<ApiAnswer<Payment>> => ask(access, { method: 'POST', path: '/v1/payments', body, idempotencyKey }),
  /** One payment. */
  getPayment: (id: string): Promise<ApiAnswer<Payment>> => ask(access, { method: 'GET', path: `/v1/payments/${encodeURIComponent(id)}` }),
  /** Tries again for the money of a captured payment that has none. */
  retryPayment: (id: string, idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string }>> =>
    ask(access, { method: 'POST', path: `/v1/payments/${encodeURIComponent(id)}/retry`, body: {}, idempotencyKey }),
  /** Gives up a captured payment whose money never came, for good. */
  writeOffPayment: (id: string, body: { readonly reason: string }, idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string }>> =>
    ask(access, { method: 'POST', path: `/v1/payments/${encodeURIComponent(id)}/write-off`, body, idempotencyKey }),
  /** The merchant that asks, with the terms in force. Nobody sees another one. */
  listMerchants: (): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly id: string
        readonly name: string
        readonly legalName?: string
        readonly country?: string
        readonly state: 'active' | 'held'
        readonly timeZone: string
        readonly cutOff: string
        readonly stores: readonly { readonly id: string; readonly name: string }[]
        readonly fees: {
          readonly rates: readonly {
            readonly instrument: 'wallet' | 'card' | 'scheme'
            readonly tiers: readonly { readonly fromMinor: number; readonly ppm: number }[]
            readonly fixedMinor: number
            readonly minimumMinor: number
            readonly maximumMinor?: number
          }[]
          readonly taxPpm: number
          readonly atRefund: 'kept' | 'returned'
          readonly chargebackMinor: number
        }
        readonly version: number
        readonly account?: { readonly iban: string; readonly name: string; readonly bic?: string }
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/merchants' }),
  /** Who changed which of its terms, from what to what, newest first. */
  listMerchantVersions: (): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly version: number
        readonly by: string
        readonly at: string
        readonly from: string
        readonly state: 'agreed' | 'proposed' | 'withdrawn'
        readonly decidedBy?: string
        readonly changes: readonly { readonly field: string; readonly before: string; readonly after: string }[]
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/merchant-versions' }),
  /** Proposes another name, place, cut-off or account. It counts when a person at the hub has agreed. */
  proposeMerchantVersion: (
    body: {
      readonly before: number
      readonly from?: string
      readonly name?: string
      readonly legalName?: string
      readonly country?: string
      readonly timeZone?: string
      readonly cutOff?: string
      readonly account?: { readonly iban: string; readonly name: string; readonly bic?: string }
    },
    idempotencyKey: string,
  ): Promise<
    ApiAnswer<{
      readonly version: number
      readonly by: string
      readonly at: string
      readonly from: string
      readonly state: 'agreed' | 'proposed' | 'withdrawn'
      readonly decidedBy?: string
      readonly changes: readonly { readonly field: string; readonly before: string; readonly after: string }[]
    }>
  > => ask(access, { method: 'POST', path: '/v1/merchant-versions', body, idempotencyKey }),
  /** Settlement windows, by currency, the last end first. */
  listSettlementWindows: (
    query: { limit?: number; cursor?: string } = {},
  ): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly id: string
        readonly currency: string
        readonly startsAt: string
        readonly endsAt: string
        readonly state: 'open' | 'closed'
        readonly postings: number
        readonly totals: {
          readonly sales: string
          readonly refunds: string
          readonly tips: string
          readonly chargebacks: string
          readonly reserve: string
          readonly claims: string
          readonly returned: string
          readonly other: string
          readonly fees: string
          readonly feeTax: string
        }
        readonly netMinor: string
        readonly payout?: string
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/settlement-windows', query }),
  /** Payouts, newest first. */
  listPayouts: (
    query: { limit?: number; cursor?: string; state?: 'proposed' | 'approved' | 'sent' | 'accepted' | 'settled' | 'rejected' | 'returned' } = {},
  ): Promise<ApiAnswer<{ readonly items: readonly Payout[]; readonly next?: string }>> => ask(access, { method: 'GET', path: '/v1/payouts', query }),
  /** One payout. */
  getPayout: (id: string): Promise<ApiAnswer<Payout>> => ask(access, { method: 'GET', path: `/v1/payouts/${encodeURIComponent(id)}` }),
  /** Approves a payout as it was shown. Not by who proposed it, nor by who named the account. */
  approvePayout: (id: string, body: { readonly digest: string }, idempotencyKey: string): Promise<ApiAnswer<Payout>> =>
    ask(access, { method: 'POST', path: `/v1/payouts/${encodeURIComponent(id)}/approve`, body, idempotencyKey }),
  /** Money that is held for deliveries, or was, by payment, newest first. */
  listEscrows: (
    query: { limit?: number; cursor?: string; state?: 'open' | 'ended' } = {},
  ): Promise<ApiAnswer<{ readonly items: readonly Escrow[]; readonly next?: string }>> => ask(access, { method: 'GET', path: '/v1/escrows', query }),
  /** Holds money of a payment by wallet until its buyer has what was bought, or until a deadline. */
  openEscrow: (
    body: { readonly payment: string; readonly amountMinor: number; readonly about: string; readonly days: number; readonly atDeadline: 'release' | 'refund' },
    idempotencyKey: string,
  ): Promise<ApiAnswer<Escrow>> => ask(access, { method: 'POST', path: '/v1/escrows', body, idempotencyKey }),
  /** What is held of one payment. */
  getEscrow: (id: string): Promise<ApiAnswer<Escrow>> => ask(access, { method: 'GET', path: `/v1/escrows/${encodeURIComponent(id)}` }),
  /** What happened, in the seller’s words, while it is disputed. */
  addEscrowEvidence: (id: string, body: { readonly words: string }, idempotencyKey: string): Promise<ApiAnswer<Escrow>> =>
    ask(access, { method: 'POST', path: `/v1/escrows/${encodeURIComponent(id)}/evidence`, body, idempotencyKey }),
  /** Gives everything that is held back to the buyer. */
  giveUpEscrow: (id: string, body: { readonly words: string }, idempotencyKey: string): Promise<ApiAnswer<Escrow>> =>
    ask(access, { method: 'POST', path: `/v1/escrows/${encodeURIComponent(id)}/give-up`, body, idempotencyKey }),
  /** Exchange rates, as ratios of two integers. One that is held has jumped, and waits for a person. */
  listRates: (): Promise<
    ApiAnswer<{
      readonly currency: string
      readonly marginPpm: number
      readonly quoteSeconds: number
      readonly stale: boolean
      readonly source?: string
      readonly at?: string
      readonly rates: readonly { readonly currency: string; readonly numerator: number; readonly denominator: number; readonly held: boolean }[]
    }>
  > => ask(access, { method: 'GET', path: '/v1/rates' }),
  /** Who is told of events. */
  listWebhookEndpoints: (): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly id: string
        readonly url: string
        readonly types: readonly (
          | 'payment.settled'
          | 'payment.refunded'
          | 'payout.proposed'
          | 'payout.approved'
          | 'payout.sent'
          | 'payout.accepted'
          | 'payout.settled'
          | 'payout.rejected'
          | 'payout.returned'
          | 'escrow.held'
          | 'escrow.disputed'
          | 'escrow.ended'
        )[]
        readonly createdAt: string
        readonly failingSince?: string
        readonly disabledAt?: string
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/webhook-endpoints' }),
  /** Events are sent to this address from now on. The secret to check them with is told this once. */
  createWebhookEndpoint: (
    body: {
      readonly url: string
      readonly types?: readonly (
        | 'payment.settled'
        | 'payment.refunded'
        | 'payout.proposed'
        | 'payout.approved'
        | 'payout.sent'
        | 'payout.accepted'
        | 'payout.settled'
        | 'payout.rejected'
        | 'payout.returned'
        | 'escrow.held'
        | 'escrow.disputed'
        | 'escrow.ended'
      )[]
    },
    idempotencyKey: string,
  ): Promise<
    ApiAnswer<{
      readonly id: string
      readonly url: string
      readonly types: readonly (
        | 'payment.settled'
        | 'payment.refunded'
        | 'payout.proposed'
        | 'payout.approved'
        | 'payout.sent'
        | 'payout.accepted'
        | 'payout.settled'
        | 'payout.rejected'
        | 'payout.returned'
        | 'escrow.held'
        | 'escrow.disputed'
        | 'escrow.ended'
      )[]
      readonly createdAt: string
      readonly failingSince?: string
      readonly disabledAt?: string
      readonly secret: string
    }>
  > => ask(access, { method: 'POST', path: '/v1/webhook-endpoints', body, idempotencyKey }),
  /** Another secret, told this once. The one before signs as well for another day. */
  rotateWebhookSecret: (id: string, idempotencyKey: string): Promise<ApiAnswer<{ readonly secret: string; readonly oldEndsAt: string }>> =>
    ask(access, { method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(id)}/secret`, body: {}, idempotencyKey }),
  /** Sends again to an address that was given up. */
  enableWebhookEndpoint: (
    id: string,
    idempotencyKey: string,
  ): Promise<
    ApiAnswer<{
      readonly id: string
      readonly url: string
      readonly types: readonly (
        | 'payment.settled'
        | 'payment.refunded'
        | 'payout.proposed'
        | 'payout.approved'
        | 'payout.sent'
        | 'payout.accepted'
        | 'payout.settled'
        | 'payout.rejected'
        | 'payout.returned'
        | 'escrow.held'
        | 'escrow.disputed'
        | 'escrow.ended'
      )[]
      readonly createdAt: string
      readonly failingSince?: string
      readonly disabledAt?: string
    }>
  > => ask(access, { method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(id)}/enable`, body: {}, idempotencyKey }),
  /** Nothing is sent there any more. */
  deleteWebhookEndpoint: (id: string, idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string }>> =>
    ask(access, { method: 'DELETE', path: `/v1/webhook-endpoints/${encodeURIComponent(id)}`, body: {}, idempotencyKey }),
  /** What happened, newest first, as webhooks tell it. Kept for thirty days. */
  listEvents: (
    query: { limit?: number; cursor?: string } = {},
  ): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly id: string
        readonly type:
          | 'payment.settled'
          | 'payment.refunded'
          | 'payout.proposed'
          | 'payout.approved'
          | 'payout.sent'
          | 'payout.accepted'
          | 'payout.settled'
          | 'payout.rejected'
          | 'payout.returned'
          | 'escrow.held'
          | 'escrow.disputed'
          | 'escrow.ended'
        readonly subject: string
        readonly at: string
        readonly data: {}
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/events', query }),
  /** Sends an event again, to everybody who is told now. */
  replayEvent: (id: string, idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string }>> =>
    ask(access, { method: 'POST', path: `/v1/events/${encodeURIComponent(id)}/replay`, body: {}, idempotencyKey }),
  /** Who asks, and with which keys he may. */
  getClient: (): Promise<ApiAnswer<Client>> => ask(access, { method: 'GET', path: '/v1/client' }),
  /** Another API key, told this once. */
  createKey: (idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string; readonly key: string }>> =>
    ask(access, { method: 'POST', path: '/v1/client/keys', body: {}, idempotencyKey }),
  /** A key counts no more. */
  revokeKey: (id: string, idempotencyKey: string): Promise<ApiAnswer<{ readonly id: string }>> =>
    ask(access, { method: 'DELETE', path: `/v1/client/keys/${encodeURIComponent(id)}`, body: {}, idempotencyKey }),
  /** Another secret to get tokens with, told this once. The one before counts for another day. */
  rotateSecret: (idempotencyKey: string): Promise<ApiAnswer<{ readonly secret: string; readonly oldEndsAt: string }>> =>
    ask(access, { method: 'POST', path: '/v1/client/secret', body: {}, idempotencyKey }),
  /** Who did or tried what, newest first. */
  listAudit: (
    query: { limit?: number; cursor?: string } = {},
  ): Promise<
    ApiAnswer<{
      readonly items: readonly {
        readonly n: number
        readonly at: string
        readonly who: string
        readonly action: string
        readonly target: string
        readonly outcome: string
        readonly hash: string
      }[]
      readonly next?: string
    }>
  > => ask(access, { method: 'GET', path: '/v1/audit', query }),
})
