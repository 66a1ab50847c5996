import { exchangeDocument, exchangeRow, readPaymentExchange, type PaymentExchange } from './payment-exchange.ts'
import type { Desk, Shopkeeper } from '../intake/desk.ts'
import { isPhonePaymentId } from '../intake/phone-payment-id.ts'
import type { LedgerCode, Transfer } from '../ledger/ledger.ts'
import { exchangeBackIds, exchangeIds, exchangeResultAccount, merchantAccount, positionAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import { shareOf, worthBack } from '#protocol/exchange/rate.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { PaidReceipt } from '#protocol/hub/paid.ts'
import { invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * The money of a payment by a wallet in another currency: two balanced postings, one in each currency, through the hub's position. The one in the shop's currency
 * has the name that every payment's has, and so windows, fees and escrow know it; the one in the wallet's is posted beside it, always both or none. What a payment
 * has put into the position is its plain worth, without the margin, and when all of it has gone back nothing of it is left there: margins, and what a rate has
 * become meanwhile, are the result.
 */
export const exchangeOf = (desk: Pick<Desk, 'document'>, payment: Id): PaymentExchange | undefined => {
  const row = isPhonePaymentId(payment) ? desk.document(exchangeDocument(payment)) : undefined
  return row && readPaymentExchange(row)
}

function save(desk: Desk, said: PaymentExchange): void {
  desk.saveDocument(exchangeRow(said, desk.document(exchangeDocument(said.payment))?.version ?? 0))
}

const position = (desk: Desk, currency: Currency): string =>
  desk.openAccount({ id: positionAccount(currency), label: 'Currency position', currency, side: 'credit', rule: 'none' })
const result = (desk: Desk, currency: Currency): string =>
  desk.openAccount({ id: exchangeResultAccount(currency), label: 'Result of exchanging', currency, side: 'credit', rule: 'none' })

/** What has to be loaded beside payments so that what was exchanged for them can move. Only payments that phones made at the hub can have been. */
export async function exchangeRows(store: Pick<HubStore, 'get'>, shop: Currency, payments: Iterable<Id>) {
  const ids = [...new Set(payments)].filter(isPhonePaymentId)
  const documents = ids.length === 0 ? [] : await store.get('documents', ids.map(exchangeDocument))
  const found = documents.map(readPaymentExchange)
  const currencies = new Set(found.map(({ exchange }) => exchange.currency))
  const accounts = found.length === 0 ? [] : [...exchangeAccounts(shop, currencies), ...found.map(({ wallet }) => walletAccount(wallet))]
  return { documents, accounts, transfers: found.map(({ payment }) => exchangeIds(payment).hold) }
}

export const exchangeAccounts = (shop: Currency, wallets: Iterable<Currency>): string[] => [
  positionAccount(shop),
  ...[...wallets].flatMap((currency) => [positionAccount(currency), exchangeResultAccount(currency)]),
]

/** Holds it on both sides, and remembers at which rate. A wallet without the money changes nothing. */
export function holdExchanged(desk: Desk, merchant: Id, said: Omit<PaymentExchange, 'returned' | 'at'>, expiresAt: EpochMs): Outcome<Transfer, LedgerCode> {
  const { payment, wallet, amountMinor, currency, exchange } = said
  invariant(desk.document(exchangeDocument(payment)) === undefined, 'a payment is exchanged once')
  const inWallet = { debit: walletAccount(wallet), credit: position(desk, exchange.currency), amount: BigInt(exchange.amountMinor) }
  const taken = desk.apply({ kind: 'pending', id: exchangeIds(payment).hold, payment, ...inWallet, expiresAt })
  if (!taken.ok) return taken
  const inShop = { debit: position(desk, currency), credit: merchantAccount(merchant, currency), amount: BigInt(amountMinor) }
  const held = desk.apply({ kind: 'pending', id: transferIds(payment).hold, payment, ...inShop, expiresAt })
  invariant(held.ok, 'the position has no limit')
  save(desk, { ...said, at: desk.now, returned: [] })
  return ok(held.value.transfer)
}

/** Whose money is held. On the side of the shop a hold of exchanged money is on the hub's position. */
export const isPaidBy = (desk: Desk, hold: Transfer, payment: Id, wallet: string): boolean => {
  const said = exchangeOf(desk, payment)
  return said === undefined ? hold.debit === walletAccount(wallet) : said.wallet === wallet
}

/** A hub that comes from a backup stands by the rate that it signed. */
export function rememberExchange(desk: Desk, { paymentId: payment, wallet, amountMinor, currency, exchange }: PaidReceipt): void {
  if (exchange !== undefined && exchangeOf(desk, payment) === undefined)
    save(desk, { payment, wallet, amountMinor, currency, exchange, at: desk.now, returned: [] })
}

/** The hold of a payment was posted, voided or expired: the same on the side of its wallet, if it has one of its own. */
export function resolveExchanged(desk: Desk, payment: Id, kind: 'post' | 'void' | 'expire'): void {
  const said = exchangeOf(desk, payment)
  if (said === undefined) return
  const { hold, [kind]: id } = exchangeIds(payment)
  invariant(desk.apply({ kind, id, pendingId: hold }).ok, 'both sides of an exchange are held together')
  if (kind === 'post') earn(desk, payment, said.exchange.currency, said.exchange.marginMinor)
}

function earn(desk: Desk, payment: Id, currency: Currency, marginMinor: Minor): void {
  if (marginMinor === 0) return
  const margin = { debit: position(desk, currency), credit: result(desk, currency), amount: BigInt(marginMinor) }
  invariant(desk.apply({ kind: 'single', id: exchangeIds(payment).margin, payment, ...margin }).ok, 'a margin is earned once')
}

/** Captured after its hold had ended: what was confirmed is asked of the wallet anew, at the rate that its owner saw, less what went back since. */
export function payExchanged(desk: Desk, merchant: Id, payment: Payment, said: PaymentExchange): LedgerCode | undefined {
  const { exchange, wallet } = said
  const left = (whole: Minor): Minor => whole - shareOf(whole, payment.refundedMinor, payment.capturedMinor)
  const inWallet = { debit: walletAccount(wallet), credit: position(desk, exchange.currency), amount: BigInt(left(exchange.amountMinor)) }
  const taken = desk.apply({ kind: 'single', id: exchangeIds(payment.id).pay, payment: payment.id, ...inWallet })
  if (!taken.ok) return taken.code
  earn(desk, payment.id, exchange.currency, left(exchange.marginMinor))
  const inShop = { debit: position(desk, payment.currency), credit: merchantAccount(merchant, payment.currency), amount: BigInt(keptMinor(payment)) }
  invariant(desk.apply({ kind: 'single', id: transferIds(payment.id).pay, payment: payment.id, ...inShop }).ok, 'the position has no limit')
  return undefined
}

/**
 * A part of it goes back to the wallet. At its own rate parts add up to exactly what was paid; at today's the difference is the hub's result. Where there is no fresh
 * rate, and where the payment is undone as a whole (`void`), it is the original one: a customer who was told that money comes back must get it.
 */
export function giveBackExchanged(
  desk: Desk,
  { merchant, terms, exchange: rates }: Pick<Shopkeeper, 'merchant' | 'terms' | 'exchange'>,
  payment: Payment,
  said: PaymentExchange,
  { id, amount }: { readonly id: string; readonly amount: bigint },
): void {
  const { exchange, wallet, currency } = said
  const part = Number(amount)
  const before = payment.state === 'VOIDED' ? 0 : payment.refundedMinor
  const share = (whole: Minor): Minor => shareOf(whole, before + part, payment.capturedMinor) - shareOf(whole, before, payment.capturedMinor)
  const plain = share(exchange.amountMinor) - share(exchange.marginMinor)
  const today = payment.state !== 'VOIDED' && terms?.refundRate === 'today' ? rates?.rate(exchange.currency) : undefined
  const worth = today?.ok === true ? worthBack(part, { from: currency, to: exchange.currency }, today.value.rate) : undefined
  const walletMinor = worth ?? share(exchange.amountMinor)
  const single = (of: string, debit: string, credit: string, minor: number): void => {
    if (minor === 0 && of !== id) return
    invariant(desk.apply({ kind: 'single', id: of, payment: payment.id, debit, credit, amount: BigInt(minor) }).ok, 'what was exchanged can go back')
  }
  const [ours, won] = [position(desk, exchange.currency), result(desk, exchange.currency)]
  single(id, merchantAccount(merchant, currency), position(desk, currency), part)
  single(exchangeBackIds(id).back, ours, walletAccount(wallet), walletMinor)
  if (walletMinor > plain) single(exchangeBackIds(id).result, won, ours, walletMinor - plain)
  else single(exchangeBackIds(id).result, ours, won, plain - walletMinor)
  const at = { transfer: id, amountMinor: part, walletMinor, at: desk.now }
  const rate = worth !== undefined && today?.ok === true ? { rate: today.value.rate, source: today.value.source } : {}
  save(desk, { ...said, returned: [...said.returned, { ...at, ...rate }] })
}
