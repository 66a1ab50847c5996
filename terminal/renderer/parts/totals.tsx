import type { Currency } from '#protocol/money.ts'
import type { SaleView } from '#protocol/till-api/api.ts'
import { formatMoney, formatRate } from '../format.ts'
import { words } from '../words.ts'
import './totals.css'

export function Totals({ sale, currency }: { readonly sale: SaleView; readonly currency: Currency }) {
  const taxes = sale.taxes.filter(({ taxMinor }) => taxMinor !== 0)
  return (
    <div className="totals">
      <p className="totals-tax">
        {taxes.length > 0 && <span>{words.taxIncluded}</span>}
        {taxes.map(({ ratePpm, taxMinor }) => (
          <span key={ratePpm}>{words.tax(formatRate(ratePpm), formatMoney(taxMinor, currency))}</span>
        ))}
      </p>
      <p className="totals-sum">
        <span>{words.total}</span>
        <strong data-testid="total">{formatMoney(sale.totalMinor, currency)}</strong>
      </p>
    </div>
  )
}
