import { useState, type FormEvent } from 'react'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { addTill, type Answer } from '../../hub.ts'
import { formatTime } from '../../times.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckIcon, CopyIcon } from '../../parts/icons.tsx'
import { Refusal } from '../../parts/refusal.tsx'

const MAX_NAME = 60

/** Registers a till and shows, once, the code with which it enrols. */
export function AddTill({ now, onClose }: { readonly now: EpochMs; readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<NewTill>>()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsking(true)
    setAnswer(await addTill(name.trim()))
    setAsking(false)
  }

  return (
    <Dialog title={words.addTill.title} onClose={onClose}>
      {answer?.ok ? (
        <Code name={name.trim()} made={answer.value} now={now} onClose={onClose} />
      ) : (
        <form className="dialog-form" onSubmit={submit}>
          <label htmlFor="till-name">{words.addTill.name}</label>
          <input
            id="till-name"
            value={name}
            maxLength={MAX_NAME}
            required
            autoComplete="off"
            aria-describedby="till-name-hint"
            onChange={({ target }) => setName(target.value)}
            autoFocus
          />
          <p id="till-name-hint" className="muted">
            {words.addTill.nameHint}
          </p>
          <Refusal answer={answer} otherwise={words.addTill.failed} />
          <div className="dialog-foot">
            <Button onClick={onClose}>{words.addTill.cancel}</Button>
            <Button type="submit" look="primary" disabled={asking || name.trim() === ''}>
              {asking ? words.addTill.making : words.addTill.make}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

type CodeProps = { readonly name: string; readonly made: NewTill; readonly now: EpochMs; readonly onClose: () => void }

function Code({ name, made: { code, expiresAt }, now, onClose }: CodeProps) {
  const [copied, setCopied] = useState(false)
  const copy = () => {
    // Without permission the code is still there to be read and selected.
    navigator.clipboard.writeText(code).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <div className="dialog-form">
      <p>{words.addTill.codeHint(name)}</p>
      <output className="told-once mono" aria-label={words.addTill.code}>
        {code}
      </output>
      <p className="muted">{words.addTill.until(formatTime(expiresAt, now))}</p>
      <div className="dialog-foot">
        <Button onClick={copy}>
          {copied ? <CheckIcon /> : <CopyIcon />}
          {copied ? words.addTill.copied : words.addTill.copy}
        </Button>
        <Button look="primary" onClick={onClose}>
          {words.addTill.done}
        </Button>
      </div>
    </div>
  )
}
