import type { RiskCaseView } from '#protocol/hub-api/risk-cases.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { CaseItem, type ActOnCase } from './case-item.tsx'
import { riskCaseWords as words } from '../../risk-case-words.ts'
import { actOnCase, fetchCases } from '../../risk-cases-hub.ts'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Field } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'

/** Payments that people look at: those that wait for a second person first, then the longest waiting. `now` says when to look again. */
export function Cases({ now, onOpen }: { readonly now: EpochMs; readonly onOpen: (payment: Id) => void }) {
  const { state, unread, acted, who, name, setName, act: ask } = useWork(fetchCases, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.failed}</p>

  const act: ActOnCase = (payment, what, said) => ask((by) => actOnCase(payment, what, { ...said, ...by }))
  const item = (one: RiskCaseView) => (
    <CaseItem key={one.payment} known={one} settings={state.settings} now={now} canAct={who !== ''} act={act} onOpen={onOpen} />
  )
  const proposed = state.open.filter((one) => one.state === 'proposed')
  return (
    <Section id="risk-cases" title={words.title} note={words.hint} {...(state.open.length > 0 ? { tone: 'attention' as const } : {})}>
      {state.who === undefined && state.open.length > 0 && (
        <div className="work-tools">
          <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />
        </div>
      )}
      <Refusal answer={acted} otherwise={words.failed} />
      {state.open.length === 0 && <p className="section-empty">{words.nothing}</p>}
      <ul>{[...proposed, ...state.open.filter((one) => one.state !== 'proposed')].map(item)}</ul>
      {state.closed.length > 0 && <h3 className="work-heading">{words.closed}</h3>}
      <ul>{state.closed.map(item)}</ul>
    </Section>
  )
}
