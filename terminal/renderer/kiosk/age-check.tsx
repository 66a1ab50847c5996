import { useEffect, useRef } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { Dialog } from '../parts/dialog.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Big } from './big.tsx'

type Props = { readonly choosing: Extract<ChoosingView, { step: 'age' }>; readonly view: View; readonly session: Session }

/** The one thing that a shopper cannot do alone: a person is called by itself, looks, and says yes with their own PIN or badge. */
export function AgeCheck({ choosing: { name, years }, view, session }: Props) {
  const wasCalled = useRef(view.help !== undefined)
  useEffect(() => {
    // Whom the shopper had called already comes for more than this.
    if (wasCalled.current) return undefined
    void session.ask({ type: 'callForHelp', from: 'shopper' })
    return () => void session.ask({ type: 'takeBackCall' })
  }, [session])
  const answer = (isOldEnough: boolean) => void session.ask({ type: 'answerAge', years, isOldEnough })
  // The question for the PIN takes its place.
  if (view.staff?.asking !== undefined) return null
  return (
    <Dialog
      title={t('kiosk.age')}
      testId="kiosk-age"
      tone="attention"
      foot={
        <>
          <Big onClick={() => answer(false)}>{t('kiosk.ageBack')}</Big>
          {view.staff !== undefined && <Big onClick={() => answer(true)}>{t('kiosk.ageStaff')}</Big>}
        </>
      }
    >
      <p>{t('kiosk.ageHint', { name, years })}</p>
    </Dialog>
  )
}
