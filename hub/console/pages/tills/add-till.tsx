import { useState } from 'react'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { addTill } from '../../hub.ts'
import { formatTime } from '../../times.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogForm } from '../../parts/dialog.tsx'
import { CheckIcon, CopyIcon } from '../../parts/icons.tsx'

const MAX_NAME = 60

/** Registers a till and shows, once, the code with which it enrols. */
export function AddTill({ now, onClose }: { readonly now: EpochMs; readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [made, setMade] = useState<NewTill>()
  const { make: yes, making: asking, cancel, failed } = words.addTill

  return (
    <Dialog title={words.addTill.title} onClose={onClose}>
      {made !== undefined ? (
        <Code name={name.trim()} made={made} now={now} onClose={onClose} />
      ) : (
        <DialogForm words={{ yes, asking, cancel, failed }} isReady={name.trim() !== ''} send={() => addTill(name.trim())} onDone={setMade} onClose={onClose}>
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
        </DialogForm>
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
