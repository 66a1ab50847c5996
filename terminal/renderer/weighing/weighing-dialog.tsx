import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Command, View, WeighingView } from '#protocol/till-api/api.ts'
import { formatMoney, formatWeight, inOneRun } from '../format.ts'
import { keyOf } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { AlertIcon, CheckIcon, WaitIcon } from '../parts/icons.tsx'
import type { Session } from '../session/session.ts'
import { errorText, t } from '../words.ts'
import { troubleOf } from './trouble.ts'
import './weighing.css'

type Props = { readonly weighing: WeighingView; readonly view: View; readonly session: Session }

/** What lies on the scale, large enough to be read from where the goods are put down; Enter takes it, Escape gives up. */
export function WeighingDialog({ weighing, view, session }: Props) {
  const [failed, setFailed] = useState<ErrorCode>()
  const { name, unit, unitMinor, totalMinor } = weighing
  const { currency } = view.till
  const ask = async (type: Extract<Command['type'], 'takeWeight' | 'zeroScale' | 'tareScale'>) => {
    setFailed(undefined)
    const outcome = await session.ask({ type })
    // That it still moves is said by what the scale shows.
    if (!outcome.ok && !outcome.code.startsWith('device.scale_')) setFailed(outcome.code)
  }
  const take = () => void ask('takeWeight')
  const cancel = () => void session.ask({ type: 'cancelWeighing' })
  const zero = () => void ask('zeroScale')
  const tare = () => void ask('tareScale')
  const trouble = failed ?? troubleOf(view.notices)
  return (
    <Dialog
      title={t('weighing.title', { name })}
      testId="weighing"
      onCancel={cancel}
      onMain={take}
      onEnter={take}
      keys={{ [keyOf.zero]: zero, [keyOf.tare]: tare }}
      foot={
        <>
          <Button action="cancel" onClick={cancel}>
            {t('weighing.cancel')}
          </Button>
          <Button look="primary" action="next" disabled={totalMinor === undefined} onClick={take}>
            {t('weighing.take')}
          </Button>
        </>
      }
    >
      <Reading weighing={weighing} />
      <p className="weighing-price">
        <span>{t('perUnit', { price: formatMoney(unitMinor, currency), unit })}</span>
        <strong data-testid="weighing-total">{totalMinor === undefined ? '' : formatMoney(totalMinor, currency)}</strong>
      </p>
      {trouble !== undefined && trouble !== weighing.code && <Failed code={trouble} />}
      <div className="weighing-scale">
        <Button action="zero" onClick={zero}>
          {t('weighing.zero')}
        </Button>
        <Button action="tare" onClick={tare}>
          {t('weighing.tare')}
        </Button>
      </div>
    </Dialog>
  )
}

/** The state is told by colour, by a sign and by words; the hint is for whoever does not know what to do about it. */
export function Reading({ weighing: { reading, code, unit } }: Pick<Props, 'weighing'>) {
  const state = reading?.state ?? 'silent'
  const good = state === 'stable' && code === undefined
  return (
    <div className="weighing-reading" data-state={code === undefined ? state : 'trouble'} data-testid="reading">
      <p className="weighing-weight">{reading?.state === 'stable' ? formatWeight(reading.weight) : inOneRun(`${t('weighing.noWeight')} ${unit}`)}</p>
      <p className="weighing-state" aria-live="polite">
        {good ? <CheckIcon /> : state === 'over' || state === 'under' || code !== undefined ? <AlertIcon /> : <WaitIcon />}
        <span>
          <strong>{code === undefined ? t(`weighing.states.${state}`) : errorText(code).say}</strong>{' '}
          {code === undefined ? t(`weighing.hints.${state}`) : errorText(code).next}
        </span>
      </p>
    </div>
  )
}
