import { useState, type FormEvent } from 'react'
import type { SettlementState, WindowView } from '#protocol/hub-api/settlement.ts'
import { closeWindow, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { settlementWords as words } from '../../settlement-words.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Field } from '../../parts/work-list.tsx'

type Props = { readonly window: WindowView; readonly who: string | undefined; onDone(state: SettlementState): void; onClose(): void }

/** Ends a window before its time: what it came to so far is proposed to be paid out, and whoever ended it does not approve that. */
export function CloseNow({ window: { id, netMinor, currency, merchant }, who, onDone, onClose }: Props) {
  const [name, setName] = useState('')
  const [answer, setAnswer] = useState<Answer<SettlementState>>()
  const isReady = who !== undefined || name.trim() !== ''
  const end = async (event: FormEvent) => {
    event.preventDefault()
    const ended = await closeWindow(id, who === undefined ? { by: name.trim() } : {})
    setAnswer(ended)
    if (!ended.ok) return
    onClose()
    onDone(ended.value)
  }
  return (
    <form className="work-form" onSubmit={(event) => void end(event)}>
      <p>{words.closeHint(merchant, formatMoney(Number(netMinor), currency))}</p>
      {who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
      <Refusal answer={answer} otherwise={words.failed} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.closeYes}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}
