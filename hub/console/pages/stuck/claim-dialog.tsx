import { useState } from 'react'
import type { AtRiskView } from '#protocol/hub-api/overview.ts'
import { retryPayment, writeOffPayment } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { Dialog, DialogForm } from '../../parts/dialog.tsx'

/** The hub keeps no longer one. */
const MAX_REASON = 200

type Props = { readonly what: 'retry' | 'writeOff'; readonly claim: AtRiskView; readonly onClose: () => void }

/** Asks once more, naming the sum; a write-off wants its reason. */
export function ClaimDialog({ what, claim: { id, claimMinor, currency }, onClose }: Props) {
  const [reason, setReason] = useState('')
  const sum = formatMoney(claimMinor, currency)
  const title = words.claim[what](sum)

  const { cancel, asking, failed, unchanged: next, retryYes, writeOffYes } = words.claim
  return (
    <Dialog title={title} onClose={onClose}>
      <DialogForm
        words={{ yes: what === 'retry' ? retryYes : writeOffYes, asking, cancel, failed, next }}
        isReady={what === 'retry' || reason.trim() !== ''}
        send={() => (what === 'retry' ? retryPayment(id) : writeOffPayment(id, reason.trim()))}
        onDone={onClose}
        onClose={onClose}
      >
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
      </DialogForm>
    </Dialog>
  )
}
