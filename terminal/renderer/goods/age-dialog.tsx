import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { formatDay } from '../format.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

type Props = { readonly choosing: Extract<ChoosingView, { step: 'age' }>; readonly session: Session }

/** The date to compare with a card, large; nothing to calculate and nothing to type. */
export function AgeDialog({ choosing: { name, years, bornBy }, session }: Props) {
  const [failed, setFailed] = useState<ErrorCode>()
  const answer = async (isOldEnough: boolean) => {
    const outcome = await session.ask({ type: 'answerAge', years, isOldEnough })
    if (!outcome.ok && !isAskedElsewhere(outcome.code)) setFailed(outcome.code)
  }
  return (
    <Dialog
      title={t('goods.age', { years })}
      testId="age"
      tone="attention"
      onCancel={() => void answer(false)}
      onMain={() => void answer(true)}
      foot={
        <>
          <Button action="cancel" onClick={() => void answer(false)}>
            {t('goods.tooYoung')}
          </Button>
          <Button look="primary" action="pay" onClick={() => void answer(true)}>
            {t('goods.oldEnough')}
          </Button>
        </>
      }
    >
      <p>{t('goods.ageFor', { name, years })}</p>
      <p className="goods-born-by">{t('goods.bornBy', { date: formatDay(bornBy) })}</p>
      <p className="goods-hint">{t('goods.ageHint')}</p>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
