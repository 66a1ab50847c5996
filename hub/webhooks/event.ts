/** What webhooks tell of. */
export const eventTypes = [
  'payment.settled',
  'payment.refunded',
  'payout.proposed',
  'payout.approved',
  'payout.sent',
  'payout.accepted',
  'payout.settled',
  'payout.rejected',
  'payout.returned',
  'escrow.held',
  'escrow.disputed',
  'escrow.ended',
] as const
export type EventType = (typeof eventTypes)[number]

/** `subject`: the id of what it happened to. `data`: JSON, as the API shows it. */
export type HubEvent = { readonly type: EventType; readonly merchant: string; readonly subject: string; readonly data: object }

export const isEventType = (text: string): text is EventType => eventTypes.some((type) => type === text)
