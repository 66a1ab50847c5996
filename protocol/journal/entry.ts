import { z } from 'zod'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { ID_PATTERN, type Id } from '../ids.ts'
import { isCurrency } from '../money.ts'
import { utf8, utf8Text } from '../bytes.ts'
import { card, weight } from '../device/messages.ts'
import { schemes } from '../payment-code/other-schemes.ts'

/**
 * Journal entries. An entry is the exact bytes that were stored: UTF-8 JSON, made once, hashed, replicated and kept as they are; nobody
 * re-encodes them. Its place is (till, epoch, n). No personal data: wallets appear as the pseudonym inside their payment code.
 *
 * The largest is a `sale.completed` of 500 lines with the longest names in a three-byte script: 365 kB.
 */
export const MAX_ENTRY_BYTES = 512 * 1024
/** Of the largest entry that can be salvaged: only a sale of hundreds of lines is longer, and its payments are entries of their own. */
export const MAX_SALVAGED_TEXT = 480 * 1024

export const id = z.string().regex(ID_PATTERN)
export const currency = z.string().refine(isCurrency, 'ISO 4217')
/** Minor units, never negative: direction is in the entry's kind. */
export const amount = z.int().nonnegative()
const positive = z.int().positive()
/** The most that one entry can say about notes and coins: anybody can claim cash, and the sum of millions of claims must still fit 64 bits. */
export const MAX_CASH_MINOR = 1_000_000_000_000
const cash = z.int().nonnegative().max(MAX_CASH_MINOR)
/** Of one sale: as many as anybody could ever spend. */
export const MAX_POINTS = 1_000_000_000
/** Half of the coarsest rounding of a cash total, either way. */
export const MAX_CASH_ROUNDING_MINOR = 500
export const ppm = z.int().min(0).max(1_000_000)
export const epochMs = z.int().positive()
export const hash = z.string().regex(/^[0-9a-f]{64}$/)
/**
 * A code of `protocol/errors.ts`, or of a later one: a till and a hub are updated at different times, and a message must not become unreadable
 * because its reason is new. `knownError` gives what this version can say about it.
 */
export const errorCode = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/)
const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/)
const receiptNumber = z.string().min(1).max(32)

/** A code as scanned, and for the bound profile the request that it answers (base64url of the request's bytes). */
export const instrument = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('wallet'), code: z.string().min(1).max(2048), request: base64url.max(1024).optional() }),
  /** A gift card or store credit. `proof` is what only somebody who had its code could say (`protocol/credit/code.ts`); the code itself is never written down. */
  z.strictObject({ type: z.literal('credit'), creditId: id, proof: hash }),
  /** A swiped card, as its reader gave it away: what is encrypted is for the hub's key service alone, which destroys its key when the payment is final. */
  z.strictObject({ type: z.literal('card'), maskedPan: card.shape.maskedPan, expiry: card.shape.expiry, encrypted: card.shape.encrypted.unwrap() }),
  /** A phone paid at the hub for what this till showed: the hub's signed receipt (COSE_Sign1 `SPp`, base64url) says which payment that is. */
  z.strictObject({ type: z.literal('merchant_qr'), receipt: base64url.max(1024) }),
  /** A wallet of another scheme, by the code on its phone, which is good once and for a minute: its issuer is asked. */
  z.strictObject({ type: z.literal('scheme'), scheme: z.enum(schemes), code: z.string().regex(/^[0-9A-Za-z]{16,40}$/) }),
])

/** Without control characters, which a screen and a printer would obey and JSON would write with six bytes each. */
export const productName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
/** Why something costs less, in the words of the receipt; why cash was moved, in the cashier's. */
export const reason = productName.max(80)

export const gtin = z.string().regex(/^\d{8,14}$/)

/** Something that a product is made with, and what it costs more for it. */
export const modifier = z.strictObject({ name: reason.max(60), priceMinor: amount })
export type Modifier = z.infer<typeof modifier>

/** The number of one piece, or of a batch, as GS1 knows them (AI 21 and 10: 20 characters) and others print them. */
export const trackingNumber = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[!-~]+(?: [!-~]+)*$/)

/** A product that is in a bundle: how many of it are in each, and what of the line's price (without deposit) is taxed as this. */
export const soldPart = z.strictObject({
  gtin,
  name: productName,
  quantity: z.int().min(1).max(99),
  taxPpm: ppm,
  taxExempt: z.literal(true).optional(),
  totalMinor: amount,
})
export type SoldPart = z.infer<typeof soldPart>

/** Pieces that came back empty, of one deposit each. */
export const emptiesOf = z.strictObject({ depositMinor: z.int().positive().max(100_000), quantity: z.int().min(1).max(999) })
export type Empties = z.infer<typeof emptiesOf>

export const saleLine = z.strictObject({
  gtin,
  name: productName,
  quantity: z.int().min(1).max(999),
  unitMinor: amount,
  taxPpm: ppm,
  totalMinor: amount,
  /** Sold by weight: `unitMinor` is the price of one kilogram or pound, the quantity is 1, and the total is rounded once (`scale` of money.ts). */
  weight: weight.optional(),
  /** What was taken off: `totalMinor` is what is left of quantity × price. */
  discountMinor: amount.optional(),
  reasons: z.array(reason).max(5).optional(),
  /** A gift card: not goods but a debt of the shop, and so outside the tax. Its `credit.issued` stands before the sale, over this line's total. */
  creditId: id.optional(),
  /** Outside the tax altogether; its `taxPpm` is 0. */
  taxExempt: z.literal(true).optional(),
  /** How it was made; `unitMinor` has their prices in it. */
  modifiers: z.array(modifier).min(1).max(20).optional(),
  /** What a bundle was made of. Their totals are the line's without its deposit, and their rates count in place of `taxPpm`. */
  parts: z.array(soldPart).min(1).max(10).optional(),
  /** For each piece, to be given back for the empty one: in `totalMinor`, and outside the tax. */
  depositMinor: amount.optional(),
  /** One for each piece. */
  serials: z.array(trackingNumber).min(1).max(20).optional(),
  batch: trackingNumber.optional(),
  /** Somebody looked at the customer's age. No date of birth is kept. */
  ageChecked: z.literal(true).optional(),
})
export type SaleLine = z.infer<typeof saleLine>

export const taxTotal = z.strictObject({ ratePpm: ppm, netMinor: amount, taxMinor: amount, exempt: z.literal(true).optional() })
export type TaxTotal = z.infer<typeof taxTotal>

/** What a unit of a foreign currency is worth: `numerator` minor units of the shop's own for every `denominator` of the foreign one. */
export const exchangeRate = z.strictObject({
  numerator: z.int().positive().max(1_000_000_000),
  denominator: z.int().positive().max(1_000_000_000),
  /** Who says so, and since when: `ECB`. */
  source: reason,
  at: epochMs,
})
export type ExchangeRate = z.infer<typeof exchangeRate>

/** What was given was foreign: `tenderedMinor` of the entry is what it was worth, rounded down. Change is in the shop's own currency. */
const foreignCash = z.strictObject({ currency, tenderedMinor: positive.max(MAX_CASH_MINOR), rate: exchangeRate })

/** What came back of a line of the sale, counted from 0; of a return without a receipt there is no such line. `totalMinor`: of its price, without tax that was added. */
export const returnedLine = z.strictObject({
  line: z.int().min(0).max(499).optional(),
  gtin,
  name: productName,
  quantity: z.int().min(1).max(999),
  weight: weight.optional(),
  totalMinor: amount,
})
export type ReturnedLine = z.infer<typeof returnedLine>

/** How the value of goods goes back: the way they were paid, in notes and coins whatever they were paid with, or as store credit. */
export const returnWays = ['as_paid', 'cash', 'credit'] as const

const kinds = {
  /**
   * First entry of every epoch; names the head of the epoch before, so that a restore or a replacement is visible and nothing can be dropped between.
   * `restored`: the hub has entries that this journal had lost. `damaged`: entries after `previous` could not be read or did not follow.
   */
  'epoch.opened': z.strictObject({
    reason: z.enum(['enrolled', 'restored', 'damaged']),
    previous: z.strictObject({ epoch: z.int().positive(), n: z.int().nonnegative(), head: hash }).optional(),
  }),
  /** Somebody means to pay. Durable before the hub hears of it; its id never changes, whatever happens next. */
  'payment.intended': z.strictObject({ paymentId: id, saleId: id, amountMinor: amount, currency, instrument }),
  /** The hub holds the money: its signed decision (COSE_Sign1, base64url) is the evidence. */
  'payment.held': z.strictObject({ paymentId: id, decision: base64url.max(2048) }),
  /** The hub did not answer, or could not be asked; the policy of this version accepted. */
  'payment.accepted_offline': z.strictObject({ paymentId: id, policyVersion: z.int().positive(), because: z.enum(['offline', 'no_answer']) }),
  'payment.captured': z.strictObject({ paymentId: id, amountMinor: amount, currency, receiptNumber }),
  'payment.declined': z.strictObject({ paymentId: id, code: errorCode, decision: base64url.max(2048) }),
  /**
   * Given up: before its capture the hub releases a hold that it may have placed; after it, on the till that captured and with nothing refunded yet,
   * all of the money goes back.
   */
  'payment.voided': z.strictObject({ paymentId: id, code: errorCode }),
  /** The hub was asked and did not answer, and the policy does not accept (`code`): nobody here knows. The till goes on asking; it never charges again. */
  'payment.unknown': z.strictObject({ paymentId: id, code: errorCode }),
  /** Asking led nowhere: whatever the hub did about this payment, it undoes. */
  'payment.reversed': z.strictObject({ paymentId: id, code: errorCode }),
  /** Money given back by the till that captured, with or without the hub. Refunds and voids together never exceed what was captured. */
  'payment.refunded': z.strictObject({
    refundId: id,
    paymentId: id,
    amountMinor: positive,
    currency,
    receiptNumber,
    /** It did not go back where it came from: out of the drawer, or as the store credit of the return that follows. */
    as: z.enum(['cash', 'credit']).optional(),
  }),
  /** A till that did not capture asks the hub: `of` is the number on the customer's receipt. Stands until the hub has answered. */
  'refund.requested': z.strictObject({ refundId: id, of: receiptNumber, amountMinor: positive, currency }),
  /** The hub's signed answer (COSE_Sign1 `sp.refund`, base64url) to this till's request. */
  'refund.answered': z.strictObject({ refundId: id, approved: z.boolean(), decision: base64url.max(2048), receiptNumber: receiptNumber.optional() }),
  /** Refused by this till before anything was intended. The code itself is not kept, only its SHA-256. */
  'payment.rejected': z.strictObject({ paymentId: id, saleId: id, amountMinor: amount, currency, code: errorCode, scanned: hash }),
  /**
   * Notes and coins: a payment that is born captured. Nobody is asked and no policy decides, since the money lies in the drawer. Tendered less change is the
   * amount, which is the total after cash rounding.
   */
  'payment.taken_in_cash': z.strictObject({
    paymentId: id,
    saleId: id,
    amountMinor: cash,
    tenderedMinor: cash,
    changeMinor: cash,
    currency,
    receiptNumber,
    foreign: foreignCash.optional(),
  }),
  /**
   * A gift card was sold, or what was brought back became store credit. Whoever has its code may spend it; `seal` is what that proves itself by. It is worth
   * nothing before the sale or the return that it names has said the same.
   */
  'credit.issued': z.strictObject({
    creditId: id,
    why: z.enum(['gift', 'store_credit']),
    amountMinor: positive.max(MAX_CASH_MINOR),
    currency,
    seal: hash,
    saleId: id.optional(),
    returnId: id.optional(),
  }),
  /**
   * Goods came back. With a receipt of this till: `refunds` are the `payment.refunded` entries before it, which together are `paidMinor`. Without one there are
   * none, and `paidMinor` goes out of the drawer or is the store credit `creditId`.
   */
  'goods.returned': z.strictObject({
    returnId: id,
    receiptNumber,
    of: receiptNumber.optional(),
    saleId: id.optional(),
    currency,
    lines: z.array(returnedLine).min(1).max(500),
    taxes: z.array(taxTotal).max(20),
    /** The tax was added to the prices, and is in `totalMinor` all the same. */
    taxIncluded: z.literal(false).optional(),
    totalMinor: amount,
    paidMinor: amount,
    as: z.enum(returnWays),
    refunds: z.array(z.strictObject({ refundId: id, paymentId: id, amountMinor: positive })).max(20),
    creditId: id.optional(),
    reason,
    staff: id.optional(),
  }),
  /**
   * A customer wants the receipt of a sale of this till sent to an address: here only as ciphertext under a key of its own, which travels beside the journal
   * and can be destroyed (`node/sealed-address.ts`).
   */
  'receipt.requested': z.strictObject({ requestId: id, receiptNumber, sealed: base64url.max(512) }),
  'sale.completed': z.strictObject({
    saleId: id,
    receiptNumber,
    currency,
    lines: z.array(saleLine).min(1).max(500),
    taxes: z.array(taxTotal).max(20),
    totalMinor: amount,
    /** The lines are without tax, and `totalMinor` is their sum and the taxes. */
    taxIncluded: z.literal(false).optional(),
    /** Tax was rounded for each line instead of once for each rate. */
    taxRounding: z.literal('line').optional(),
    /** What the cashier wrote on it. About the goods: nobody's name belongs into a journal. */
    note: productName.optional(),
    /** Who sold it, where people sign in. */
    staff: id.optional(),
    /** Deposits that were given back by taking them off: `totalMinor` is after it. */
    empties: z.array(emptiesOf).min(1).max(20).optional(),
    /** The customer pays no tax: `untaxedMinor` is what it would have been. Included in the prices, it is taken off them; `taxes` then has one that is exempt. */
    exemption: z.strictObject({ reason, untaxedMinor: amount }).optional(),
    /** Whose points these are: a pseudonym (`protocol/loyalty`). Spent ones are among the discounts of the lines. */
    customer: id.optional(),
    pointsEarned: z.int().positive().max(MAX_POINTS).optional(),
    pointsSpent: z.int().positive().max(MAX_POINTS).optional(),
    /** What the customer gave beyond the total, for those who served: payments add up to `totalMinor`, this and `roundingMinor`. */
    tipMinor: amount.optional(),
    /** Paid in cash, the total was rounded to what notes and coins can pay: payments add up to `totalMinor` and this. */
    roundingMinor: z.int().min(-MAX_CASH_ROUNDING_MINOR).max(MAX_CASH_ROUNDING_MINOR).optional(),
    payments: z
      .array(z.strictObject({ paymentId: id, amountMinor: amount }))
      .min(1)
      .max(20),
  }),
  /**
   * What was sold and paid by wallet is fetched later (`receiptNumber`: of the sale): its money is to be held until it was handed over. Nobody has come by `until`:
   * it goes back to the buyer but for `keptMinor`, which is the shop's. `restMinor`: it was a deposit, and so much was left to pay; the sale follows when it is.
   */
  'order.placed': z.strictObject({
    orderId: id,
    saleId: id,
    receiptNumber,
    currency,
    payments: z
      .array(z.strictObject({ paymentId: id, amountMinor: positive }))
      .min(1)
      .max(20),
    until: epochMs,
    keptMinor: amount,
    restMinor: positive.optional(),
  }),
  /** The goods of that order were handed over. */
  'order.handed_over': z.strictObject({ orderId: id, receiptNumber }),
  /** The drawer was filled for a working day: what lies in it then is `floatMinor`, whatever was there before. */
  'shift.opened': z.strictObject({ floatMinor: cash, currency }),
  /** Cash that was put into the drawer or taken out without a sale. `movementId` is made before anything moves, so that a second press moves nothing. */
  'cash.moved': z.strictObject({
    movementId: id,
    direction: z.enum(['in', 'out']),
    amountMinor: positive.max(MAX_CASH_MINOR),
    currency,
    reason,
    /** Out, to who brought these back: the amount is their deposits. */
    empties: z.array(emptiesOf).min(1).max(20).optional(),
  }),
  /** The end of a working day at this till. Sums of what it captured and gave back since the last one, in its own currency. */
  'shift.closed': z.strictObject({
    currency,
    payments: z.int().nonnegative(),
    capturedMinor: amount,
    refunds: z.int().nonnegative(),
    refundedMinor: amount,
    /** Payments that the hub had not confirmed yet and that were exported instead; 0 when the outbox was empty. */
    exported: z.int().nonnegative(),
    /** What should have lain in the drawer (below zero if more was given back than it was ever said to hold), and what was counted. */
    cash: z.strictObject({ expectedMinor: z.int(), countedMinor: cash }).optional(),
    /** The same of foreign notes and coins that were counted, each in its own minor units. */
    foreignCash: z
      .array(z.strictObject({ currency, expectedMinor: z.int(), countedMinor: cash }))
      .max(20)
      .optional(),
    /** Of what was captured, so much was tips. */
    tipsMinor: amount.optional(),
  }),
  /**
   * An entry of this till's own earlier epoch that its chain can no longer carry to the hub, because the journal was restored or damaged: the exact
   * bytes, base64url. What it says is judged as if it had come in its place; an entry that the hub has already is passed over.
   */
  'entry.salvaged': z.strictObject({ epoch: z.int().positive(), n: z.int().positive(), bytes: base64url.max(MAX_SALVAGED_TEXT) }),
  /**
   * What somebody did under their own name: signed in or out, or something that needs a role (`act`: see protocol/staff/acts.ts, or a later version of it).
   * `allowedBy`: who lent theirs for this once. Stands before the entry of the act itself, where that has one. Never a PIN, never a badge.
   */
  'staff.acted': z.strictObject({
    staff: id,
    act: z.string().regex(/^[a-z][a-z_]{0,39}$/),
    allowedBy: id.optional(),
    detail: z.string().max(100).optional(),
  }),
  /** Something that an engineer should see: a message with a wrong signature, a clock in doubt, a damaged file. Never the content of a code. */
  'incident.recorded': z.strictObject({ code: errorCode, detail: z.string().max(500).optional() }),
} as const

export type EntryKind = keyof typeof kinds
export type EntryBody<K extends EntryKind> = z.infer<(typeof kinds)[K]>
export const entryKinds = Object.keys(kinds) as readonly EntryKind[]

const place = { v: z.literal(1), till: id, epoch: z.int().positive(), n: z.int().positive(), at: epochMs }
const variant = <K extends EntryKind>(kind: K) => z.strictObject({ ...place, kind: z.literal(kind), body: kinds[kind] })

export const entrySchema = z.discriminatedUnion('kind', [
  variant('epoch.opened'),
  variant('payment.intended'),
  variant('payment.held'),
  variant('payment.accepted_offline'),
  variant('payment.captured'),
  variant('payment.declined'),
  variant('payment.voided'),
  variant('payment.rejected'),
  variant('payment.unknown'),
  variant('payment.reversed'),
  variant('payment.refunded'),
  variant('refund.requested'),
  variant('refund.answered'),
  variant('sale.completed'),
  variant('payment.taken_in_cash'),
  variant('credit.issued'),
  variant('goods.returned'),
  variant('receipt.requested'),
  variant('order.placed'),
  variant('order.handed_over'),
  variant('shift.opened'),
  variant('cash.moved'),
  variant('shift.closed'),
  variant('staff.acted'),
  variant('entry.salvaged'),
  variant('incident.recorded'),
])
export type Entry = z.infer<typeof entrySchema>
/** What happened, before it has a place in a journal. */
export type Fact = { [K in EntryKind]: { readonly kind: K; readonly body: EntryBody<K> } }[EntryKind]
export type Place = { readonly till: Id; readonly epoch: number; readonly n: number }

/**
 * The bytes of a new entry. `at` is the till's time of the fact. Throws for a fact that `decodeEntry` would refuse: an entry that cannot be
 * read again must never reach a disk, since the till that replays it would take its journal for damaged.
 */
export function encodeEntry({ till, epoch, n }: Place, at: number, fact: Fact): Uint8Array {
  const bytes = utf8(JSON.stringify({ v: 1, till, epoch, n, at, kind: fact.kind, body: fact.body }))
  const read = decodeEntry(bytes, { till, epoch, n })
  invariant(read.ok, `an entry can be read again: ${fact.kind} ${read.ok ? '' : read.detail}`)
  return bytes
}

/** Reads an entry and checks that it says the place it was found at. Total: any bytes give an Outcome. */
export function decodeEntry(bytes: Uint8Array, at: Place): Outcome<Entry, 'entry.malformed'> {
  if (bytes.length > MAX_ENTRY_BYTES) return fail('entry.malformed', 'too large')
  let value: unknown
  try {
    value = JSON.parse(utf8Text(bytes))
  } catch {
    return fail('entry.malformed', 'not JSON')
  }
  const parsed = entrySchema.safeParse(value)
  if (!parsed.success) return fail('entry.malformed', z.prettifyError(parsed.error).slice(0, 400))
  const { till, epoch, n } = parsed.data
  if (till !== at.till || epoch !== at.epoch || n !== at.n) return fail('entry.malformed', 'the entry names another place')
  return ok(parsed.data)
}
