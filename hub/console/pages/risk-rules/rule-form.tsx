import { useState, type FormEvent } from 'react'
import type { WrittenRule } from '../../risk-hub.ts'
import { riskRuleWords as words } from '../../risk-rule-words.ts'
import { Button } from '../../parts/button.tsx'
import { Field } from '../../parts/work-list.tsx'

const outcomes: readonly WrittenRule['outcome'][] = ['review', 'challenge', 'decline']
const isOutcome = (text: string): text is WrittenRule['outcome'] => outcomes.some((one) => one === text)
const LONGEST_SENTENCE = 120

type Props = {
  readonly rule?: WrittenRule
  readonly features: readonly string[]
  /** Codes of the other rules. */
  readonly taken: readonly string[]
  onTake(rule: WrittenRule): void
  onClose(): void
}

/** One rule. Whether its expression can be read is said when it is tried out. */
export function RuleForm({ rule, features, taken, onTake, onClose }: Props) {
  const [id, setId] = useState(rule?.id ?? '')
  const [says, setSays] = useState(rule?.says ?? '')
  const [saysZh, setSaysZh] = useState(rule?.saysZh ?? '')
  const [cel, setCel] = useState(rule?.cel ?? '')
  const [outcome, setOutcome] = useState(rule?.outcome ?? 'review')
  const isReady = /^[a-z][a-z0-9_]{0,39}$/.test(id) && !taken.includes(id) && says.trim() !== '' && cel.trim() !== ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) onTake({ id, says: says.trim(), ...(saysZh.trim() !== '' && { saysZh: saysZh.trim() }), outcome, cel: cel.trim() })
  }
  return (
    <form className="work-form" onSubmit={submit}>
      <Field label={words.fields.id} value={id} maxLength={40} spellCheck={false} onChange={setId} />
      <Field label={words.fields.says} value={says} maxLength={LONGEST_SENTENCE} onChange={setSays} />
      <Field label={words.fields.saysZh} value={saysZh} maxLength={LONGEST_SENTENCE} onChange={setSaysZh} />
      <label className="work-field">
        <span>{words.fields.cel}</span>
        <textarea className="mono" rows={3} maxLength={1000} spellCheck={false} value={cel} onChange={({ target }) => setCel(target.value)} />
      </label>
      <p className="muted">{words.celHint}</p>
      <details>
        <summary>{words.features}</summary>
        <ul className="risk-rules-features mono">
          {features.map((feature) => (
            <li key={feature}>{feature}</li>
          ))}
        </ul>
      </details>
      <label className="work-field">
        <span>{words.fields.outcome}</span>
        <select value={outcome} onChange={({ target }) => isOutcome(target.value) && setOutcome(target.value)}>
          {outcomes.map((one) => (
            <option key={one} value={one}>
              {words.outcomes[one]}
            </option>
          ))}
        </select>
      </label>
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.take}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}
