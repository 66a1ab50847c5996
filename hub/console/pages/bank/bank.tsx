import { useState } from 'react'
import type { BankIncident, BankLine, BankState } from '#protocol/hub-api/bank.ts'
import { errors } from '../../failures.ts'
import type { EpochMs } from '#protocol/time.ts'
import { actAtBank, fetchBank, fetchStatement } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { bankWords as words } from '../../bank-words.ts'
import { asWords, type ActAtBank } from '../../bank-acts.ts'
import { BankLineItem } from './bank-line.tsx'
import { MAX_WORDS, NoteForm, Notes } from './note.tsx'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { Field } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'
import './bank.css'

/** The hub's account at its bank: what a person has to explain or to look at first, then the files. `now` says when to look again. */
export function Bank({ now }: { readonly now: EpochMs }) {
  const { state, unread, acted, who, name, setName, act: ask } = useWork(fetchBank, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.failed}</p>

  const act: ActAtBank = (what, said) => ask((by) => actAtBank(what, { ...said, ...by }))
  const { open, incidents, files, accounts, unchecked } = state
  return (
    <>
      <Section id="bank" title={words.title} {...(open.length + incidents.length > 0 ? { tone: 'attention' as const } : {})}>
        {accounts.map((account) => (
          <Account key={account.currency} account={account} />
        ))}
        <div className="work-tools">
          {state.who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
          <Button needs="money" disabled={who === ''} onClick={() => void act('files', {})}>
            {words.write}
          </Button>
        </div>
        <Refusal answer={acted} otherwise={words.failed} />
        <h3 className="work-heading">{words.open}</h3>
        {open.length === 0 && <p className="section-empty">{words.allExplained}</p>}
        <ul>
          {open.map((line) => (
            <BankLineItem key={line.id} line={line} acquirers={state.acquirers} canAct={who !== ''} act={act} />
          ))}
        </ul>
        {incidents.length > 0 && <h3 className="work-heading">{words.incidents}</h3>}
        <ul>
          {incidents.map((incident) => (
            <Incident key={incident.id} incident={incident} now={now} canAct={who !== ''} act={act} />
          ))}
        </ul>
        <h3 className="work-heading">{words.files}</h3>
        {unchecked.length > 0 && <p className="work-item muted">{words.unchecked(unchecked.join(', '))}</p>}
        {files.length === 0 && <p className="section-empty">{words.noFiles}</p>}
        <ul className="bank-files" tabIndex={0} aria-label={words.files}>
          {files.map(({ id, at, way, name: file, outcome, detail }) => (
            <li key={id} className="work-item" data-outcome={outcome}>
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
  const isSame = closingMinor === undefined || closingMinor === ledgerMinor
  const [lines, setLines] = useState<readonly BankLine[]>()
  const show = async (): Promise<void> => {
    if (lines !== undefined || statements === undefined) return setLines(undefined)
    const answer = await fetchStatement(currency, statements)
    if (answer.ok) setLines(answer.value)
  }
  return (
    <div className="work-item">
      <p className="work-head">
        <strong>{formatMoney(closingMinor ?? ledgerMinor, currency)}</strong>
        <Chip tone={isSame ? 'done' : 'attention'}>{isSame ? words.account.same : words.account.differs(formatMoney(ledgerMinor, currency))}</Chip>
      </p>
      <p className="muted">
        {name} · {iban} · {day === undefined || statements === undefined ? words.account.none : words.account.statement(day, statements)}
      </p>
      {unassignedMinor !== '0' && <p>{words.account.unexplained(formatMoney(unassignedMinor, currency))}</p>}
      {statements !== undefined && (
        <div className="work-tools">
          <Button look="quiet" aria-expanded={lines !== undefined} onClick={() => void show()}>
            {words.account.lines}
          </Button>
        </div>
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

function Incident({ incident: { id, at, code, detail, notes, assignedTo }, now, canAct, act }: IncidentProps) {
  const [isNoting, setNoting] = useState(false)
  const [text, setText] = useState('')
  const { say, next } = errors[code]
  return (
    <li className="work-item">
      <p>
        <strong>{say}</strong> {next}
      </p>
      <p className="muted">
        {detail} · <Time at={at} now={now} />
      </p>
      <Notes notes={notes} assignedTo={assignedTo} />
      {isNoting && <NoteForm id={id} assignedTo={assignedTo} act={act} onClose={() => setNoting(false)} />}
      <div className="work-tools">
        <Field label={words.reason} value={text} maxLength={MAX_WORDS} onChange={setText} />
        <Button needs="money" disabled={!canAct || text.trim() === ''} onClick={() => void act('close-incident', { incident: id, text: text.trim() })}>
          {words.close}
        </Button>
        {!isNoting && (
          <Button needs="money" disabled={!canAct} onClick={() => setNoting(true)}>
            {words.note}
          </Button>
        )}
      </div>
    </li>
  )
}
