import type { Currency } from '#protocol/money.ts'
import type { WeighingView } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { Dialog } from '../parts/dialog.tsx'
import type { Session } from '../session/session.ts'
import { Reading } from '../weighing/weighing-dialog.tsx'
import { t } from '../words.ts'
import { Big } from './big.tsx'

type Props = { readonly weighing: WeighingView; readonly currency: Currency; readonly session: Session }

/** As the cashier's, without the keys that set the scale. */
export function WeighingAtKiosk({ weighing, currency, session }: Props) {
  const { name, unit, unitMinor, totalMinor } = weighing
  const cancel = () => void session.ask({ type: 'cancelWeighing' })
  return (
    <Dialog
      title={name}
      testId="weighing"
      onCancel={cancel}
      foot={
        <>
          <Big onClick={cancel}>{t('kiosk.back')}</Big>
          <Big look="primary" disabled={totalMinor === undefined} onClick={() => void session.command({ type: 'takeWeight' })}>
            {totalMinor === undefined ? t('kiosk.put') : t('kiosk.takeWeight', { amount: formatMoney(totalMinor, currency) })}
          </Big>
        </>
      }
    >
      <Reading weighing={weighing} />
      <p>{t('perUnit', { price: formatMoney(unitMinor, currency), unit })}</p>
    </Dialog>
  )
}
