import { useState } from 'react'
import type { TillView } from '#protocol/hub-api/overview.ts'
import { revokeTill, type Answer } from '../hub.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Drawer } from './drawer.tsx'
import { Refusal } from './refusal.tsx'
import './add-till.css'

/** Asks once more, naming the till. Stays open only to say why it did not take. */
export function RevokeTill({ till, onClose }: { readonly till: TillView; readonly onClose: () => void }) {
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<null>>()
  const title = words.revokeTill.title(till.name)

  const revoke = async () => {
    setAsking(true)
    const answered = await revokeTill(till.id)
    setAsking(false)
    if (answered.ok) onClose()
    else setAnswer(answered)
  }

  return (
    <Drawer title={title} place="middle" onClose={onClose}>
      <header className="drawer-head">
        <h2>{title}</h2>
      </header>
      <div className="add-till">
        <p>{words.revokeTill.hint}</p>
        <p className="muted">{words.revokeTill.importFirst}</p>
        <Refusal answer={answer} otherwise={words.revokeTill.failed} />
        <div className="add-till-foot">
          <Button onClick={onClose}>{words.revokeTill.cancel}</Button>
          <Button look="primary" disabled={asking} onClick={() => void revoke()}>
            {asking ? words.revokeTill.asking : words.revokeTill.yes}
          </Button>
        </div>
      </div>
    </Drawer>
  )
}
