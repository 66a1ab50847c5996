import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

type Props = {
  readonly what: 'note' | 'coupon'
  /** The sale's now. */
  readonly note: string | undefined
  readonly session: Session
  onClose(): void
}

/** Lengths that the core takes. */
const MOST = { note: 200, coupon: 40 } as const

/** Words that go with a sale: a note for its receipt, or the code of a coupon that no scanner reads. Says why where the core does not take them. */
export function WordsDialog({ what, note, session, onClose }: Props) {
  const [text, setText] = useState(what === 'note' ? (note ?? '') : '')
  const [failed, setFailed] = useState<ErrorCode>()
  const ask = async (command: Command) => {
    const outcome = await session.ask(command)
    if (outcome.ok || isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  const words = text.trim()
  const apply = () => {
    if (words !== '') void ask(what === 'note' ? { type: 'setNote', note: words } : { type: 'addCoupon', code: words })
  }
  return (
    <Dialog
      title={t(`${what}.title`)}
      testId={what}
      onCancel={onClose}
      onMain={apply}
      onEnter={apply}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('cash.back')}
          </Button>
          {what === 'note' && note !== undefined && (
            <Button choice={choiceKeys[0]} onClick={() => void ask({ type: 'setNote', note: null })}>
              {t('note.remove')}
            </Button>
          )}
          <Button action="pay" look="primary" disabled={words === ''} onClick={apply}>
            {t(`${what}.apply`)}
          </Button>
        </>
      }
    >
      <label className="words-field">
        {t(`${what}.label`)}
        <input
          data-focus-first=""
          autoComplete="off"
          spellCheck={what === 'note'}
          maxLength={MOST[what]}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
