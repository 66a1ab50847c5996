import type { EscrowState } from '#protocol/hub-api/escrow.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { EscrowItem, type ActOnEscrow } from './escrow-item.tsx'
import { escrowWords as words } from '../../escrow-words.ts'
import { actOnEscrow, fetchEscrows } from '../../hub.ts'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Field } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'

/** Money that waits for a delivery: disputes first, since they wait for people. `now` says when to look again. */
export function Escrow({ now, onOpen }: { readonly now: EpochMs; readonly onOpen: (payment: Id) => void }) {
  const { state, unread, acted, who, name, setName, act: ask } = useWork(fetchEscrows, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.failed}</p>

  const act: ActOnEscrow = (payment, what, said) => ask((by) => actOnEscrow(payment, what, { ...said, ...by }))
  const waiting = state.open.filter((one) => one.state !== 'held')
  const items = [...waiting, ...state.open.filter((one) => one.state === 'held')]
  const item = (one: EscrowState['open'][number]) => <EscrowItem key={one.payment} escrow={one} now={now} canAct={who !== ''} act={act} onOpen={onOpen} />
  return (
    <Section id="escrow" title={words.title} note={words.hint} {...(waiting.length > 0 ? { tone: 'attention' as const } : {})}>
      {state.who === undefined && waiting.length > 0 && (
        <div className="work-tools">
          <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />
        </div>
      )}
      <Refusal answer={acted} otherwise={words.failed} />
      {items.length === 0 && <p className="section-empty">{words.nothing}</p>}
      <ul>{items.map(item)}</ul>
      {state.ended.length > 0 && <h3 className="work-heading">{words.ended}</h3>}
      <ul>{state.ended.map(item)}</ul>
    </Section>
  )
}
