import { z } from 'zod'
import { decodeBase45, encodeBase45 } from '../base45.ts'
import { exchangeSchema } from '../exchange/quote.ts'
import { amount, currency, epochMs, id } from '../journal/entry.ts'
import { ok, fail, type Outcome } from '../outcome.ts'

/**
 * The hub's word that a phone paid for what a till's merchant-presented code asked (COSE typ `SPp`, key role `ack`): the hub holds the money. It goes to the
 * till by MQTT, and to the phone, whose owner shows it to a till that cannot hear the hub: `SPP1:` and the base45 of the same bytes, of which a signature has
 * 64 and the rest is JSON; some 600 characters (1,000 with an exchange) of a QR code's alphanumeric mode.
 */
export const paidSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  /** Of the till's request, hex: one nonce is paid once. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  amountMinor: amount.min(1),
  currency,
  /** Pseudonym of who paid. */
  wallet: z.string().regex(/^[0-9a-f]{32}$/),
  /** The payment's, which the till takes for its own: it follows from till and nonce. */
  paymentId: id,
  /** Where the wallet pays in another currency. */
  exchange: exchangeSchema.optional(),
  hubTime: epochMs,
})
export type PaidReceipt = z.infer<typeof paidSchema>

export const PAID_PREFIX = 'SPP1:'
export const MAX_PAID_CHARS = 1400

export const isPaidCode = (text: string): boolean => text.startsWith(PAID_PREFIX)
export const paidCode = (receipt: Uint8Array): string => PAID_PREFIX + encodeBase45(receipt)

/** The signed bytes in what a phone shows; nothing of them is checked yet. Total. */
export function readPaidCode(text: string): Outcome<Uint8Array, 'code.unknown_scheme' | 'code.malformed'> {
  if (!isPaidCode(text)) return fail('code.unknown_scheme')
  if (text.length > MAX_PAID_CHARS) return fail('code.malformed', 'too long')
  const bytes = decodeBase45(text.slice(PAID_PREFIX.length))
  return bytes.ok ? ok(bytes.value) : fail('code.malformed', 'base45')
}
