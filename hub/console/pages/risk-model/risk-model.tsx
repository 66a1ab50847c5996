import { useState } from 'react'
import type { ModelCard, ModelState } from '#protocol/hub-api/risk-model.ts'
import type { EpochMs } from '#protocol/time.ts'
import { locale } from '../../language/chosen.ts'
import { fetchModel, holdModel, putModel, trainModel } from '../../risk-hub.ts'
import { riskModelWords as words } from '../../risk-rule-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { Field } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'
import { CalibrationChart } from './calibration-chart.tsx'
import { Drift } from './drift.tsx'
import './risk-model.css'

const third = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 })
const small = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 })
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })

type Work = { readonly state: ModelState; readonly now: EpochMs; readonly canAct: boolean; readonly act: ReturnType<typeof useWork<ModelState>>['act'] }

/** The model that judges, the one that would like to, how good each is, and whether payments are still what it has learned. */
export function RiskModel({ now }: { readonly now: EpochMs }) {
  const { state, unread, acted, who, name, setName, act } = useWork(fetchModel, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.failed}</p>
  const { champion, challenger, drift } = state
  const work = { state, now, canAct: who !== '', act }
  return (
    <>
      <Section id="risk-model" title={words.title} {...(champion && { note: words.version(champion.version) })}>
        <Refusal answer={acted} otherwise={words.failed} />
        {champion === undefined ? (
          <p className="section-empty">
            {words.none} {words.noneWhy}
          </p>
        ) : (
          <Card card={champion} now={now} />
        )}
      </Section>
      {(champion ?? challenger) !== undefined && (
        <Section id="risk-challenger" title={words.challenger} {...(challenger && { note: words.version(challenger.version) })}>
          {challenger === undefined ? <p className="section-empty">{words.noChallenger}</p> : <Card card={challenger} now={now} />}
        </Section>
      )}
      {drift !== undefined && <Drift drift={drift} />}
      <Section id="risk-training" title={words.training.title}>
        {state.who === undefined && (
          <div className="work-tools">
            <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />
          </div>
        )}
        <Training {...work} />
        <Versions {...work} />
      </Section>
    </>
  )
}

function Card({ card, now }: { readonly card: ModelCard; readonly now: EpochMs }) {
  const { learned, heldOut, ap, auc, against } = card
  const period = ({ from, until, rows, frauds }: ModelCard['learned']) => (
    <>
      <Time at={from} now={now} /> – <Time at={until} now={now} />: {words.rows(rows, frauds)}
    </>
  )
  const measured = ({ value, from, to }: ModelCard['ap']) => (
    <>
      <strong>{third.format(value)}</strong> <span className="muted">{words.between(third.format(from), third.format(to))}</span>
    </>
  )
  return (
    <div className="risk-model">
      {card.isInvented && <p className="risk-model-invented">{words.invented}</p>}
      <dl className="risk-model-figures">
        <dt>{words.made}</dt>
        <dd>
          <Time at={card.madeAt} now={now} />
        </dd>
        <dt>{words.learned}</dt>
        <dd>{period(learned)}</dd>
        <dt>{words.held}</dt>
        <dd>{period(heldOut)}</dd>
        <dt>{words.ap}</dt>
        <dd>{measured(ap)}</dd>
        <dt>{words.auc}</dt>
        <dd>{measured(auc)}</dd>
        <dt>{words.brier}</dt>
        <dd>{small.format(card.brier)}</dd>
        <dt>{words.ece}</dt>
        <dd>{small.format(card.ece)}</dd>
      </dl>
      <p>
        {against === undefined ? words.first : `${words.against(against.version, third.format(against.ap), percent.format(against.better))} ${words.needed}`}
      </p>
      <CalibrationChart bins={card.calibration} />
      <details>
        <summary>{words.strongest}</summary>
        <ul>
          {card.strongest.map(({ feature, logits }) => (
            <li key={feature}>
              <span className="mono">{feature}</span> <span className="muted">{`${small.format(logits)} ${words.logits}`}</span>
            </li>
          ))}
        </ul>
      </details>
      <details>
        <summary>{words.limits}</summary>
        <ul lang="en">
          {card.limits.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </details>
      <a href={`/api/risk/models/${card.version}/card`} download>
        {words.card}
      </a>
    </div>
  )
}

function Training({ state: { lastTraining, isTraining, isHeld }, now, canAct, act }: Work) {
  const [isAsked, setAsked] = useState(false)
  const isRunning = isTraining || isAsked
  const train = async () => {
    setAsked(true)
    await act((by) => trainModel(by))
    setAsked(false)
  }
  return (
    <div className="risk-model">
      <p role="status">
        {isRunning
          ? words.training.running
          : lastTraining === undefined
            ? words.training.never
            : `${words.training.last}: ${words.training.ends[lastTraining.outcome]}, `}
        {!isRunning && lastTraining !== undefined && <Time at={lastTraining.at} now={now} />}
      </p>
      {isHeld && <p>{words.training.held}</p>}
      <div className="work-tools">
        <Button needs="administer" disabled={!canAct || isRunning} onClick={() => void train()}>
          {words.training.now}
        </Button>
        <Button needs="administer" disabled={!canAct} onClick={() => void act((by) => holdModel({ isHeld: !isHeld, ...by }))}>
          {isHeld ? words.training.letGo : words.training.hold}
        </Button>
      </div>
    </div>
  )
}

function Versions({ state: { versions, champion }, now, canAct, act }: Work) {
  if (versions.length === 0) return null
  return (
    <details className="risk-model-versions">
      <summary>{words.versions}</summary>
      <ul>
        {versions.map(({ version, madeAt, ap }) => (
          <li key={version} className="work-item">
            <div className="work-head">
              <strong>{words.versionOf(version, third.format(ap))}</strong>
              {version === champion?.version ? (
                <Chip tone="done">{words.inForce}</Chip>
              ) : (
                <Button needs="administer" disabled={!canAct} aria-label={words.putOf(version)} onClick={() => void act((by) => putModel({ version, ...by }))}>
                  {words.put}
                </Button>
              )}
            </div>
            <p className="muted">
              <Time at={madeAt} now={now} />
            </p>
          </li>
        ))}
      </ul>
      {champion !== undefined && (
        <div className="work-tools">
          <Button needs="administer" look="quiet" disabled={!canAct} onClick={() => void act((by) => putModel({ version: 0, ...by }))}>
            {words.without}
          </Button>
        </div>
      )}
    </details>
  )
}
