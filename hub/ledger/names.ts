import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'

/** Ids of accounts and transfers follow from what they are for, so that nothing is made twice and everything can be found. */
export const walletAccount = (wallet: string): string => `wallet/${wallet}`
export const merchantAccount = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}`

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
  }) as const
export const refundTransfer = (refund: Id): string => `${refund}/refund`
