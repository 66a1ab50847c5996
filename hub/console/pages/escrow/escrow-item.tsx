import { useState } from 'react'
import type { EscrowView } from '#protocol/hub-api/escrow.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { escrowWords as words } from '../../escrow-words.ts'
import type { EscrowDeed } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { minorOf } from '../../policy-form.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Time } from '../../parts/time.tsx'
import { Field, ReasonForm } from '../../parts/work-list.tsx'
import type { Tone } from '../../payment-status.ts'

/** The hub keeps no longer text. */
const MAX_WORDS = 500

const tones: Readonly<Record<EscrowView['state'], Tone>> = {
  held: 'open',
  disputed: 'attention',
  proposed: 'attention',
  released: 'done',
  refunded: 'ended',
  split: 'done',
}

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
    <li className="work-item">
      <div className="work-head">
        <strong>{formatMoney(amountMinor, currency)}</strong>
        <Chip tone={tones[state]}>{words.states[state]}</Chip>
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
      <div className="work-tools">
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
      {doing === 'evidence' && (
        <ReasonForm words={saying(words.whatHappened)} longest={MAX_WORDS} say={(text) => act(payment, 'evidence', { words: text })} onClose={close} />
      )}
      {doing === 'refuse' && (
        <ReasonForm words={saying(words.reason)} longest={MAX_WORDS} say={(reason) => act(payment, 'refuse', { reason })} onClose={close} />
      )}
    </li>
  )
}

function Decide({ escrow: { payment, currency, amountMinor }, act, onClose }: Pick<Props, 'escrow' | 'act'> & { onClose(): void }) {
  const [back, setBack] = useState('')
  const refundMinor = minorOf(back, currency)
  const isReady = refundMinor !== undefined && refundMinor <= amountMinor
  const decide = async (reason: string) => isReady && (await act(payment, 'decide', { refundMinor, reason }))
  return (
    <ReasonForm words={saying(words.reason)} longest={MAX_WORDS} isReady={isReady} say={decide} onClose={onClose}>
      <Field label={words.toBuyer(formatMoney(amountMinor, currency))} value={back} inputMode="decimal" onChange={setBack} />
    </ReasonForm>
  )
}

const saying = (reason: string) => ({ reason, yes: words.save, cancel: words.cancel })
