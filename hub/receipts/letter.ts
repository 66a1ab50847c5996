import type { Shop } from '../shop.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import { minuteIn } from '#protocol/local-time.ts'
import { decimal, money, type Minor } from '#protocol/money.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import { paperWords, reasonIn, type PaperWords } from '#protocol/paper-words.ts'
import type { ReceiptAddress } from '#protocol/receipt-address.ts'
import type { EpochMs } from '#protocol/time.ts'

type Sold = EntryBody<'sale.completed'>
export type LetterShop = Pick<Shop, 'merchant' | 'store' | 'receiptLanguage' | 'receiptsFrom' | 'timeZone'>

/** Where answers go of a shop that has named no address. Reserved (RFC 2606 §2): nobody gets them. */
const NOBODY = 'receipts@stillpoint.invalid'

/**
 * A receipt as an RFC 5322 message in UTF-8 (RFC 2045, base64). To a phone it has no `To`, but `Stillpoint-Phone`, for a gateway that knows what to do with it. The
 * request's id is its Message-ID, by which whoever gets it twice sees that.
 */
export function letterOf(requestId: Id, { by, address }: ReceiptAddress, sale: Sold, shop: LetterShop, soldAt: EpochMs, now: EpochMs): string {
  const words = paperWords(shop.receiptLanguage)
  const from = shop.receiptsFrom ?? NOBODY
  return [
    `From: ${encodedName(shop.merchant.name)} <${from}>`,
    by === 'mail' ? `To: <${address}>` : `Stillpoint-Phone: ${address}`,
    `Subject: ${encodedName(`${words.receipt} ${sale.receiptNumber}, ${shop.merchant.name}`)}`,
    `Date: ${dateOf(now)}`,
    `Message-ID: <${requestId}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    'Auto-Submitted: auto-generated',
    '',
    ...folded(receiptLines(sale, shop, words, soldAt).join('\n')),
    '',
  ].join('\r\n')
}

/** All of the receipt, a line of text for each of its own. Nothing that is like money is in it: a gift card's code is on the paper alone. */
function receiptLines(sale: Sold, shop: LetterShop, words: PaperWords, soldAt: EpochMs): string[] {
  const amount = (minor: Minor): string => decimal(money(minor, sale.currency))
  const percent = (ratePpm: number): string => String(ratePpm / 10_000)
  const { empties = [], exemption, tipMinor, roundingMinor, pointsEarned } = sale
  return [
    `${shop.merchant.name}, ${shop.store.name}`,
    `${words.receipt} ${sale.receiptNumber}`,
    minuteIn(shop.timeZone, soldAt),
    '',
    ...sale.lines.flatMap((line) => linesOf(line, words, amount)),
    ...(sale.note === undefined ? [] : [sale.note]),
    '',
    ...empties.map(({ depositMinor, quantity }) => `${words.empties} ${quantity} x ${amount(depositMinor)}: ${amount(-quantity * depositMinor)}`),
    ...(exemption === undefined ? [] : [`${words.exempt}: ${exemption.reason}`]),
    ...(exemption === undefined || sale.taxIncluded === false ? [] : [`${words.taxNotCharged}: ${amount(-exemption.untaxedMinor)}`]),
    `${words.total} ${sale.currency}: ${amount(sale.totalMinor)}`,
    ...(roundingMinor === undefined ? [] : [`${words.rounding}: ${amount(roundingMinor)}`]),
    ...(tipMinor === undefined ? [] : [`${words.tip}: ${amount(tipMinor)}`]),
    ...sale.taxes.map(({ ratePpm, netMinor, taxMinor, exempt }) =>
      exempt === true
        ? `${words.exempt}: ${amount(netMinor)}`
        : `${sale.taxIncluded === false ? words.added : words.included} ${percent(ratePpm)} % ${words.taxOn} ${amount(netMinor)}: ${amount(taxMinor)}`,
    ),
    ...(pointsEarned === undefined ? [] : [`${words.pointsEarned}: ${pointsEarned}`]),
    '',
    words.thanks,
  ]
}

function linesOf(line: SaleLine, words: PaperWords, amount: (minor: Minor) => string): string[] {
  const { name, quantity, weight, unitMinor, totalMinor, discountMinor = 0, reasons = [], modifiers = [], depositMinor } = line
  const count = weight === undefined ? `${quantity} x ${amount(unitMinor)}` : `${decimalWeight(weight)} ${weight.unit} x ${amount(unitMinor)}`
  return [
    `${name}: ${amount(totalMinor)}`,
    ...(quantity > 1 || weight !== undefined ? [`  ${count}`] : []),
    ...modifiers.map((modifier) => `  + ${modifier.name}`),
    ...(depositMinor === undefined ? [] : [`  ${words.deposit} ${quantity} x ${amount(depositMinor)}`]),
    ...(discountMinor === 0 ? [] : [`  ${reasons.map((reason) => reasonIn(words, reason)).join(', ') || words.discount}: ${amount(-discountMinor)}`]),
  ]
}

/** RFC 5322 §3.3. */
const dateOf = (at: EpochMs): string => new Date(at).toUTCString().replace('GMT', '+0000')

const base64 = (text: string): string => Buffer.from(utf8(text)).toString('base64')

/** RFC 2045 §6.8: lines of 76 characters. */
const folded = (text: string): readonly string[] => base64(text).match(/.{1,76}/g) ?? []

/** Encoded words (RFC 2047 §2) of 75 characters at most, none of which parts a character. A name cannot become another header, whatever is in it. */
function encodedName(text: string): string {
  const parts: string[] = []
  let part = ''
  for (const character of text) {
    if (base64(part + character).length > MAX_ENCODED) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part].map((one) => `=?utf-8?B?${base64(one)}?=`).join('\r\n ')
}
const MAX_ENCODED = 75 - '=?utf-8?B??='.length
