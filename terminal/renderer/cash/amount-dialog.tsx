import { useState, type KeyboardEvent, type ReactNode } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Minor } from '#protocol/money.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { Failed } from '../parts/failed.tsx'
import { keypadKey, pressKey, type Entry } from '../screens/sales/amount-entry.ts'
import { Keypad } from '../screens/sales/keypad.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './cash.css'

type Command = Parameters<Session['ask']>[0]

type Props = {
  readonly title: string
  readonly testId: string
  /** Of the amount. */
  readonly label: string
  readonly entry: Entry
  readonly session: Session
  money(minor: Minor): string
  /** What the main step asks of the core; undefined while it cannot be asked. */
  readonly command: Command | undefined
  /** On the main step. */
  readonly doIt: string
  readonly suggestions?: readonly Minor[]
  readonly children?: ReactNode
  onEntry(entry: Entry): void
  onClose(): void
}

/** An amount of notes and coins, typed or touched, and the one step that it is for. Stays open, and says why, when the core refuses it. */
export function AmountDialog({ title, testId, label, entry, session, money, command, doIt, suggestions = [], children, onEntry, onClose }: Props) {
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<ErrorCode>()
  const send = async () => {
    if (command === undefined || sending) return
    setSending(true)
    const outcome = await session.ask(command)
    setSending(false)
    if (outcome.ok || isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  const keyDown = (event: KeyboardEvent) => {
    const key = keypadKey(event.key)
    if (key === undefined) return
    onEntry(pressKey(entry, key))
    event.preventDefault()
  }
  return (
    <Dialog
      title={title}
      testId={testId}
      onCancel={onClose}
      onMain={() => void send()}
      onEnter={() => void send()}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('cash.back')}
          </Button>
          <Button action="pay" look="primary" disabled={command === undefined || sending} onClick={() => void send()}>
            {doIt}
          </Button>
        </>
      }
    >
      <div className="cash-amount">
        <label>
          {label}
          <input readOnly inputMode="none" data-focus-first="" value={money(entry.minor)} onKeyDown={keyDown} />
        </label>
      </div>
      {suggestions.length > 0 && (
        <ul className="cash-suggestions" aria-label={t('cash.suggestions')}>
          {suggestions.map((minor, index) => (
            <li key={minor}>
              <Button choice={choiceKeys[index]} onClick={() => onEntry({ minor, preset: true })}>
                {money(minor)}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {children}
      <Keypad disabled={sending} onPress={(key) => onEntry(pressKey(entry, key))} />
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
