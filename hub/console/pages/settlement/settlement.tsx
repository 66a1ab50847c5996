import { useEffect, useState, type FormEvent } from 'react'
import type { PayoutView, SettlementState } from '#protocol/hub-api/settlement.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { approvePayout, fetchSettlement, rejectPayout, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import type { Tone } from '../../payment-status.ts'
import { settlementWords as words } from '../../settlement-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { SettlementWindow } from './settlement-window.tsx'
import { Time } from '../../parts/time.tsx'
import { Field } from '../../parts/work-list.tsx'
import './settlement.css'

/** What merchants are paid: payouts that wait for a second person, and the windows that they are of, down to each posting. `now` says when to look again. */
export function Settlement({ now, onOpen }: { readonly now: EpochMs; readonly onOpen: (payment: Id) => void }) {
  const [state, setState] = useState<SettlementState>()
  const [shown, setShown] = useState<string>()
  useEffect(() => {
    void fetchSettlement().then((answer) => (answer.ok ? setState(answer.value) : undefined))
  }, [now])
  if (state === undefined) return null
  const { payouts, windows, claims, who } = state
  const isWaiting = payouts.some((payout) => payout.state === 'proposed')
  return (
    <Section id="settlement" title={words.title} {...(isWaiting || claims.length > 0 ? { tone: 'attention' as const } : {})}>
      {claims.map(({ id, merchant, leftMinor, currency }) => (
        <p key={id} className="work-item">
          {words.owes(merchant, formatMoney(Number(leftMinor), currency))}
        </p>
      ))}
      <h3 className="work-heading">{words.payouts}</h3>
      {payouts.length === 0 && <p className="section-empty">{words.noPayouts}</p>}
      <ul>
        {payouts.map((payout) => (
          <Payout key={payout.id} payout={payout} who={who} now={now} onDone={setState} onShow={setShown} />
        ))}
      </ul>
      <h3 className="work-heading">{words.windows}</h3>
      {windows.length === 0 && <p className="section-empty">{words.noWindows}</p>}
      <ul>
        {windows.map((window) => (
          <SettlementWindow
            key={window.id}
            window={window}
            now={now}
            who={who}
            onDone={setState}
            isShown={shown === window.id}
            onToggle={() => setShown(shown === window.id ? undefined : window.id)}
            onOpen={onOpen}
          />
        ))}
      </ul>
    </Section>
  )
}

const tones: Readonly<Record<PayoutView['state'], Tone>> = {
  proposed: 'attention',
  approved: 'open',
  sent: 'open',
  accepted: 'open',
  settled: 'done',
  rejected: 'refused',
  returned: 'ended',
}

type PayoutProps = {
  readonly payout: PayoutView
  readonly who: string | undefined
  readonly now: EpochMs
  readonly onDone: (state: SettlementState) => void
  readonly onShow: (window: string) => void
}

function Payout({ payout, who, now, onDone, onShow }: PayoutProps) {
  const [deciding, setDeciding] = useState<'approve' | 'reject'>()
  const { amountMinor, currency, merchant, state, iban, createdAt, createdBy, approvedBy, windows } = payout
  const [newest] = windows.toReversed()
  return (
    <li className="work-item">
      <div className="work-head">
        <strong>{formatMoney(Number(amountMinor), currency)}</strong>
        <Chip tone={tones[state]}>{words.states[state]}</Chip>
      </div>
      <p className="muted">
        {merchant} · {iban.slice(0, 4)} … {iban.slice(-4)} · <Time at={createdAt} now={now} />
      </p>
      <p className="muted">{words.by(createdBy, approvedBy)}</p>
      <div className="work-tools">
        {newest !== undefined && <Button onClick={() => onShow(newest)}>{words.of(windows.length)}</Button>}
        {state === 'proposed' && deciding === undefined && (
          <>
            <Button needs="money" look="primary" onClick={() => setDeciding('approve')}>
              {words.approve}
            </Button>
            <Button needs="money" onClick={() => setDeciding('reject')}>
              {words.reject}
            </Button>
          </>
        )}
      </div>
      {deciding !== undefined && state === 'proposed' && (
        <Decision payout={payout} what={deciding} who={who} onDone={onDone} onClose={() => setDeciding(undefined)} />
      )}
    </li>
  )
}

type DecisionProps = {
  readonly payout: PayoutView
  readonly what: 'approve' | 'reject'
  readonly who: string | undefined
  readonly onDone: (state: SettlementState) => void
  readonly onClose: () => void
}

/** The whole amount and the whole account, as the approval's digest has them. */
function Decision({ payout: { id, amountMinor, currency, iban, holder, digest }, what, who, onDone, onClose }: DecisionProps) {
  const [name, setName] = useState('')
  const [reason, setReason] = useState('')
  const [answer, setAnswer] = useState<Answer<SettlementState>>()
  const by = who === undefined ? { by: name.trim() } : {}
  const isReady = (who !== undefined || name.trim() !== '') && (what === 'approve' || reason.trim() !== '')
  const decide = async (event: FormEvent) => {
    event.preventDefault()
    if (!isReady) return
    const decided = what === 'approve' ? await approvePayout(id, { digest, ...by }) : await rejectPayout(id, { reason: reason.trim(), ...by })
    if (!decided.ok) return setAnswer(decided)
    onClose()
    onDone(decided.value)
  }
  return (
    <form className="work-form" onSubmit={(event) => void decide(event)}>
      <p>
        <strong>{words.approveThis(formatMoney(Number(amountMinor), currency), holder)}</strong>
      </p>
      <p>
        {words.account} <span className="settlement-iban">{iban.replaceAll(/(.{4})(?=.)/g, '$1 ')}</span>
      </p>
      {who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
      {what === 'reject' && <Field label={words.reason} value={reason} maxLength={200} onChange={setReason} />}
      <Refusal answer={answer} otherwise={words.failed} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {what === 'approve' ? words.approve : words.reject}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}
