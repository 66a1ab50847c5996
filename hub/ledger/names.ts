import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'

/** Ids of accounts and transfers follow from what they are for, so that nothing is made twice and everything can be found. */
export const walletAccount = (wallet: string): string => `wallet/${wallet}`
export const merchantAccount = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}`

/** The drawer of a till. What lies in it is the merchant's already, so what it took is kept apart from what the hub owes the merchant. */
export const cashAccount = (till: Id): string => `cash/${till}`
export const cashTakings = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}/cash`
/** Where cash comes from that fills a drawer, and where it goes that is taken out: a safe, a bank, a purse for errands. */
export const safeAccount = (merchant: Id, currency: Currency): string => `safe/${merchant}/${currency}`
/** What was counted beyond what a drawer should have held, and what was missing. */
export const overShortAccount = (merchant: Id, currency: Currency): string => `over-short/${merchant}/${currency}`
/** What cash rounding gave and took. */
export const roundingAccount = (merchant: Id, currency: Currency): string => `rounding/${merchant}/${currency}`

/** Every account that the cash of these tills can touch. Each is opened when it is needed first. */
export const cashAccountsOf = (merchant: Id, currency: Currency, tills: Iterable<Id>): readonly string[] => [
  ...[cashTakings, safeAccount, overShortAccount, roundingAccount].map((name) => name(merchant, currency)),
  ...[...tills].map(cashAccount),
]

/**
 * Everything that can ever happen to a payment's money: one hold and one end of it, or one direct transfer; then a return of everything, when it is
 * voided after its capture, or refunds.
 */
export const transferIds = (payment: Id) =>
  ({
    hold: `${payment}/hold`,
    post: `${payment}/post`,
    void: `${payment}/void`,
    expire: `${payment}/expire`,
    pay: `${payment}/pay`,
    return: `${payment}/return`,
    rounding: `${payment}/rounding`,
    unrounding: `${payment}/unrounding`,
  }) as const
export const movementTransfer = (movement: Id): string => `${movement}/cash`
/** By the place of the entry that brought it, since the opening and the end of a shift have no ids. */
export const shiftTransfer = ({ till, epoch, n }: { readonly till: Id; readonly epoch: number; readonly n: number }, what: 'float' | 'count'): string =>
  `${till}/${epoch}/${n}/${what}`
export const refundTransfer = (refund: Id): string => `${refund}/refund`
