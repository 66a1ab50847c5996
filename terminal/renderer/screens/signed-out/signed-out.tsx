import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Failed } from '../../parts/failed.tsx'
import { LanguageMenu } from '../../parts/language-menu.tsx'
import { usePageKeys } from '../../input/use-page-keys.ts'
import type { EpochMs, Timers } from '#protocol/time.ts'
import type { Session } from '../../session/session.ts'
import { SignIn } from '../../staff/sign-in.tsx'
import { errorText, t } from '../../words.ts'
import '../full-page.css'

type Props = { readonly view: View; readonly now: EpochMs; readonly session: Session; readonly timers: Timers }

/** Nobody is signed in. What is safe here stays safe, and goes to the hub all the same. */
export function SignedOut({ view, now, session, timers }: Props) {
  usePageKeys(session, timers)
  const [asking, setAsking] = useState(false)
  const [failed, setFailed] = useState<ErrorCode>()
  const { waiting } = view.link
  const signIn = async () => {
    setAsking(true)
    const outcome = await session.ask({ type: 'signIn' })
    setAsking(false)
    setFailed(outcome.ok ? undefined : outcome.code)
  }
  return (
    <main className="full-page" tabIndex={-1} data-testid="signed-out">
      <h1>{t('signedOut.title')}</h1>
      <p className="full-page-next">{errorText('till.signed_out').next}</p>
      {view.staff === undefined ? (
        <Button look="primary" size="huge" disabled={asking} onClick={() => void signIn()}>
          {asking ? t('signedOut.signingIn') : t('signedOut.signIn')}
        </Button>
      ) : (
        <SignIn people={view.staff.people} now={now} does={t('signedOut.signIn')} onPin={(staff, pin) => session.ask({ type: 'signIn', staff, pin })} />
      )}
      <p className="full-page-note">
        {t(`link.${view.link.state}`)} ·{' '}
        {waiting.payments > 0
          ? `${t('link.safe', { count: waiting.payments })} · ${formatMoney(waiting.amountMinor, view.till.currency)}`
          : t('blocked.nothingHere')}
      </p>
      {failed !== undefined && <Failed code={failed} />}
      <LanguageMenu />
      <p className="full-page-till">
        {view.till.merchant} · {view.till.name}
      </p>
    </main>
  )
}
