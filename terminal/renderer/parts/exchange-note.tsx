import type { ExchangeTold } from '#protocol/exchange/told.ts'
import type { Currency } from '#protocol/money.ts'
import { formatDayTime, formatMoney, formatRate } from '../format.ts'
import { t } from '../words.ts'
import './exchange-note.css'

/** What a wallet in another currency is asked to pay, before its owner confirms: the same that the phone shows. */
export function ExchangeNote({ exchange, shop }: { readonly exchange: ExchangeTold; readonly shop: Currency }) {
  const { currency, amountMinor, marginPpm, rate, source, at } = exchange
  return (
    <p className="exchange-note" role="status" data-testid="exchange">
      <strong>{t('customer.inWallet', { amount: formatMoney(amountMinor, currency) })}</strong>
      <span>{t('customer.atRate', { rate: `1 ${shop} = ${rate} ${currency}`, margin: formatRate(marginPpm), source: `${source}, ${formatDayTime(at)}` })}</span>
    </p>
  )
}
