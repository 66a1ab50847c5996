import type { Currency } from '#protocol/money.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

type Props = {
  readonly choosing: Extract<ChoosingView, { step: 'variant' }>
  readonly currency: Currency
  readonly session: Session
  onCancel(): void
}

/** As many as have a digit for a key. */
const KEYED = 9

/** Every variant as a button with its values and its price; the first nine by their digit. */
export function VariantDialog({ choosing: { name, options, variants }, currency, session, onCancel }: Props) {
  const pick = (gtin: string) => void session.command({ type: 'addProduct', gtin })
  const keys = Object.fromEntries(variants.slice(0, KEYED).map(({ gtin }, at) => [String(at + 1), () => pick(gtin)]))
  return (
    <Dialog
      title={t('goods.which', { name })}
      testId="variants"
      onCancel={onCancel}
      keys={keys}
      foot={
        <Button action="cancel" onClick={onCancel}>
          {t('goods.back')}
        </Button>
      }
    >
      <p className="goods-hint">{options.join(' · ')}</p>
      <ul className="goods-variants" aria-label={options.join(', ')}>
        {variants.map(({ gtin, values, priceMinor }, at) => (
          <li key={gtin}>
            <button type="button" className="goods-variant" aria-keyshortcuts={at < KEYED ? String(at + 1) : undefined} onClick={() => pick(gtin)}>
              <strong>{values.join(' · ')}</strong>
              <span>{formatMoney(priceMinor, currency)}</span>
              {at < KEYED && (
                <kbd className="key-cap" aria-hidden="true">
                  {at + 1}
                </kbd>
              )}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
