import type { View } from '#protocol/till-api/api.ts'
import { Basket } from '../../parts/basket.tsx'
import { LineActions } from '../../parts/line-actions.tsx'
import { Recovered } from '../../parts/recovered.tsx'
import { TillFoot } from '../../parts/till-foot.tsx'
import { Totals } from '../../parts/totals.tsx'
import type { Selling } from '../../selling/use-selling.ts'
import { PaidSoFar } from '../../tenders/tenders-panel.tsx'
import { t } from '../../words.ts'
import './sale.css'

type Props = { readonly view: View; readonly selling: Selling; readonly away: boolean }

/** The left column: lines, total and the next step, each always at its place. */
export function Sale({ view, selling, away }: Props) {
  const { sale, tender, till, lastReceipt } = view
  const { line, actions, armed, select } = selling
  return (
    <section className="sale" inert={away} data-away={away || undefined} aria-label={t('basket')}>
      <h1 className="sale-head">
        {t('basket')} <span>{t('items', { count: sale.itemCount })}</span>
      </h1>
      {till.recovered && <Recovered key={sale.id} />}
      <Basket sale={sale} stage={tender.stage} currency={till.currency} selected={line} onSelect={select} />
      <LineActions line={line} enabled={tender.stage === 'none'} actions={actions} typed={selling.typed} />
      <Totals sale={sale} currency={till.currency} />
      {tender.stage !== 'awaiting_code' && <PaidSoFar view={view} />}
      <TillFoot stage={tender.stage} empty={sale.lines.length === 0} canReprint={lastReceipt !== undefined} armed={armed} actions={actions} />
    </section>
  )
}
