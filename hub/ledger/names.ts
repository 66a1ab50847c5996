import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'

/** Ids of accounts and transfers follow from what they are for, so that nothing is made twice and everything can be found. */
export const walletAccount = (wallet: string): string => `wallet/${wallet}`
export const merchantAccount = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}`

/** What an acquirer has promised for cards and not paid out yet. */
export const acquirerAccount = (acquirer: string): string => `acquirer/${acquirer}`
/** Sold and never paid: apart from what the hub owes the merchant, which it has to pay out. */
export const uncollectedAccount = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}/uncollected`
/** What was captured and will never be paid, with whoever bears it. */
export const lossAccount = (bearer: 'merchant' | 'issuer', merchant: Id, currency: Currency): string => `losses/${bearer}/${merchant}/${currency}`

/** What the hub has earned from a merchant, and the taxes on that, which are not its own. */
export const feesAccount = (merchant: Id, currency: Currency): string => `fees/${merchant}/${currency}`
export const feeTaxAccount = (merchant: Id, currency: Currency): string => `fee-tax/${merchant}/${currency}`
/** Kept back of what a merchant sold, for a time. */
export const reserveAccount = (merchant: Id, currency: Currency): string => `reserve/${merchant}/${currency}`
/** What a merchant owes and was asked for, and what of it was given up. */
export const claimAccount = (merchant: Id, currency: Currency): string => `claims/${merchant}/${currency}`
export const claimLossAccount = (currency: Currency): string => `losses/merchants/${currency}`
/** On its way to a merchant's bank, by how far it is. */
export type PayoutPlace = 'proposed' | 'approved' | 'sent' | 'accepted'
export const payoutAccount = (place: PayoutPlace, merchant: Id, currency: Currency): string => `payouts/${place}/${merchant}/${currency}`
/** Of one payment: neither the merchant's nor the buyer's until it is decided whose. At its end nothing is left in it. */
export const escrowAccount = (payment: Id): string => `escrow/${payment}`
/** Of one payment that people look at: kept from being paid out until they have said what it was. At its end nothing is left in it. */
export const reviewAccount = (payment: Id): string => `review/${payment}`
/** The drawer of a till. What lies in it is the merchant's already, so what it took is kept apart from what the hub owes the merchant. */
export const cashAccount = (till: Id): string => `cash/${till}`
export const cashTakings = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}/cash`
/** Where cash comes from that fills a drawer, and where it goes that is taken out: a safe, a bank, a purse for errands. */
export const safeAccount = (merchant: Id, currency: Currency): string => `safe/${merchant}/${currency}`
/** What was counted beyond what a drawer should have held, and what was missing. */
export const overShortAccount = (merchant: Id, currency: Currency): string => `over-short/${merchant}/${currency}`
/** What cash rounding gave and took. */
export const roundingAccount = (merchant: Id, currency: Currency): string => `rounding/${merchant}/${currency}`

/**
 * What is left of a gift card or of store credit. It is the shop's own debt, made by its own tills: so what is spent of one never becomes what the hub owes
 * the merchant, or a till that sells cards for notes that nobody has seen could have them paid out.
 */
export const creditAccount = (credit: Id): string => `credit/${credit}`
/** The other side of all credits: what was sold for them, less what they were issued for. */
export const creditTakings = (merchant: Id, currency: Currency): string => `merchant/${merchant}/${currency}/credit`
/** What customers gave beyond the total, for those who served. */
export const tipsAccount = (merchant: Id, currency: Currency): string => `tips/${merchant}/${currency}`
/** Foreign notes and coins in the drawer of a till, and what stands against them in each currency. */
export const foreignDrawer = (till: Id, currency: Currency): string => `cash/${till}/${currency}`
export const exchangeAccount = (merchant: Id, currency: Currency): string => `exchange/${merchant}/${currency}`

/** Of the hub, in each currency: what it holds because wallets paid in it, less what it gave for that. Both sides of an exchange pass through it, one in each currency. */
export const positionAccount = (currency: Currency): string => `fx-position/${currency}`
/** What the hub won by exchanging: margins, and what a rate had become when money went back at another one. */
export const exchangeResultAccount = (currency: Currency): string => `fx-result/${currency}`
/** Of a payment in another currency, on the wallet's side: beside each transfer of `transferIds` in the shop's currency there is one of these in the wallet's. */
export const exchangeIds = (payment: Id) =>
  ({
    hold: `${payment}/fx-hold`,
    post: `${payment}/fx-post`,
    void: `${payment}/fx-void`,
    expire: `${payment}/fx-expire`,
    pay: `${payment}/fx-pay`,
    margin: `${payment}/fx-margin`,
  }) as const
/** Of what goes back of it, by the transfer in the shop's currency. */
export const exchangeBackIds = (transfer: string) => ({ back: `${transfer}/fx-back`, result: `${transfer}/fx-result` }) as const

/** Every account of the shop's own that these tills can touch. Each is opened when it is needed first. */
export const cashAccountsOf = (merchant: Id, currency: Currency, tills: Iterable<Id>): readonly string[] => [
  ...[cashTakings, creditTakings, tipsAccount, exchangeAccount, safeAccount, overShortAccount, roundingAccount].map((name) => name(merchant, currency)),
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
    loss: `${payment}/loss`,
    rounding: `${payment}/rounding`,
    unrounding: `${payment}/unrounding`,
    tip: `${payment}/tip`,
    untip: `${payment}/untip`,
    change: `${payment}/change`,
    foreign: `${payment}/foreign`,
  }) as const
/** Points, by the pseudonym on a customer's card, and those that a merchant has given to all of them together. */
export const pointsAccount = (customer: Id): string => `points/${customer}`
export const pointsIssuedAccount = (merchant: Id): string => `points-issued/${merchant}`
/** Of one payment of a sale. `back`: with so much of its money, counted from its capture on. */
export const pointsTransfers = (payment: Id) =>
  ({
    earned: `${payment}/points-earned`,
    spent: `${payment}/points-spent`,
    forfeited: `${payment}/points-forfeited`,
    back: (what: 'earned' | 'spent', refundedMinor: number) => `${payment}/points-${what}-back/${refundedMinor}`,
  }) as const
export const movementTransfer = (movement: Id): string => `${movement}/cash`
/** By the place of the entry that brought it, since the opening and the end of a shift have no ids. */
export const shiftTransfer = (
  { till, epoch, n }: { readonly till: Id; readonly epoch: number; readonly n: number },
  what: 'float' | 'count' | `count/${Currency}`,
): string => `${till}/${epoch}/${n}/${what}`
export const creditTransfer = (credit: Id): string => `${credit}/issue`
/** What was left on a credit whose sale was undone. */
export const creditCancellation = (credit: Id): string => `${credit}/cancel`
/** Cash for goods that came back without a receipt. */
export const returnTransfer = (returned: Id): string => `${returned}/goods`
export const refundTransfer = (refund: Id): string => `${refund}/refund`

/** Everything that the foreign cash of these tills can touch. */
export const foreignAccountsOf = (merchant: Id, tills: Iterable<Id>, currencies: Iterable<Currency>): readonly string[] =>
  [...currencies].flatMap((currency) => [
    ...[exchangeAccount, safeAccount, overShortAccount].map((name) => name(merchant, currency)),
    ...[...tills].map((till) => foreignDrawer(till, currency)),
  ])

/** The hub's own account at its bank, as the bank's statements say it: its balance is the last statement's. */
export const bankAccount = (currency: Currency): string => `bank/${currency}`
/** Every line of a statement is posted against this when it comes, and leaves it for what it was: what is left here nobody has explained yet. */
export const unassignedAccount = (currency: Currency): string => `bank-unassigned/${currency}`
export const bankFeesAccount = (currency: Currency): string => `bank-fees/${currency}`
/** What was in the bank's account before the first statement: the operator's own. */
export const ownFundsAccount = (currency: Currency): string => `own-funds/${currency}`
/** Of the hub itself: money at the bank that nobody will ever explain, or that is gone. */
export const bankLossAccount = (currency: Currency): string => `losses/bank/${currency}`
