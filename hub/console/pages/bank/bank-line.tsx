import { useState } from 'react'
import type { BankLine } from '#protocol/hub-api/bank.ts'
import { formatMoney } from '../../money.ts'
import { asWords, type ActAtBank } from '../../bank-acts.ts'
import { bankWords as words } from '../../bank-words.ts'
import { Button } from '../../parts/button.tsx'
import { MAX_WORDS, NoteForm, Notes } from './note.tsx'
import { Field, ReasonForm } from '../../parts/work-list.tsx'

type Props = { readonly line: BankLine; readonly acquirers: readonly string[]; readonly canAct: boolean; readonly act: ActAtBank }

/** A line of a statement that waits for somebody's word, or for a second one. */
export function BankLineItem({ line, acquirers, canAct, act }: Props) {
  const [saying, setSaying] = useState<'explain' | 'refuse' | 'note'>()
  const { id, minor, currency, day, text, state, why, by, reason, endToEndId, notes, assignedTo } = line
  return (
    <li className="work-item">
      <p className="work-head">
        <strong>{formatMoney(minor, currency)}</strong>
        <span className="muted">{day}</span>
      </p>
      <p>{text}</p>
      <p className="muted">{state === 'proposed' ? words.proposed(by ?? '', asWords(line), reason ?? '') : words.why[why ?? 'unknown']}</p>
      {endToEndId !== undefined && <p className="muted mono bank-file">{endToEndId}</p>}
      <Notes notes={notes} assignedTo={assignedTo} />
      {saying === undefined && (
        <div className="work-tools">
          {state === 'open' ? (
            <Button needs="money" disabled={!canAct} onClick={() => setSaying('explain')}>
              {words.explain}
            </Button>
          ) : (
            <>
              <Button needs="money" look="primary" disabled={!canAct} onClick={() => void act('agree', { line: id, as: line.as })}>
                {words.agree}
              </Button>
              <Button needs="money" disabled={!canAct} onClick={() => setSaying('refuse')}>
                {words.refuse}
              </Button>
            </>
          )}
          <Button needs="money" disabled={!canAct} onClick={() => setSaying('note')}>
            {words.note}
          </Button>
        </div>
      )}
      {saying === 'note' && <NoteForm id={id} assignedTo={assignedTo} act={act} onClose={() => setSaying(undefined)} />}
      {saying === 'explain' && <Explain line={line} acquirers={acquirers} act={act} onClose={() => setSaying(undefined)} />}
      {saying === 'refuse' && (
        <ReasonForm
          words={{ reason: words.reason, yes: words.refuse, cancel: words.cancel }}
          longest={MAX_WORDS}
          say={(why) => act('refuse', { line: id, why })}
          onClose={() => setSaying(undefined)}
        />
      )}
    </li>
  )
}

function Explain({ line: { id, minor }, acquirers, act, onClose }: Pick<Props, 'line' | 'acquirers' | 'act'> & { onClose(): void }) {
  const went = minor.startsWith('-')
  const choices: readonly (readonly [string, string])[] = [
    ...(went ? [['fees', words.as.fees] as const, ['payout', words.as.payout] as const] : [['returned', words.as.returned] as const]),
    ['own funds', words.as['own funds']],
    ['written off', words.as['written off']],
    ...acquirers.map((name) => [`acquirer ${name}`, words.as.acquirer(name)] as const),
  ]
  const [to, setTo] = useState(choices[0]?.[0] ?? '')
  const [payout, setPayout] = useState('')
  const asksPayout = to === 'payout' || to === 'returned'
  const explain = async (reason: string) => {
    const acquirer = to.startsWith('acquirer ') ? to.slice('acquirer '.length) : undefined
    const as = acquirer !== undefined ? { to: 'acquirer', acquirer } : asksPayout ? { to, payout: payout.trim() } : { to }
    return await act('explain', { line: id, as, reason })
  }
  const asked = { reason: words.reason, yes: words.save, cancel: words.cancel }
  return (
    <ReasonForm words={asked} longest={MAX_WORDS} isReady={!asksPayout || payout.trim() !== ''} say={explain} onClose={onClose}>
      <label className="work-field">
        <span>{words.was}</span>
        <select value={to} onChange={({ target }) => setTo(target.value)}>
          {choices.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {asksPayout && <Field label={words.payout} value={payout} onChange={setPayout} />}
    </ReasonForm>
  )
}
