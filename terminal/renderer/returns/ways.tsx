import type { Minor } from '#protocol/money.ts'
import type { ReturningView } from '#protocol/till-api/returns.ts'
import { t } from '../words.ts'

export type Way = ReturningView['ways'][number]['as']
type Props = { readonly ways: ReturningView['ways']; readonly way: Way; money(minor: Minor): string; onWay(way: Way): void }

/** In which way the value goes back: those that the core offers. */
export const Ways = ({ ways, way, money, onWay }: Props) => (
  <fieldset className="return-choice">
    <legend>{t('returns.way')}</legend>
    {ways.map(({ as, minor }) => (
      <label key={as}>
        <input type="radio" name="return-way" checked={as === way} onChange={() => onWay(as)} />
        {t(`returns.ways.${as}`)} <strong>{money(minor)}</strong>
      </label>
    ))}
  </fieldset>
)
