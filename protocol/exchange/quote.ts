import { z } from 'zod'
import { unbase64url, utf8Text } from '../bytes.ts'
import { parseSign1, signedTypes, type Sign1 } from '../cose.ts'
import { amount, currency, epochMs, id } from '../journal/entry.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/** A rate, as `rate.ts` has it: whole units of the wallet's currency for one of the shop's. */
const ratio = z.strictObject({ numerator: z.int().min(1), denominator: z.int().min(1) })

/** In letters that every printer and QR code has, and few of them: it is in every receipt. */
export const rateSource = z.string().regex(/^[!-~][ -~]{0,23}$/)

/** How the money of a payment was exchanged: what its wallet pays, in its own currency, and where the rate is from. */
export const exchangeSchema = z.strictObject({
  /** Of the quote that its owner saw and confirmed. */
  quote: id,
  currency,
  /** With the margin. */
  amountMinor: amount.min(1),
  marginMinor: amount,
  marginPpm: z.int().min(0).max(1_000_000),
  rate: ratio,
  /** Whose rate it is, as they call themselves. */
  source: rateSource,
  rateAt: epochMs,
})
export type Exchange = z.infer<typeof exchangeSchema>

/**
 * What a wallet in another currency would pay for one request of one till (COSE typ `SPq`, key role `ack`). It goes to the phone, whose owner confirms it, and to
 * the till, which shows the same. The hub takes it for that wallet and that request until it expires, and keeps nothing of it before somebody pays.
 */
export const quoteSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  /** Of the till's request. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  /** Pseudonym of whom it is for. */
  wallet: z.string().regex(/^[0-9a-f]{32}$/),
  /** What the shop gets, in its own currency. */
  amountMinor: amount.min(1),
  currency,
  exchange: exchangeSchema,
  hubTime: epochMs,
  expiresAt: epochMs,
})
export type Quote = z.infer<typeof quoteSchema>

const MAX_QUOTE_BYTES = 1024

/** Taken apart (base64url of its signed bytes); whether the hub signed it is *not* known yet: a page's verification takes its own time. Total. */
export function readQuote(text: string): Outcome<{ readonly quote: Quote; readonly envelope: Sign1 }, 'wire.malformed'> {
  const bytes = unbase64url(text)
  if (bytes === undefined || bytes.length > MAX_QUOTE_BYTES) return fail('wire.malformed', 'no quote')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  if (envelope.value.typ !== signedTypes.quote) return fail('wire.malformed', 'not a quote')
  try {
    const parsed = quoteSchema.safeParse(JSON.parse(utf8Text(envelope.value.payload)))
    return parsed.success ? ok({ quote: parsed.data, envelope: envelope.value }) : fail('wire.malformed', z.prettifyError(parsed.error).slice(0, 400))
  } catch {
    return fail('wire.malformed', 'not JSON')
  }
}
