import { useState } from 'react'
import type { RiskCaseView, RiskSettingsView } from '#protocol/hub-api/risk-cases.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { CaseFile } from './case-file.tsx'
import { formatMoney } from '../../money.ts'
import { formatShare } from '../../reason-text.ts'
import { riskCaseWords as words } from '../../risk-case-words.ts'
import type { CaseDeed } from '../../risk-cases-hub.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Time } from '../../parts/time.tsx'
import { ReasonForm } from '../../parts/work-list.tsx'
import type { Tone } from '../../payment-status.ts'

/** The hub keeps no longer text. */
const MAX_WORDS = 500
const tones: Readonly<Record<RiskCaseView['state'], Tone>> = { open: 'attention', proposed: 'attention', closed: 'ended' }

/** False: it was refused, and the page says why. */
export type ActOnCase = (payment: Id, what: CaseDeed, said: Readonly<Record<string, unknown>>) => Promise<boolean>
type Props = {
  readonly known: RiskCaseView
  readonly settings: RiskSettingsView
  readonly now: EpochMs
  readonly canAct: boolean
  readonly act: ActOnCase
  readonly onOpen: (payment: Id) => void
}
type Doing = 'note' | 'evidence' | 'legitimate' | 'fraud' | 'refuse'

/** One payment that people look at: what risk thought, what is held of it, and what a person may say. */
export function CaseItem({ known, settings, now, canAct, act, onOpen }: Props) {
  const [doing, setDoing] = useState<Doing>()
  const [isOpened, setOpened] = useState(false)
  const { payment, amountMinor, currency, state, outcome, wasTaken, probability, assignee, heldMinor, heldUntil, refundedMinor, decided, proposed } = known
  const money = (minor: number) => formatMoney(minor, currency)
  const found = decided ?? proposed
  return (
    <li className="work-item">
      <div className="work-head">
        <strong>{money(amountMinor)}</strong>
        <Chip tone={tones[state]}>{state === 'closed' && found ? words.found[found.outcome] : words.states[state]}</Chip>
      </div>
      <p>
        {wasTaken ? (outcome === 'decline' ? words.wouldDecline : words.wouldReview) : words.outcomes[outcome]}
        {probability !== undefined && ` · ${words.likely(formatShare(probability))}`} · <Time at={known.openedAt} now={now} />
      </p>
      {state !== 'closed' && wasTaken && <p className="muted">{words.taken}</p>}
      {heldMinor > 0 && heldUntil !== undefined && (
        <p>
          {words.held(money(heldMinor))} {words.until} <Time at={heldUntil} now={now} />
        </p>
      )}
      {refundedMinor !== undefined && refundedMinor > 0 && <p>{words.refunded(money(refundedMinor))}</p>}
      {state !== 'closed' && <p className="muted">{assignee === undefined ? words.nobody : words.assignee(assignee)}</p>}
      {proposed !== undefined && <p>{words.proposes(proposed.by, words.found[proposed.outcome], proposed.words)}</p>}
      <div className="work-tools">
        <Button aria-expanded={isOpened} onClick={() => setOpened(!isOpened)}>
          {isOpened ? words.hide : words.look}
        </Button>
        <Button look="quiet" onClick={() => onOpen(payment)}>
          {words.payment}
        </Button>
        {state !== 'closed' && doing === undefined && (
          <Tools
            known={known}
            canAct={canAct}
            onTake={() => void act(payment, 'assign', {})}
            onAgree={(to) => void act(payment, 'agree', { outcome: to })}
            onDo={setDoing}
          />
        )}
      </div>
      {doing !== undefined && <Saying known={known} settings={settings} doing={doing} act={act} onClose={() => setDoing(undefined)} />}
      {isOpened && <CaseFile payment={payment} steps={known.steps} now={now} onOpen={onOpen} />}
    </li>
  )
}

type ToolsProps = {
  readonly known: RiskCaseView
  readonly canAct: boolean
  onTake(): void
  onAgree(outcome: 'legitimate' | 'fraud'): void
  onDo(doing: Doing): void
}

function Tools({ known: { proposed }, canAct, onTake, onAgree, onDo }: ToolsProps) {
  const [needs, disabled] = ['operate' as const, !canAct]
  return (
    <>
      <Button needs={needs} disabled={disabled} onClick={onTake}>
        {words.take}
      </Button>
      <Button needs={needs} disabled={disabled} onClick={() => onDo('note')}>
        {words.note}
      </Button>
      <Button needs={needs} disabled={disabled} onClick={() => onDo('evidence')}>
        {words.evidence}
      </Button>
      {proposed === undefined ? (
        <>
          <Button needs="money" disabled={disabled} onClick={() => onDo('legitimate')}>
            {words.legitimate}
          </Button>
          <Button needs="money" disabled={disabled} onClick={() => onDo('fraud')}>
            {words.fraud}
          </Button>
        </>
      ) : (
        <>
          <Button needs="money" look="primary" disabled={disabled} onClick={() => onAgree(proposed.outcome)}>
            {words.agree(words.found[proposed.outcome])}
          </Button>
          <Button needs="money" disabled={disabled} onClick={() => onDo('refuse')}>
            {words.refuse}
          </Button>
        </>
      )}
    </>
  )
}

type SayingProps = Pick<Props, 'known' | 'settings' | 'act'> & { readonly doing: Doing; onClose(): void }

function Saying({ known: { payment, heldMinor, currency }, settings, doing, act, onClose }: SayingProps) {
  const reason = doing === 'note' ? words.whatNote : doing === 'evidence' ? words.whatEvidence : words.reason
  const isDecision = doing === 'legitimate' || doing === 'fraud'
  const say = (text: string) => act(payment, isDecision ? 'decide' : doing, { words: text, ...(isDecision && { outcome: doing }) })
  return (
    <ReasonForm words={{ reason, yes: isDecision ? words[doing] : words.save, cancel: words.cancel }} longest={MAX_WORDS} say={say} onClose={onClose}>
      {isDecision && heldMinor > 0 && (
        <p>
          {doing === 'fraud' ? words.willRefund(formatMoney(heldMinor, currency)) : words.willRelease(formatMoney(heldMinor, currency))}{' '}
          {heldMinor >= settings.secondPersonAboveMinor && words.secondPerson}
        </p>
      )}
      {isDecision && heldMinor === 0 && <p>{words.noHold}</p>}
    </ReasonForm>
  )
}
