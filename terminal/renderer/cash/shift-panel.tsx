import { useState } from 'react'
import type { Minor } from '#protocol/money.ts'
import type { ShiftView, View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Facts } from '../parts/facts.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { ShiftDialog, type ShiftStep } from './shift-dialog.tsx'
import './cash.css'

type Props = { readonly view: View; readonly now: EpochMs; readonly session: Session }

/** The working day: what is known of it without saying what the drawer should hold, and what can be done about cash. */
export function ShiftPanel({ view, now, session }: Props) {
  const [step, setStep] = useState<ShiftStep>()
  const { shift, till } = view
  const money = (minor: Minor) => formatMoney(minor, till.currency)
  const begin = (what: ShiftStep['what']) => setStep({ what, movementId: session.newId() })
  return (
    <section className="shift" aria-label={t('shift.title')}>
      <h3>{t('shift.title')}</h3>
      <p role="status">{shift.openedAt === undefined ? t('shift.notOpen') : t('shift.openSince', { time: formatTime(shift.openedAt, now) })}</p>
      <Facts
        facts={[
          { name: t('shift.float'), value: money(shift.floatMinor) },
          { name: t('shift.movedIn'), value: money(shift.movedInMinor) },
          { name: t('shift.movedOut'), value: money(shift.movedOutMinor) },
          { name: t('shift.sales'), value: String(shift.sales) },
          { name: t('shift.returns'), value: String(shift.returns) },
        ]}
      />
      {shift.counted !== undefined && <Counted counted={shift.counted} money={money} />}
      <div className="shift-actions">
        {shift.openedAt === undefined && (
          <Button action="openShift" onClick={() => begin('open')}>
            {t('shift.open')}
          </Button>
        )}
        <Button action="putIn" onClick={() => begin('in')}>
          {t('shift.putIn')}
        </Button>
        <Button action="takeOut" onClick={() => begin('out')}>
          {t('shift.takeOut')}
        </Button>
        <Button action="xReport" onClick={() => void session.command({ type: 'printXReport' })}>
          {t('shift.xReport')}
        </Button>
        <Button action="count" onClick={() => begin('count')}>
          {t('shift.count')}
        </Button>
      </div>
      {step !== undefined && <ShiftDialog key={step.what} step={step} view={view} session={session} onClose={() => setStep(undefined)} />}
    </section>
  )
}

/** Only of a shift that was counted: before that, nobody is told what should be there. */
function Counted({ counted, money }: { readonly counted: NonNullable<ShiftView['counted']>; money(minor: Minor): string }) {
  const { expectedMinor, countedMinor } = counted
  const off = countedMinor - expectedMinor
  return (
    <p className="shift-counted" data-off={off !== 0 || undefined}>
      {t('shift.counted', { counted: money(countedMinor), expected: money(expectedMinor) })}{' '}
      <strong>{off === 0 ? t('shift.right') : off > 0 ? t('shift.over', { sum: money(off) }) : t('shift.short', { sum: money(-off) })}</strong>
    </p>
  )
}
