import { useState, type FormEvent } from 'react'
import type { PaymentDetail, RefusedRefundView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { refundAgain, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { AlertIcon } from '../../parts/icons.tsx'
import { Refusal } from '../../parts/refusal.tsx'

/** The hub keeps no longer one. */
const MAX_REASON = 200

type Props = {
  readonly payment: Id
  readonly currency: Currency
  readonly refused: RefusedRefundView
  /** The acquirer is being asked: what it says comes with the payment's next row. */
  readonly onAsked: (detail: PaymentDetail) => void
}

/** Money that the books have given back onto a card and its acquirer has not: how much, why, and who asks again says for what reason. */
export function RefusedRefund({ payment, currency, refused: { amountMinor, code }, onAsked }: Props) {
  const [reason, setReason] = useState('')
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<PaymentDetail>>()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsking(true)
    const answered = await refundAgain(payment, reason.trim())
    setAsking(false)
    setAnswer(answered)
    if (!answered.ok) return
    setReason('')
    onAsked(answered.value)
  }
  return (
    <form className="panel-refused" data-testid="refused-refund" onSubmit={(event) => void submit(event)}>
      <p>
        <AlertIcon /> <strong>{words.refusedRefund.title(formatMoney(amountMinor, currency))}</strong> {words.refusedRefund.code(code)}
      </p>
      <label htmlFor="refund-again-reason">{words.refusedRefund.reason}</label>
      <input id="refund-again-reason" value={reason} maxLength={MAX_REASON} required autoComplete="off" onChange={({ target }) => setReason(target.value)} />
      <Refusal answer={answer} next={words.claim.unchanged} otherwise={words.claim.failed} />
      <Button needs="operate" type="submit" disabled={asking || reason.trim() === ''}>
        {asking ? words.claim.asking : words.refusedRefund.again}
      </Button>
    </form>
  )
}
