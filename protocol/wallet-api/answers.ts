import { z } from 'zod'
import { exchangeSchema } from '../exchange/quote.ts'
import { amount, currency, epochMs } from '../journal/entry.ts'
import { phoneKey, walletId, walletNonce } from './ask.ts'
import { faceUse } from '../faces/messages.ts'

/** What a bank answers a phone: `POST /wallet/nonce` and `POST /wallet/ask`. */
export const nonceAnswer = z.object({ nonce: walletNonce })

/** Balances are what may be spent: less holds, and never below zero but in books that are wrong. */
const balance = { balanceMinor: z.int(), currency }

export const credentialAnswer = z.object({
  ...balance,
  wallet: walletId,
  /** Signed, hex. */
  credential: z
    .string()
    .max(4096)
    .regex(/^(?:[0-9a-f]{2})+$/),
  expiresAtMs: epochMs,
})
export type CredentialAnswer = z.infer<typeof credentialAnswer>

/** Of a payment whose money is held for a delivery. */
export const statedEscrow = z.object({
  amountMinor: amount,
  about: z.string().max(500),
  state: z.string().max(40),
  deadline: epochMs,
  atDeadline: z.enum(['release', 'refund']),
  /** Of a refund at the deadline so much stays the shop's. */
  forfeitMinor: amount.optional(),
  /** Of a dispute: until then both sides may say what happened. */
  evidenceUntil: epochMs.optional(),
  said: z.array(z.object({ side: z.enum(['buyer', 'seller']), words: z.string().max(500), at: epochMs })).max(40),
  /** When it has ended: what of it came back. */
  refundedMinor: amount.optional(),
})
export type StatedEscrow = z.infer<typeof statedEscrow>

/** Of a payment that the wallet pays in its own currency: what it has got back of it, in that. */
export const statedExchange = exchangeSchema.extend({ returnedMinor: amount })
export type StatedExchange = z.infer<typeof statedExchange>

const payment = z.object({
  paymentId: z.string().max(64),
  amountMinor: amount,
  merchant: z.string().max(200),
  at: epochMs,
  state: z.string().max(40),
  /** The bank's signed receipt, hex: see `receipt.ts`. */
  receipt: z
    .string()
    .max(4096)
    .regex(/^(?:[0-9a-f]{2})+$/)
    .optional(),
  escrow: statedEscrow.optional(),
  /** In which `amountMinor` is, where that is not the wallet's own currency, and what the wallet pays. */
  currency: currency.optional(),
  exchange: statedExchange.optional(),
})
export type StatedPayment = z.infer<typeof payment>

const phone = z.object({ publicKey: phoneKey, name: z.string().max(80), lostAt: epochMs.optional() })
export type StatedPhone = z.infer<typeof phone>

export const statementAnswer = z.object({ ...balance, heldMinor: amount, payments: z.array(payment).max(500), phones: z.array(phone).max(20) })
export type StatementAnswer = z.infer<typeof statementAnswer>

export const invitationAnswer = z.object({ word: z.string().regex(/^[0-9a-f]{32}$/), until: epochMs })

/** To `face`. */
export const keptFaceAnswer = z.object({ kept: z.boolean(), uses: z.array(faceUse).max(500) })
export type KeptFaceAnswer = z.infer<typeof keptFaceAnswer>

/** `GET /wallet/keys`: with which a receipt is verified. The phone keeps the root's key from when it first met its bank. */
export const bankKeysAnswer = z.object({ rootPublicKey: z.string().regex(/^[0-9a-f]{64}$/), keySet: z.string().max(100_000) })
export type BankKeys = z.infer<typeof bankKeysAnswer>

/** A till's certificate, base64url, signed by the root (`tillCertificateSchema`); `revokedAt`: from then on its key counts for nothing. */
export const tillAnswer = z.object({
  certificate: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^[A-Za-z0-9_-]+$/),
  revokedAt: epochMs.optional(),
})
export type TillAnswer = z.infer<typeof tillAnswer>

/** Of a payment for what a till shows: the hub's receipt, base64url (`protocol/hub/paid.ts`), for a till that has not heard of it. */
export const paidAnswer = z.object({
  receipt: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z0-9_-]+$/),
})

/** What a wallet in another currency would pay: the hub's signed quote, base64url (`protocol/exchange/quote.ts`). */
export const quoteAnswer = z.object({
  quote: z
    .string()
    .min(1)
    .max(1400)
    .regex(/^[A-Za-z0-9_-]+$/),
})
