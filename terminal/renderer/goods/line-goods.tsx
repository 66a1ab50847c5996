import type { Currency } from '#protocol/money.ts'
import type { GoodsOfLine } from '#protocol/till-api/goods.ts'
import { formatMoney } from '../format.ts'
import { t } from '../words.ts'

type Props = { readonly line: GoodsOfLine & { readonly quantity: number }; readonly currency: Currency }

/** Below the name of a line in the basket: how it is made, what is in it, its numbers and its deposit. */
export function LineGoods({ line, currency }: Props) {
  const { quantity, modifiers = [], parts = [], serials = [], batch, depositMinor, ageChecked } = line
  const told = [
    modifiers.map(({ name }) => name).join(' · '),
    parts.map((part) => t('goods.partOf', { quantity: quantity * part.quantity, name: part.name })).join(' · '),
    serials.map((number) => t('goods.numbered', { number })).join(' · '),
    batch === undefined ? '' : t('goods.ofBatch', { number: batch }),
    depositMinor === undefined ? '' : t('goods.deposit', { amount: formatMoney(quantity * depositMinor, currency) }),
    ageChecked === undefined ? '' : t('goods.ageSeen'),
  ].filter((text) => text !== '')
  return told.map((text) => (
    <span key={text} className="line-each" data-testid="line-goods">
      {text}
    </span>
  ))
}
