import { z } from 'zod'
import { utf8, utf8Text } from '../bytes.ts'
import { parseSign1, sign1, signedTypes, type Sign1 } from '../cose.ts'
import type { Signer } from '../crypto.ts'
import { amount, currency, epochMs, id } from '../journal/entry.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import { statedExchange } from './answers.ts'
import { walletId } from './ask.ts'

/** What the bank says of a payment, signed by its acknowledgement key: a phone keeps it, and whoever is shown it can tell that nothing in it was changed. */
export const walletReceipt = z.strictObject({
  v: z.literal(1),
  wallet: walletId,
  paymentId: id,
  amountMinor: amount,
  /** Of that, what has come back. */
  refundedMinor: amount,
  currency,
  /** Where the wallet paid in its own currency. */
  exchange: statedExchange.optional(),
  merchant: z.string().max(200),
  /** As on the paper. Missing until the till has said it. */
  receiptNumber: z.string().max(64).optional(),
  state: z.string().max(40),
  at: epochMs,
})
export type WalletReceipt = z.infer<typeof walletReceipt>

const MAX_RECEIPT_BYTES = 2048

export const signWalletReceipt = (signer: Signer, receipt: WalletReceipt): Uint8Array => sign1(signer, signedTypes.walletReceipt, utf8(JSON.stringify(receipt)))

/** Taken apart; whether the bank signed it is *not* known yet: a page's verification takes its own time. Total. */
export function readWalletReceipt(bytes: Uint8Array): Outcome<{ readonly receipt: WalletReceipt; readonly envelope: Sign1 }, 'wire.malformed'> {
  if (bytes.length > MAX_RECEIPT_BYTES) return fail('wire.malformed', 'the receipt is too long')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  if (envelope.value.typ !== signedTypes.walletReceipt) return fail('wire.malformed', 'not a receipt')
  try {
    const parsed = walletReceipt.safeParse(JSON.parse(utf8Text(envelope.value.payload)))
    return parsed.success ? ok({ receipt: parsed.data, envelope: envelope.value }) : fail('wire.malformed', z.prettifyError(parsed.error).slice(0, 400))
  } catch {
    return fail('wire.malformed', 'not JSON')
  }
}
