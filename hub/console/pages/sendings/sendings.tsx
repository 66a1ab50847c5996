import { useEffect, useState, type FormEvent } from 'react'
import { errors } from '../../failures.ts'
import type { Erased, SendingState } from '#protocol/hub-api/receipts.ts'
import type { Id } from '#protocol/ids.ts'
import { SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { eraseAddress, eraseSending, fetchSendings, type Answer } from '../../hub.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './sendings.css'

const READ_AGAIN: DurationMs = 5 * SECOND

/** Receipts that customers wanted sent, what became of them, and the way to forget whom they went to. */
export function Sendings({ now }: { readonly now: EpochMs }) {
  const [sendings, setSendings] = useState<readonly SendingState[]>([])
  const [told, setTold] = useState<string>()
  const read = () => void fetchSendings().then((fetched) => (fetched.ok ? setSendings(fetched.value.sendings) : undefined))
  const every = Math.floor(now / READ_AGAIN)
  useEffect(read, [every])
  const tell = (answer: Answer<Erased>) => {
    setTold(answer.ok ? words.sendings.erased(answer.value.erased) : answer.told ? `${answer.told.say} ${answer.told.next}` : words.sendings.failed)
    read()
  }
  return (
    <Section id="sendings" title={words.sendings.title}>
      <div className="sendings">
        {sendings.length === 0 && <p>{words.sendings.none}</p>}
        <ul>
          {sendings.map((sending) => (
            <Sending key={sending.id} sending={sending} now={now} onErase={(id) => void eraseSending(id).then(tell)} />
          ))}
        </ul>
        <ByAddress onErase={(address) => void eraseAddress(address).then(tell)} />
        {told !== undefined && <p role="status">{told}</p>}
      </div>
    </Section>
  )
}

function Sending({ sending, now, onErase }: { readonly sending: SendingState; readonly now: EpochMs; onErase(id: Id): void }) {
  const { id, receiptNumber, till, at, state, code, to } = sending
  return (
    <li className="sending" data-state={state}>
      <Time at={at} now={now} />
      <span>{words.sendings.row(receiptNumber, till)}</span>
      <span>{to}</span>
      <span>
        {words.sendings.states[state]}
        {code !== undefined && `: ${errors[code].say}`}
      </span>
      {state !== 'erased' && (
        <Button needs="operate" look="quiet" aria-label={words.sendings.eraseOf(receiptNumber)} onClick={() => onErase(id)}>
          {words.sendings.erase}
        </Button>
      )}
    </li>
  )
}

function ByAddress({ onErase }: { onErase(address: string): void }) {
  const [address, setAddress] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onErase(address)
    setAddress('')
  }
  return (
    <form className="sendings-erase" onSubmit={submit}>
      <label>
        {words.sendings.address}
        <input value={address} maxLength={254} autoComplete="off" spellCheck={false} required onChange={({ target }) => setAddress(target.value)} />
      </label>
      <Button needs="operate" type="submit" disabled={address.trim() === ''}>
        {words.sendings.byAddress}
      </Button>
      <small className="muted">{words.sendings.byAddressHint}</small>
    </form>
  )
}
