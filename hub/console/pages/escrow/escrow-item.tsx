import { useState, type FormEvent } from 'react'
import type { EscrowView } from '#protocol/hub-api/escrow.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { escrowWords as words } from '../../escrow-words.ts'
import type { EscrowDeed } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { minorOf } from '../../policy-form.ts'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'

/** False: it was refused, and the page says why. */
export type ActOnEscrow = (payment: Id, what: EscrowDeed, said: Readonly<Record<string, unknown>>) => Promise<boolean>
type Props = {
  readonly escrow: EscrowView
  readonly now: EpochMs
  readonly canAct: boolean
  readonly act: ActOnEscrow
  readonly onOpen: (payment: Id) => void
}

/** What is held of one payment, what both sides say, and what a person may do about it. */
export function EscrowItem({ escrow, now, canAct, act, onOpen }: Props) {
  const [doing, setDoing] = useState<'decide' | 'evidence' | 'refuse'>()
  const { payment, currency, amountMinor, about, state, deadline, atDeadline, evidenceUntil, proposedRefundMinor, refundedMinor } = escrow
  const proposal = escrow.steps.findLast(({ event }) => event === 'decide')
  const close = () => setDoing(undefined)
  return (
    <li className="escrow-item">
      <div className="escrow-head">
        <strong>{formatMoney(amountMinor, currency)}</strong>
        <span className="escrow-state">{words.states[state]}</span>
      </div>
      <p>{about}</p>
      {refundedMinor !== undefined && refundedMinor > 0 && <p>{words.back(formatMoney(refundedMinor, currency))}</p>}
      {state === 'held' && (
        <p className="muted">
          {words.until}: <Time at={deadline} now={now} />, {words[atDeadline]}
        </p>
      )}
      {state === 'disputed' && evidenceUntil !== undefined && (
        <p className="muted">
          {words.heardUntil}: <Time at={evidenceUntil} now={now} />
        </p>
      )}
      {escrow.steps.map(({ event, side = 'buyer', words: said, at }) =>
        event === 'dispute' || event === 'evidence' ? (
          <p key={`${at} ${said}`}>
            <strong>{words[side]}:</strong> {said}
          </p>
        ) : null,
      )}
      {proposedRefundMinor !== undefined && <p>{words.proposes(proposal?.by ?? '', formatMoney(proposedRefundMinor, currency), proposal?.words ?? '')}</p>}
      <div className="escrow-tools">
        <Button look="quiet" onClick={() => onOpen(payment)}>
          {words.payment}
        </Button>
        {state === 'disputed' && doing === undefined && (
          <>
            <Button needs="money" look="primary" disabled={!canAct} onClick={() => setDoing('decide')}>
              {words.decide}
            </Button>
            <Button needs="money" disabled={!canAct} onClick={() => setDoing('evidence')}>
              {words.answer}
            </Button>
          </>
        )}
        {proposedRefundMinor !== undefined && doing === undefined && (
          <>
            <Button needs="money" look="primary" disabled={!canAct} onClick={() => void act(payment, 'agree', { refundMinor: proposedRefundMinor })}>
              {words.agree(formatMoney(proposedRefundMinor, currency))}
            </Button>
            <Button needs="money" disabled={!canAct} onClick={() => setDoing('refuse')}>
              {words.refuse}
            </Button>
          </>
        )}
      </div>
      {doing === 'decide' && <Decide escrow={escrow} act={act} onClose={close} />}
      {doing === 'evidence' && <Say label={words.whatHappened} say={(text) => act(payment, 'evidence', { words: text })} onClose={close} />}
      {doing === 'refuse' && <Say label={words.reason} say={(text) => act(payment, 'refuse', { reason: text })} onClose={close} />}
    </li>
  )
}

function Decide({ escrow: { payment, currency, amountMinor }, act, onClose }: Pick<Props, 'escrow' | 'act'> & { onClose(): void }) {
  const [back, setBack] = useState('')
  const refundMinor = minorOf(back, currency)
  const isReady = refundMinor !== undefined && refundMinor <= amountMinor
  const decide = async (reason: string) => isReady && (await act(payment, 'decide', { refundMinor, reason }))
  return (
    <div className="escrow-form">
      <label>
        <span>{words.toBuyer(formatMoney(amountMinor, currency))}</span>
        <input value={back} inputMode="decimal" autoComplete="off" onChange={({ target }) => setBack(target.value)} />
      </label>
      <Say label={words.reason} isReady={isReady} say={decide} onClose={onClose} />
    </div>
  )
}

type SayProps = { readonly label: string; readonly isReady?: boolean; say(text: string): Promise<boolean>; onClose(): void }

function Say({ label, isReady = true, say, onClose }: SayProps) {
  const [text, setText] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (await say(text.trim())) onClose()
  }
  return (
    <form className="escrow-form" onSubmit={(event) => void submit(event)}>
      <label>
        <span>{label}</span>
        <input value={text} autoComplete="off" maxLength={500} onChange={({ target }) => setText(target.value)} />
      </label>
      <div className="escrow-tools">
        <Button type="submit" look="primary" disabled={!isReady || text.trim() === ''}>
          {words.save}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}
