import { useContext, useState, type FormEvent } from 'react'
import type { EscrowState } from '#protocol/hub-api/escrow.ts'
import type { PaymentView } from '#protocol/hub-api/overview.ts'
import { decimal } from '#protocol/money.ts'
import { escrowWords as words } from '../../escrow-words.ts'
import { openEscrow, type Answer } from '../../hub.ts'
import { minorOf } from '../../policy-form.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Session } from '../../parts/session.ts'
import { Field } from '../../parts/work-list.tsx'

const DAYS = [3, 7, 14, 30, 90] as const

/** For a pick-up order, or a deposit: what a wallet has paid waits until its owner says that he has the goods, or until a day. */
export function HoldPayment({ payment }: { readonly payment: PaymentView }) {
  const [asking, setAsking] = useState(false)
  const isWallet = payment.profile === 'show' || payment.profile === 'bound' || payment.profile === 'merchant_qr'
  if (!isWallet || payment.state !== 'CAPTURED') return null
  if (asking) return <HoldForm payment={payment} onClose={() => setAsking(false)} />
  return (
    <div className="work-tools">
      <Button needs="money" onClick={() => setAsking(true)}>
        {words.hold}
      </Button>
    </div>
  )
}

function HoldForm({ payment: { id, amountMinor, refundedMinor, currency }, onClose }: { readonly payment: PaymentView; onClose(): void }) {
  const who = useContext(Session)?.person
  const [amount, setAmount] = useState(decimal({ amountMinor: amountMinor - refundedMinor, currency }))
  const [about, setAbout] = useState('')
  const [days, setDays] = useState('14')
  const [atDeadline, setAtDeadline] = useState<'release' | 'refund'>('release')
  const [name, setName] = useState('')
  const [answer, setAnswer] = useState<Answer<EscrowState>>()
  const heldMinor = minorOf(amount, currency)
  const isReady = heldMinor !== undefined && heldMinor > 0 && about.trim() !== '' && (who !== undefined || name.trim() !== '')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!isReady) return
    const by = who === undefined ? { by: name.trim() } : {}
    setAnswer(await openEscrow({ payment: id, amountMinor: heldMinor, about: about.trim(), days: Number(days), atDeadline, ...by }))
  }
  if (answer?.ok === true) return <p role="status">{words.isHeld}</p>
  return (
    <form className="work-form" onSubmit={(event) => void submit(event)}>
      <Field label={words.amount} value={amount} inputMode="decimal" onChange={setAmount} />
      <Field label={words.about} value={about} maxLength={500} onChange={setAbout} />
      <label className="work-field">
        <span>{words.until}</span>
        <select value={days} onChange={({ target }) => setDays(target.value)}>
          {DAYS.map((count) => (
            <option key={count} value={count}>
              {words.days(count)}
            </option>
          ))}
        </select>
      </label>
      <label className="work-field">
        <span>{words.otherwise}</span>
        <select value={atDeadline} onChange={({ target }) => setAtDeadline(target.value === 'refund' ? 'refund' : 'release')}>
          <option value="release">{words.release}</option>
          <option value="refund">{words.refund}</option>
        </select>
      </label>
      {who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
      <Refusal answer={answer} otherwise={words.failed} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.save}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}
