import type { Exchange } from '#protocol/exchange/quote.ts'
import { rateText } from '#protocol/exchange/told.ts'
import type { Money } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Words } from './words.ts'

/** What the shop gets and what leaves the wallet, by which rate, with what margin, and whose rate that is. */
export function ExchangeFacts({ exchange, shop, words, now }: { exchange: Exchange; shop: Money; words: Words; now: EpochMs }) {
  const { currency, amountMinor, marginMinor, marginPpm, rate, source, rateAt } = exchange
  const said = words.exchange
  return (
    <div className="slip">
      <strong className="slip__amount">{words.money(amountMinor, currency)}</strong>
      <dl>
        <dt>{said.shopGets}</dt>
        <dd>{words.money(shop.amountMinor, shop.currency)}</dd>
        <dt>{said.rate}</dt>
        <dd>{`1 ${shop.currency} = ${rateText(rate)} ${currency}`}</dd>
        <dt>{said.margin(words.percent(marginPpm))}</dt>
        <dd>{words.money(marginMinor, currency)}</dd>
        <dt>{said.source}</dt>
        <dd>{said.sourceAt(source, words.time(rateAt, now))}</dd>
      </dl>
    </div>
  )
}
