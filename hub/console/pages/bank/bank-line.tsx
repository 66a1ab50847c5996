import { useState, type FormEvent } from 'react'
import type { BankLine } from '#protocol/hub-api/bank.ts'
import { formatMoney } from '../../money.ts'
import { asWords, type ActAtBank } from '../../bank-acts.ts'
import { bankWords as words } from '../../bank-words.ts'
import { Button } from '../../parts/button.tsx'

type Props = { readonly line: BankLine; readonly acquirers: readonly string[]; readonly canAct: boolean; readonly act: ActAtBank }

/** A line of a statement that waits for somebody's word, or for a second one. */
export function BankLineItem({ line, acquirers, canAct, act }: Props) {
  const [saying, setSaying] = useState<'explain' | 'refuse'>()
  const { id, minor, currency, day, text, state, why, by, reason, endToEndId, notes } = line
  return (
    <li className="bank-item">
      <p className="bank-head">
        <strong>{formatMoney(minor, currency)}</strong>
        <span className="muted">{day}</span>
      </p>
      <p>{text}</p>
      <p className="muted">{state === 'proposed' ? words.proposed(by ?? '', asWords(line), reason ?? '') : words.why[why ?? 'unknown']}</p>
      {endToEndId !== undefined && <p className="muted mono bank-file">{endToEndId}</p>}
      {notes.map((note) => (
        <p key={note.at} className="muted">
          {note.by}: {note.text}
        </p>
      ))}
      {saying === undefined && (
        <div className="bank-tools">
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
        </div>
      )}
      {saying === 'explain' && <Explain line={line} acquirers={acquirers} act={act} onClose={() => setSaying(undefined)} />}
      {saying === 'refuse' && <Refuse line={id} act={act} onClose={() => setSaying(undefined)} />}
    </li>
  )
}

type FormProps = { readonly act: ActAtBank; readonly onClose: () => void }

function Explain({ line: { id, minor }, acquirers, act, onClose }: FormProps & Pick<Props, 'line' | 'acquirers'>) {
  const went = minor.startsWith('-')
  const choices: readonly (readonly [string, string])[] = [
    ...(went ? [['fees', words.as.fees] as const, ['payout', words.as.payout] as const] : [['returned', words.as.returned] as const]),
    ['own funds', words.as['own funds']],
    ['written off', words.as['written off']],
    ...acquirers.map((name) => [`acquirer ${name}`, words.as.acquirer(name)] as const),
  ]
  const [to, setTo] = useState(choices[0]?.[0] ?? '')
  const [payout, setPayout] = useState('')
  const [reason, setReason] = useState('')
  const asksPayout = to === 'payout' || to === 'returned'
  const isReady = reason.trim() !== '' && (!asksPayout || payout.trim() !== '')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!isReady) return
    const acquirer = to.startsWith('acquirer ') ? to.slice('acquirer '.length) : undefined
    const as = acquirer !== undefined ? { to: 'acquirer', acquirer } : asksPayout ? { to, payout: payout.trim() } : { to }
    if (await act('explain', { line: id, as, reason: reason.trim() })) onClose()
  }
  return (
    <form className="bank-form" onSubmit={(event) => void submit(event)}>
      <label>
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
      <Field label={words.reason} value={reason} onChange={setReason} />
      <div className="bank-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.save}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

function Refuse({ line, act, onClose }: FormProps & { readonly line: string }) {
  const [why, setWhy] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (why.trim() !== '' && (await act('refuse', { line, why: why.trim() }))) onClose()
  }
  return (
    <form className="bank-form" onSubmit={(event) => void submit(event)}>
      <Field label={words.reason} value={why} onChange={setWhy} />
      <div className="bank-tools">
        <Button type="submit" disabled={why.trim() === ''}>
          {words.refuse}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

const Field = ({ label, value, onChange }: { readonly label: string; readonly value: string; onChange(value: string): void }) => (
  <label>
    <span>{label}</span>
    <input value={value} autoComplete="off" onChange={({ target }) => onChange(target.value)} />
  </label>
)
