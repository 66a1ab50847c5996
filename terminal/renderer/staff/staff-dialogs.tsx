import { mayStandInFor } from '#protocol/staff/roles.ts'
import type { AskedFor, StaffView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatRate } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { SignIn } from './sign-in.tsx'

type Props = { readonly staff: StaffView; readonly now: EpochMs; readonly session: Session }

/** The next cashier takes over: the basket stays as it is. */
export function HandOverDialog({ staff, now, session, onClose }: Props & { onClose(): void }) {
  const others = staff.people.filter(({ id }) => id !== staff.signedIn?.id)
  const signIn = async (id: string, pin: string) => {
    const outcome = await session.ask({ type: 'signIn', staff: id, pin })
    if (outcome.ok) onClose()
    return outcome
  }
  return (
    <Dialog
      title={t('staff.handOver')}
      testId="hand-over"
      onCancel={onClose}
      foot={
        <Button action="cancel" onClick={onClose}>
          {t('staff.stay')}
        </Button>
      }
    >
      <SignIn people={others} now={now} does={t('signedOut.signIn')} onPin={signIn} />
    </Dialog>
  )
}

type Asking = NonNullable<StaffView['asking']>

const askedFor = ({ sum, sharePpm, receiptNumber, reason, years }: AskedFor): string =>
  [
    sum && formatMoney(sum.amountMinor, sum.currency),
    sharePpm !== undefined && formatRate(sharePpm),
    receiptNumber !== undefined && t('refund.receipt', { number: receiptNumber }),
    reason,
    years !== undefined && `${years}+`,
  ]
    .filter((part) => typeof part === 'string')
    .join(' · ')

/** Something waits for a colleague who may allow it, on the spot and for this once. */
export function AskingDialog({ staff, asking, now, session }: Props & { readonly asking: Asking }) {
  const dismiss = () => void session.ask({ type: 'dismissAsking' })
  const whoMay = staff.people.filter(({ role }) => mayStandInFor(role, asking.needs))
  return (
    <Dialog
      title={t(`staff.acts.${asking.act}`)}
      testId="asking"
      onCancel={dismiss}
      foot={
        <Button action="cancel" onClick={dismiss}>
          {t('staff.leaveIt')}
        </Button>
      }
    >
      {asking.what !== undefined && <p className="asking-what">{askedFor(asking.what)}</p>}
      <p>{t('staff.needs', { role: t(`staff.roles.${asking.needs}`) })}</p>
      <SignIn people={whoMay} now={now} does={t('staff.allow')} onPin={(id, pin) => session.ask({ type: 'allow', staff: id, pin })} />
    </Dialog>
  )
}
