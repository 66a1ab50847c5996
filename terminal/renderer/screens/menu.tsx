import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import { gateActions, type GateAction, type View } from '#protocol/till-api/api.ts'
import { ResetDialog } from '../gate/reset-dialog.tsx'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import { Pane } from '../parts/pane.tsx'
import type { Session } from '../session/session.ts'
import { words } from '../words.ts'
import './menu.css'

type Props = { readonly view: View; readonly session: Session; onClose(): void }

/** What ends something at this till. The core refuses what would lose money, and its gate then says why. */
export function Menu({ view, session, onClose }: Props) {
  const [resetting, setResetting] = useState(false)
  const [done, setDone] = useState<GateAction>()
  const [failed, setFailed] = useState<ErrorCode>()
  const start = async (action: GateAction) => {
    setDone(undefined)
    setFailed(undefined)
    const outcome = await session.ask({ type: action })
    if (outcome.ok) setDone(action)
    else if (!outcome.code.startsWith('gate.')) setFailed(outcome.code)
  }
  return (
    <Pane title={words.menu.title} testId="menu" onClose={onClose}>
      <ul className="menu">
        {gateActions.map((action) => (
          <li key={action}>
            <p>{words.menu.actions[action].hint}</p>
            <Button onClick={() => (action === 'reset' ? setResetting(true) : void start(action))}>{words.menu.actions[action].do}</Button>
          </li>
        ))}
      </ul>
      <p className="menu-done" role="status">
        {done === 'closeShift' && words.menu.shiftClosed}
      </p>
      {failed !== undefined && <Failed code={failed} />}
      {resetting && (
        <ResetDialog
          name={view.till.name}
          onCancel={() => setResetting(false)}
          onReset={() => {
            setResetting(false)
            void start('reset')
          }}
        />
      )}
    </Pane>
  )
}
