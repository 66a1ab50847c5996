import { useEffect, useState } from 'react'
import type { EscrowState } from '#protocol/hub-api/escrow.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { EscrowItem, type ActOnEscrow } from './escrow-item.tsx'
import { escrowWords as words } from '../../escrow-words.ts'
import { actOnEscrow, fetchEscrows } from '../../hub.ts'
import { Section } from '../../parts/section.tsx'
import './escrow.css'

/** Money that waits for a delivery: disputes first, since they wait for people. `now` says when to look again. */
export function Escrow({ now, onOpen }: { readonly now: EpochMs; readonly onOpen: (payment: Id) => void }) {
  const [state, setState] = useState<EscrowState>()
  const [name, setName] = useState('')
  const [failed, setFailed] = useState<string>()
  useEffect(() => {
    void fetchEscrows().then((answer) => (answer.ok ? setState(answer.value) : setFailed(answer.told?.say ?? words.failed)))
  }, [now])
  if (state === undefined) return failed === undefined ? null : <p className="section-empty">{failed}</p>

  const who = state.who ?? name.trim()
  const act: ActOnEscrow = async (payment, what, said) => {
    const answer = await actOnEscrow(payment, what, state.who === undefined ? { ...said, by: who } : said)
    setFailed(answer.ok ? undefined : (answer.told && `${answer.told.say} ${answer.told.next}`) || words.failed)
    if (answer.ok) setState(answer.value)
    return answer.ok
  }
  const waiting = state.open.filter((one) => one.state !== 'held')
  const items = [...waiting, ...state.open.filter((one) => one.state === 'held')]
  const item = (one: EscrowState['open'][number]) => <EscrowItem key={one.payment} escrow={one} now={now} canAct={who !== ''} act={act} onOpen={onOpen} />
  return (
    <Section id="escrow" title={words.title} note={words.hint} {...(waiting.length > 0 ? { tone: 'attention' as const } : {})}>
      {state.who === undefined && waiting.length > 0 && (
        <label className="escrow-name">
          <span>{words.name}</span>
          <input value={name} autoComplete="name" maxLength={80} onChange={({ target }) => setName(target.value)} />
        </label>
      )}
      {failed !== undefined && (
        <p className="escrow-failed" role="alert">
          {failed}
        </p>
      )}
      {items.length === 0 && <p className="section-empty">{words.nothing}</p>}
      <ul>{items.map(item)}</ul>
      {state.ended.length > 0 && <h3 className="escrow-heading">{words.ended}</h3>}
      <ul>{state.ended.map(item)}</ul>
    </Section>
  )
}
