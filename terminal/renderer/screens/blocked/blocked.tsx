import type { ErrorCode } from '#protocol/errors.ts'
import type { Timers } from '#protocol/time.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../../format.ts'
import { usePageKeys } from '../../input/use-page-keys.ts'
import { EnrolForm } from '../../enrolment/enrol-form.tsx'
import { CustodyButtons, useCustodyActions } from '../../parts/custody-actions.tsx'
import { Failed } from '../../parts/failed.tsx'
import { HelpCall } from '../../parts/help-call.tsx'
import { AttentionMark } from '../../parts/icons.tsx'
import { LanguageMenu } from '../../parts/language-menu.tsx'
import type { Screen, Session } from '../../session/session.ts'
import { errorText, t } from '../../words.ts'
import '../full-page.css'

type Props = { readonly view: View; readonly code: ErrorCode; readonly screen: Screen; readonly session: Session; readonly timers: Timers }

/** Nothing can be sold until somebody acts: what is wrong, what to do, and that the money here is accounted for. */
export function Blocked({ view, code, screen, session, timers }: Props) {
  if (code === 'till.not_enrolled') return <NotEnrolled screen={screen} session={session} />
  return <NeedsSomebody view={view} code={code} session={session} timers={timers} />
}

function NeedsSomebody({ view, code, session, timers }: Omit<Props, 'screen'>) {
  usePageKeys(session, timers)
  const custody = useCustodyActions(session)
  const { waiting } = view.link
  return (
    <main tabIndex={-1} className="full-page" data-tone="attention" data-testid="blocked">
      <AttentionMark />
      <div className="full-page-said" role="alert">
        <h1>{errorText(code).say}</h1>
        <p className="full-page-next">{errorText(code).next}</p>
      </div>
      <p className="full-page-note">
        {waiting.payments > 0
          ? `${t('link.safe', { count: waiting.payments })} · ${formatMoney(waiting.amountMinor, view.till.currency)}`
          : t('blocked.nothingHere')}
      </p>
      {waiting.entries > 0 && (
        <div className="full-page-actions">
          <CustodyButtons actions={custody} canExport />
        </div>
      )}
      {custody.failed !== undefined && <Failed code={custody.failed} />}
      <div className="full-page-actions">
        <HelpCall view={view} session={session} />
      </div>
      <p className="full-page-till">
        {view.till.merchant} · {view.till.name}
      </p>
    </main>
  )
}

/** A new till is no trouble: it asks for what it needs. */
function NotEnrolled({ screen, session }: Pick<Props, 'screen' | 'session'>) {
  const { say, next } = errorText('till.not_enrolled')
  return (
    <main tabIndex={-1} className="full-page" data-testid="blocked">
      <h1>{say}</h1>
      <p className="full-page-next">{next}</p>
      <EnrolForm session={session} answer={screen.answer} />
      <LanguageMenu />
    </main>
  )
}
