import type { LineView } from '#protocol/till-api/api.ts'
import type { Selling } from '../selling/use-selling.ts'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import './line-actions.css'

type Props = { readonly line: LineView | undefined; readonly enabled: boolean; readonly actions: Selling['actions']; readonly typed: string }

/** Quantity and removal of the selected line, in one place that never moves while the basket grows. */
export function LineActions({ line, enabled, actions, typed }: Props) {
  const off = !enabled || line === undefined
  // Goods that were weighed together cannot be there twice.
  const isWeighed = line?.weight !== undefined
  // Each piece with a number of its own is a line of its own.
  const isNumbered = line?.serials !== undefined
  return (
    <div className="line-actions" role="group" aria-label={t('lineActions')}>
      <Button action="fewer" aria-label={t('fewer')} disabled={off || isWeighed || line.quantity <= 1} onClick={actions.fewer}>
        −
      </Button>
      <output className="line-actions-quantity" aria-live={typed === '' ? 'off' : 'polite'} data-typed={typed !== '' || undefined}>
        {typed === '' ? (line?.quantity ?? 0) : <TypedQuantity typed={typed} />}
      </output>
      <Button action="more" aria-label={t('more')} disabled={off || isWeighed || isNumbered} onClick={actions.more}>
        +
      </Button>
      <Button action="remove" disabled={off} onClick={actions.remove}>
        {t('remove')}
      </Button>
    </div>
  )
}

/** Not the line's quantity yet: marked, and said with what makes it so. */
const TypedQuantity = ({ typed }: { readonly typed: string }) => (
  <>
    <span aria-hidden="true">{typed} ×</span>
    <span className="hidden-text">{t('pending', { quantity: typed })}</span>
  </>
)
