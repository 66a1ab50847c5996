import { useState } from 'react'
import type { RulesState } from '#protocol/hub-api/risk-rules.ts'
import { celOf } from '#protocol/risk/rule-text.ts'
import type { RiskRule } from '#protocol/risk/rules.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchRules, putRules, takeRulesBack, tryRules, type WrittenRule } from '../../risk-hub.ts'
import { riskRuleWords as words, ruleSays } from '../../risk-rule-words.ts'
import type { Answer } from '../../hub.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { Field, ReasonForm } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'
import { DryRunResult } from './dry-run-result.tsx'
import { Lists } from './lists.tsx'
import { RuleForm } from './rule-form.tsx'
import './risk-rules.css'

const LONGEST_NOTE = 500
type Act = ReturnType<typeof useWork<RulesState>>['act']

/** Rules are edited here, tried out on what was, and only then put in force; a set of before comes back the same way as it went. */
export function RiskRules({ now }: { readonly now: EpochMs }) {
  const { state, unread, acted, who, name, setName, act } = useWork(fetchRules, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.failed}</p>
  return (
    <>
      <Section id="risk-rules" title={words.title} note={words.version(state.version)}>
        <p className="risk-rules-hint muted">{words.hint}</p>
        {state.who === undefined && (
          <div className="work-tools">
            <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />
          </div>
        )}
        <Refusal answer={acted} otherwise={words.failed} />
        <Editor key={state.version} state={state} canAct={who !== ''} act={act} />
        <History state={state} now={now} canAct={who !== ''} act={act} />
      </Section>
      <Lists state={state} now={now} canAct={who !== ''} act={act} />
    </>
  )
}

const written = ({ id, says, saysZh, cel, outcome, when }: RiskRule): WrittenRule => ({
  id,
  says,
  ...(saysZh !== undefined && { saysZh }),
  outcome,
  cel: cel ?? celOf(when),
})

/** Made anew for each version that is in force: what was edited over another one is not shown as if it were over this. */
function Editor({ state, canAct, act }: { readonly state: RulesState; readonly canAct: boolean; readonly act: Act }) {
  const [rules, setRules] = useState(() => state.rules.map(written))
  const [editing, setEditing] = useState<number | 'new'>()
  const [tried, setTried] = useState<Awaited<ReturnType<typeof tryRules>> | 'trying'>()
  const [isPutting, setPutting] = useState(false)
  const isChanged = JSON.stringify(rules) !== JSON.stringify(state.rules.map(written))
  const change = (next: readonly WrittenRule[]) => {
    setRules([...next])
    setEditing(undefined)
    // Only what was tried out is put in force.
    setTried(undefined)
    setPutting(false)
  }
  const tryOut = async () => {
    setTried('trying')
    setTried(await tryRules(rules))
  }
  const shown = tried === 'trying' || tried === undefined || !tried.ok ? undefined : tried.value
  return (
    <>
      {rules.length === 0 && <p className="section-empty">{words.none}</p>}
      <ul>
        {rules.map((rule, at) =>
          editing === at ? (
            <li key={rule.id} className="work-item">
              <RuleForm
                rule={rule}
                features={state.features}
                taken={rules.filter((one) => one !== rule).map(({ id }) => id)}
                onTake={(next) => change(rules.with(at, next))}
                onClose={() => setEditing(undefined)}
              />
            </li>
          ) : (
            <Rule key={rule.id} rule={rule} onEdit={() => setEditing(at)} onRemove={() => change(rules.toSpliced(at, 1))} />
          ),
        )}
        {editing === 'new' && (
          <li className="work-item">
            <RuleForm
              features={state.features}
              taken={rules.map(({ id }) => id)}
              onTake={(next) => change([...rules, next])}
              onClose={() => setEditing(undefined)}
            />
          </li>
        )}
      </ul>
      <div className="work-tools risk-rules-acts">
        {editing !== 'new' && (
          <Button needs="administer" onClick={() => setEditing('new')}>
            {words.add}
          </Button>
        )}
        <Button disabled={tried === 'trying' || editing !== undefined} onClick={() => void tryOut()}>
          {tried === 'trying' ? words.trying : words.tryOut}
        </Button>
        {isChanged && (
          <>
            <Button look="quiet" onClick={() => change(state.rules.map(written))}>
              {words.back}
            </Button>
            <Chip tone="attention">{words.changedRules}</Chip>
          </>
        )}
      </div>
      {tried !== 'trying' && <TryFailed answer={tried} />}
      {shown !== undefined && <DryRunResult shown={shown} />}
      {shown !== undefined && isChanged && !isPutting && (
        <div className="work-tools">
          <Button needs="administer" look="primary" disabled={!canAct} onClick={() => setPutting(true)}>
            {words.put}
          </Button>
        </div>
      )}
      {shown !== undefined && isPutting && (
        <div className="risk-rules-put">
          <ReasonForm
            words={{ reason: words.note, yes: words.put, cancel: words.cancel }}
            longest={LONGEST_NOTE}
            say={(note) => act((by) => putRules({ digest: shown.digest, note, ...by }))}
            onClose={() => setPutting(false)}
          />
        </div>
      )}
    </>
  )
}

/** What is wrong with a rule is said by whoever reads it. */
function TryFailed({ answer }: { readonly answer: Answer<unknown> | undefined }) {
  if (answer === undefined || answer.ok) return null
  return (
    <p className="refusal" role="alert">
      {answer.told?.say ?? words.failed} {answer.detail}
    </p>
  )
}

function Rule({ rule, onEdit, onRemove }: { readonly rule: WrittenRule; onEdit(): void; onRemove(): void }) {
  const what = ruleSays(rule)
  return (
    <li className="work-item">
      <div className="work-head">
        <strong>{what}</strong>
        <Chip tone={rule.outcome === 'decline' ? 'refused' : rule.outcome === 'challenge' ? 'open' : 'attention'}>{words.outcomes[rule.outcome]}</Chip>
      </div>
      <code className="risk-rules-cel">{rule.cel}</code>
      <div className="work-tools risk-rules-acts">
        <span className="muted mono">{rule.id}</span>
        <Button needs="administer" look="quiet" aria-label={words.editOf(what)} onClick={onEdit}>
          {words.edit}
        </Button>
        <Button needs="administer" look="quiet" aria-label={words.removeOf(what)} onClick={onRemove}>
          {words.remove}
        </Button>
      </div>
    </li>
  )
}

function History({ state, now, canAct, act }: { readonly state: RulesState; readonly now: EpochMs; readonly canAct: boolean; readonly act: Act }) {
  const [taking, setTaking] = useState<number>()
  if (state.versions.length === 0) return null
  return (
    <details className="risk-rules-history">
      <summary>{words.history}</summary>
      <ul>
        {state.versions.map(({ version, at, by, note, rules }) => (
          <li key={version} className="work-item">
            <div className="work-head">
              <strong>{words.historyOf(version, rules)}</strong>
              {version === state.version && <Chip tone="done">{words.inForce}</Chip>}
            </div>
            <p>
              {by}, <Time at={at} now={now} />. {note}
            </p>
            {version !== state.version && taking !== version && (
              <div className="work-tools">
                <Button needs="administer" disabled={!canAct} aria-label={words.takeBackOf(version)} onClick={() => setTaking(version)}>
                  {words.takeBack}
                </Button>
              </div>
            )}
            {taking === version && (
              <ReasonForm
                words={{ reason: words.note, yes: words.takeBack, cancel: words.cancel }}
                longest={LONGEST_NOTE}
                say={(why) => act((by) => takeRulesBack({ version, note: why, ...by }))}
                onClose={() => setTaking(undefined)}
              />
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
