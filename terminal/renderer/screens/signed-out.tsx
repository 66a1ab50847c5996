import { useState } from 'react'
import { errors, type ErrorCode } from '#protocol/errors.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import { usePageKeys } from '../input/use-page-keys.ts'
import type { Timers } from '#protocol/time.ts'
import type { Session } from '../session/session.ts'
import { words } from '../words.ts'
import './full-page.css'

/** Nobody is signed in. What is safe here stays safe, and goes to the hub all the same. */
export function SignedOut({ view, session, timers }: { readonly view: View; readonly session: Session; readonly timers: Timers }) {
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
    <main className="full-page" data-testid="signed-out">
      <h1>{words.signedOut.title}</h1>
      <p className="full-page-next">{errors['till.signed_out'].next}</p>
      <Button look="primary" size="huge" disabled={asking} onClick={() => void signIn()}>
        {asking ? words.signedOut.signingIn : words.signedOut.signIn}
      </Button>
      <p className="full-page-note">
        {words.link[view.link.state]} ·{' '}
        {waiting.payments > 0 ? `${words.link.safe(waiting.payments)} · ${formatMoney(waiting.amountMinor, view.till.currency)}` : words.blocked.nothingHere}
      </p>
      {failed !== undefined && <Failed code={failed} />}
      <p className="full-page-till">
        {view.till.merchant} · {view.till.name}
      </p>
    </main>
  )
}
