import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

type Props = { readonly choosing: Extract<ChoosingView, { step: 'number' }>; readonly session: Session; onCancel(): void }

/** The number of a piece or a batch: mostly scanned, which closes it by itself. */
export function NumberDialog({ choosing: { name, tracks }, session, onCancel }: Props) {
  const [typed, setTyped] = useState('')
  const [failed, setFailed] = useState<ErrorCode>()
  const number = typed.trim()
  const take = async () => {
    if (number === '') return
    const outcome = await session.ask({ type: 'giveNumber', number })
    if (!outcome.ok) setFailed(outcome.code)
  }
  return (
    <Dialog
      title={t(tracks === 'serial' ? 'goods.serial' : 'goods.batch', { name })}
      testId="number"
      onCancel={onCancel}
      onMain={() => void take()}
      onEnter={() => void take()}
      foot={
        <>
          <Button action="cancel" onClick={onCancel}>
            {t('goods.cancel')}
          </Button>
          <Button look="primary" action="next" disabled={number === ''} onClick={() => void take()}>
            {t('goods.take')}
          </Button>
        </>
      }
    >
      <p>{t('goods.numberHint')}</p>
      <label className="goods-field">
        {t('goods.number')}
        <input
          type="text"
          data-focus-first=""
          value={typed}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          dir="ltr"
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
