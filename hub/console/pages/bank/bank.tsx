import { useEffect, useState } from 'react'
import type { BankIncident, BankLine, BankState } from '#protocol/hub-api/bank.ts'
import { errors } from '../../failures.ts'
import type { EpochMs } from '#protocol/time.ts'
import { actAtBank, fetchBank, fetchStatement, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { bankWords as words } from '../../bank-words.ts'
import { asWords, type ActAtBank } from '../../bank-acts.ts'
import { BankLineItem } from './bank-line.tsx'
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './bank.css'

/** The hub's account at its bank: what a person has to explain or to look at first, then the files. `now` says when to look again. */
export function Bank({ now }: { readonly now: EpochMs }) {
  const [state, setState] = useState<BankState>()
  const [name, setName] = useState('')
  const [failed, setFailed] = useState<string>()
  useEffect(() => {
    void fetchBank().then((answer) => (answer.ok ? setState(answer.value) : setFailed(answer.told?.say ?? words.failed)))
  }, [now])
  if (state === undefined) return failed === undefined ? null : <p className="section-empty">{failed}</p>

  const who = state.who ?? name.trim()
  const act = async (what: Parameters<typeof actAtBank>[0], said: Readonly<Record<string, unknown>>): Promise<boolean> => {
    const answer: Answer<BankState> = await actAtBank(what, state.who === undefined ? { ...said, by: who } : said)
    setFailed(answer.ok ? undefined : (answer.told && `${answer.told.say} ${answer.told.next}`) || words.failed)
    if (answer.ok) setState(answer.value)
    return answer.ok
  }
  const { open, incidents, files, accounts, unchecked } = state
  return (
    <>
      <Section id="bank" title={words.title} {...(open.length + incidents.length > 0 ? { tone: 'attention' as const } : {})}>
        {accounts.map((account) => (
          <Account key={account.currency} account={account} />
        ))}
        <div className="bank-tools">
          {state.who === undefined && (
            <label>
              <span>{words.name}</span>
              <input value={name} autoComplete="name" onChange={({ target }) => setName(target.value)} />
            </label>
          )}
          <Button needs="money" disabled={who === ''} onClick={() => void act('files', {})}>
            {words.write}
          </Button>
        </div>
        {failed !== undefined && (
          <p className="bank-failed" role="alert">
            {failed}
          </p>
        )}
        <h3 className="bank-heading">{words.open}</h3>
        {open.length === 0 && <p className="section-empty">{words.allExplained}</p>}
        <ul>
          {open.map((line) => (
            <BankLineItem key={line.id} line={line} acquirers={state.acquirers} canAct={who !== ''} act={act} />
          ))}
        </ul>
        {incidents.length > 0 && <h3 className="bank-heading">{words.incidents}</h3>}
        <ul>
          {incidents.map((incident) => (
            <Incident key={incident.id} incident={incident} now={now} canAct={who !== ''} act={act} />
          ))}
        </ul>
        <h3 className="bank-heading">{words.files}</h3>
        {unchecked.length > 0 && <p className="bank-item muted">{words.unchecked(unchecked.join(', '))}</p>}
        {files.length === 0 && <p className="section-empty">{words.noFiles}</p>}
        <ul className="bank-files" tabIndex={0} aria-label={words.files}>
          {files.map(({ id, at, way, name: file, outcome, detail }) => (
            <li key={id} className="bank-item" data-outcome={outcome}>
              <span className="bank-file mono">{file}</span>
              <span className="muted">
                {words.ways[way]} · {words.outcomes[outcome]} · <Time at={at} now={now} />
                {detail !== '' && ` · ${detail}`}
              </span>
            </li>
          ))}
        </ul>
      </Section>
    </>
  )
}

function Account({ account }: { readonly account: BankState['accounts'][number] }) {
  const { currency, name, iban, day, statements, closingMinor, ledgerMinor, unassignedMinor } = account
  const [lines, setLines] = useState<readonly BankLine[]>()
  const show = async (): Promise<void> => {
    if (lines !== undefined || statements === undefined) return setLines(undefined)
    const answer = await fetchStatement(currency, statements)
    if (answer.ok) setLines(answer.value)
  }
  return (
    <div className="bank-item">
      <p className="bank-head">
        <strong>{formatMoney(closingMinor ?? ledgerMinor, currency)}</strong>
        <span className="bank-state" data-good={closingMinor === undefined || closingMinor === ledgerMinor}>
          {closingMinor === undefined || closingMinor === ledgerMinor ? words.account.same : words.account.differs(formatMoney(ledgerMinor, currency))}
        </span>
      </p>
      <p className="muted">
        {name} · {iban} · {day === undefined || statements === undefined ? words.account.none : words.account.statement(day, statements)}
      </p>
      {unassignedMinor !== '0' && <p>{words.account.unexplained(formatMoney(unassignedMinor, currency))}</p>}
      {statements !== undefined && (
        <Button look="quiet" aria-expanded={lines !== undefined} onClick={() => void show()}>
          {words.account.lines}
        </Button>
      )}
      {lines !== undefined && (
        <ul className="bank-lines">
          {lines.map((line) => (
            <li key={line.id}>
              <span>
                {formatMoney(line.minor, currency)} <span className="muted">{line.text}</span>
              </span>
              <span className="muted">{line.as === undefined ? words.why[line.why ?? 'unknown'] : words.done(asWords(line), line.by, line.agreedBy)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

type IncidentProps = { readonly incident: BankIncident; readonly now: EpochMs; readonly canAct: boolean; readonly act: ActAtBank }

function Incident({ incident: { id, at, code, detail }, now, canAct, act }: IncidentProps) {
  const [text, setText] = useState('')
  const { say, next } = errors[code]
  return (
    <li className="bank-item">
      <p>
        <strong>{say}</strong> {next}
      </p>
      <p className="muted">
        {detail} · <Time at={at} now={now} />
      </p>
      <div className="bank-tools">
        <label>
          <span>{words.reason}</span>
          <input value={text} autoComplete="off" onChange={({ target }) => setText(target.value)} />
        </label>
        <Button needs="money" disabled={!canAct || text.trim() === ''} onClick={() => void act('close-incident', { incident: id, text: text.trim() })}>
          {words.close}
        </Button>
      </div>
    </li>
  )
}
