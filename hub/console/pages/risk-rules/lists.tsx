import { useState, type FormEvent } from 'react'
import type { ListedKind, ListedWord, RulesState } from '#protocol/hub-api/risk-rules.ts'
import type { EpochMs } from '#protocol/time.ts'
import { endListed, sayListed } from '../../risk-hub.ts'
import { riskRuleWords } from '../../risk-rule-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { useMay } from '../../parts/session.ts'
import { Field } from '../../parts/work-list.tsx'
import type { useWork } from '../../parts/work.ts'

const words = riskRuleWords.lists
type Props = { readonly state: RulesState; readonly now: EpochMs; readonly canAct: boolean; readonly act: ReturnType<typeof useWork<RulesState>>['act'] }

/** What people say about single cards and tills, each with a reason and an end. */
export const Lists = ({ state, now, canAct, act }: Props) => (
  <Section id="risk-lists" title={words.title}>
    <p className="risk-rules-hint muted">{words.hint}</p>
    {state.lists.length === 0 && <p className="section-empty">{words.none}</p>}
    <ul>
      {state.lists.map(({ kind, key, word, reason, by, at, until }) => (
        <li key={`${kind} ${key}`} className="work-item">
          <div className="work-head">
            <strong>
              {words.kinds[kind]} <span className="mono">{key}</span>
            </strong>
            <Chip tone={word === 'blocked' ? 'refused' : 'done'}>{words.words[word]}</Chip>
          </div>
          <p>
            {reason} <span className="muted">{by}, </span>
            <Time at={at} now={now} /> <span className="muted">{words.until}</span> <Time at={until} now={now} />
          </p>
          <div className="work-tools">
            <Button
              needs="operate"
              look="quiet"
              disabled={!canAct}
              aria-label={words.endOf(key)}
              onClick={() => void act((who) => endListed({ kind, key, ...who }))}
            >
              {words.end}
            </Button>
          </div>
        </li>
      ))}
    </ul>
    <NewEntry canAct={canAct} act={act} />
  </Section>
)

function NewEntry({ canAct, act }: Pick<Props, 'canAct' | 'act'>) {
  const may = useMay()
  const [kind, setKind] = useState<ListedKind>('card')
  const [key, setKey] = useState('')
  const [word, setWord] = useState<ListedWord>('blocked')
  const [reason, setReason] = useState('')
  const [days, setDays] = useState('30')
  if (!may('operate')) return null
  const count = Number(days)
  const isReady = canAct && key.trim() !== '' && reason.trim() !== '' && Number.isInteger(count) && count >= 1 && count <= 3650
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isReady && (await act((by) => sayListed({ kind, key: key.trim(), word, reason: reason.trim(), days: count, ...by })))) {
      setKey('')
      setReason('')
    }
  }
  return (
    <form className="work-form risk-rules-new" onSubmit={(event) => void submit(event)}>
      <label className="work-field">
        <span>{words.kind}</span>
        <select value={kind} onChange={({ target }) => setKind(target.value === 'terminal' ? 'terminal' : 'card')}>
          <option value="card">{words.kinds.card}</option>
          <option value="terminal">{words.kinds.terminal}</option>
        </select>
      </label>
      <Field label={words.key} value={key} maxLength={100} spellCheck={false} onChange={setKey} />
      <label className="work-field">
        <span>{words.word}</span>
        <select value={word} onChange={({ target }) => setWord(target.value === 'allowed' ? 'allowed' : 'blocked')}>
          <option value="blocked">{words.words.blocked}</option>
          <option value="allowed">{words.words.allowed}</option>
        </select>
      </label>
      <Field label={words.reason} value={reason} maxLength={500} onChange={setReason} />
      <Field label={words.days} value={days} inputMode="numeric" maxLength={4} onChange={setDays} />
      <div className="work-tools">
        <Button type="submit" disabled={!isReady}>
          {words.say}
        </Button>
      </div>
    </form>
  )
}
