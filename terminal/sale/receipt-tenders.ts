import { exchangeOnPaper, type ExchangeTold } from '#protocol/exchange/told.ts'
import { minuteIn } from '#protocol/local-time.ts'
import type { PrintBlock } from '#protocol/device/messages.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { decimal, money, type Currency, type Minor } from '#protocol/money.ts'
import type { PaperWords } from '#protocol/paper-words.ts'
import type { CashGiven, How, Part } from './tenders.ts'

/** How much went back which way. */
export type Way = { readonly how: How; readonly amountMinor: Minor }

/** A gift card that was sold or store credit: the code that whoever holds the paper pays with. */
export type PrintedCredit = { readonly code: string; readonly amountMinor: Minor }

type Paid = Pick<EntryBody<'sale.completed'>, 'payments' | 'currency' | 'tipMinor'>

/** What was given on top, and every tender with what came back of it. `parts`: missing where one part paid all, as it always did once. */
export function tendersOn(
  { payments, currency, tipMinor }: Paid,
  words: PaperWords,
  parts: readonly Part[] | undefined,
  cash: CashGiven | undefined,
): PrintBlock[] {
  const tip = tipMinor === undefined ? [] : [pair(words.tip, tipMinor, currency)]
  if (parts === undefined)
    return [
      ...tip,
      ...payments.flatMap(({ amountMinor }) => tenderOn({ how: cash === undefined ? 'wallet' : 'cash', amountMinor, ...(cash && { cash }) }, currency, words)),
    ]
  return [...tip, ...parts.flatMap((part) => tenderOn(part, currency, words))]
}

function tenderOn(
  { how, amountMinor, cash, exchange, isDeposit }: Pick<Part, 'how' | 'amountMinor' | 'cash' | 'exchange' | 'isDeposit'>,
  currency: Currency,
  words: PaperWords,
): PrintBlock[] {
  const paid = pair(isDeposit === true ? `${words.advance}, ${words.paidWith[how]}` : words.paidWith[how], amountMinor, currency)
  if (exchange !== undefined) return [paid, ...exchangedOn(exchange, currency, words)]
  if (cash === undefined) return [paid]
  const { foreign, tenderedMinor, changeMinor } = cash
  const exchanged = foreign === undefined ? [] : [pair(`${words.given} ${foreign.currency}`, foreign.tenderedMinor, foreign.currency)]
  return [paid, ...exchanged, pair(words.given, tenderedMinor, currency), { ...pair(words.change, changeMinor, currency), bold: true }]
}

/** What the wallet pays of its own, at which rate and whose that is. */
function exchangedOn(exchange: ExchangeTold, currency: Currency, words: PaperWords): PrintBlock[] {
  const { sum, rate } = exchangeOnPaper(exchange, currency)
  return [
    { kind: 'pair', left: `  ${words.inItsCurrency}`, right: sum },
    { kind: 'text', text: `  ${rate}` },
    { kind: 'text', text: `  ${exchange.source}, ${minuteIn(undefined, exchange.at)}` },
  ]
}

/** The ways in which money went back. */
export const waysBack = (ways: readonly Way[], currency: Currency, words: PaperWords): PrintBlock[] =>
  ways.map(({ how, amountMinor }) => pair(words.paidWith[how], 0 - amountMinor, currency))

/** Apart from the rest, to be torn off. */
export const creditsOn = (credits: readonly PrintedCredit[], currency: Currency, words: PaperWords): PrintBlock[] =>
  credits.flatMap(({ code, amountMinor }): PrintBlock[] => [
    { kind: 'rule' },
    { kind: 'text', text: words.giftCard, align: 'center', bold: true },
    { kind: 'text', text: `${decimal(money(amountMinor, currency))} ${currency}`, align: 'center', bold: true, size: 'double' },
    { kind: 'qr', data: code },
    { kind: 'text', text: words.keepCode, align: 'center' },
  ])

const pair = (left: string, minor: Minor, currency: Currency): Extract<PrintBlock, { kind: 'pair' }> => ({
  kind: 'pair',
  left,
  right: decimal(money(minor, currency)),
})
