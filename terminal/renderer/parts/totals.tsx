import type { Currency } from '#protocol/money.ts'
import type { SaleView } from '#protocol/till-api/api.ts'
import { formatMoney, formatRate } from '../format.ts'
import { t } from '../words.ts'
import './totals.css'

const emptiesIn = ({ empties = [] }: SaleView): number => empties.reduce((sum, { depositMinor, quantity }) => sum + depositMinor * quantity, 0)

export function Totals({ sale, currency }: { readonly sale: SaleView; readonly currency: Currency }) {
  const taxes = sale.taxes.filter(({ taxMinor }) => taxMinor !== 0)
  return (
    <div className="totals">
      <p className="totals-tax">
        {taxes.length > 0 && <span>{t(sale.taxIncluded === undefined ? 'taxIncluded' : 'taxAdded')}</span>}
        {taxes.map(({ ratePpm, taxMinor }) => (
          <span key={ratePpm}>{t('tax', { rate: formatRate(ratePpm), amount: formatMoney(taxMinor, currency) })}</span>
        ))}
        {sale.empties !== undefined && (
          <span data-testid="empties-off">
            {t('goods.empties')} {formatMoney(-emptiesIn(sale), currency)}
          </span>
        )}
        {sale.exemption !== undefined && (
          <span data-testid="untaxed">
            {t('goods.noTaxSince', { reason: sale.exemption.reason })} · {t('goods.untaxed', { amount: formatMoney(sale.exemption.untaxedMinor, currency) })}
          </span>
        )}
        {sale.customer !== undefined && (
          <span data-testid="customer">
            {t('goods.customer', { label: sale.customer.label })} · {t('goods.earns', { points: t('goods.points', { count: sale.customer.earns }) })}
          </span>
        )}
        {sale.discountMinor !== undefined && <span data-testid="saved">{t('saved', { amount: formatMoney(sale.discountMinor, currency) })}</span>}
      </p>
      <p className="totals-sum">
        <span>{t('total')}</span>
        <strong data-testid="total">{formatMoney(sale.totalMinor, currency)}</strong>
      </p>
    </div>
  )
}
