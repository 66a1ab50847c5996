import { useState, type FormEvent } from 'react'
import type { AtRiskView, PaymentDetail } from '#protocol/hub-api/overview.ts'
import { retryPayment, writeOffPayment, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Refusal } from '../../parts/refusal.tsx'

/** The hub keeps no longer one. */
const MAX_REASON = 200

type Props = { readonly what: 'retry' | 'writeOff'; readonly claim: AtRiskView; readonly onClose: () => void }

/** Asks once more, naming the sum; a write-off wants its reason. Stays open only to say why it did not take. */
export function ClaimDialog({ what, claim: { id, claimMinor, currency }, onClose }: Props) {
  const [reason, setReason] = useState('')
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<PaymentDetail>>()
  const sum = formatMoney(claimMinor, currency)
  const title = words.claim[what](sum)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsking(true)
    const answered = await (what === 'retry' ? retryPayment(id) : writeOffPayment(id, reason.trim()))
    setAsking(false)
    if (answered.ok) onClose()
    else setAnswer(answered)
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={(event) => void submit(event)}>
        <p>{what === 'retry' ? words.claim.retryHint : words.claim.writeOffHint}</p>
        {what === 'writeOff' && (
          <>
            <label htmlFor="write-off-reason">{words.claim.reason}</label>
            <input
              id="write-off-reason"
              value={reason}
              maxLength={MAX_REASON}
              required
              autoComplete="off"
              aria-describedby="write-off-hint"
              onChange={({ target }) => setReason(target.value)}
              autoFocus
            />
            <p id="write-off-hint" className="muted">
              {words.claim.reasonHint}
            </p>
          </>
        )}
        <Refusal answer={answer} next={words.claim.unchanged} otherwise={words.claim.failed} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{words.claim.cancel}</Button>
          <Button type="submit" look="primary" disabled={asking || (what === 'writeOff' && reason.trim() === '')}>
            {asking ? words.claim.asking : what === 'retry' ? words.claim.retryYes : words.claim.writeOffYes}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
