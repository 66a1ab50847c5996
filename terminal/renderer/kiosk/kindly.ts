import type { ErrorCode } from '#protocol/errors.ts'

/** A remark to a shopper; with `Next` behind it, the key of what they can do about it. */
export type Kindly = 'unknownGoods' | 'code' | 'money' | 'cardNo' | 'offline' | 'sorry'

const goods: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['sale.unknown_product', 'sale.receipt_scanned', 'sale.bad_label'])
const money: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['hub.insufficient_funds', 'acquirer.insufficient_funds', 'acquirer.over_limit', 'credit.used_up'])
/** What a shopper can do nothing about, and what says itself in another place. */
const silent: readonly string[] = ['till.', 'gate.', 'custody.', 'staff.', 'journal.', 'entry.', 'wire.', 'receipt.', 'device.']
const ofCards: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['device.card_not_taken', 'device.card_unreadable', 'device.card_unencrypted'])

/**
 * How a refusal is told to whoever stands before the kiosk: never that a code was forged, a wallet listed or a risk seen, which would teach a thief and
 * shame a customer. Undefined: it is none of their business.
 */
export function kindly(code: ErrorCode): Kindly | undefined {
  if (goods.has(code)) return 'unknownGoods'
  if (money.has(code)) return 'money'
  if (ofCards.has(code) || code.startsWith('card.') || code.startsWith('acquirer.')) return 'cardNo'
  if (code.startsWith('code.') || code.startsWith('hub.') || code.startsWith('credit.')) return 'code'
  if (code.startsWith('policy.') || code.startsWith('scheme.') || code.startsWith('exchange.')) return 'offline'
  return silent.some((start) => code.startsWith(start)) ? undefined : 'sorry'
}
