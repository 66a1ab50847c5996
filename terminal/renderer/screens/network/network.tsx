import type { View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { CustodyButtons, useCustodyActions } from '../../parts/custody-actions.tsx'
import { custodyFacts } from '../../parts/custody-facts.ts'
import { Facts } from '../../parts/facts.tsx'
import { Failed } from '../../parts/failed.tsx'
import { AlertIcon } from '../../parts/icons.tsx'
import { Pane } from '../../parts/pane.tsx'
import type { Session } from '../../session/session.ts'
import { errorText, t } from '../../words.ts'
import './network.css'

type Props = { readonly view: View; readonly now: EpochMs; readonly session: Session; onClose(): void }

/** What waits on this till and how it gets to the hub. */
export function Network({ view, now, session, onClose }: Props) {
  const actions = useCustodyActions(session)
  const { link, exported } = view
  return (
    <Pane title={t('network.title')} testId="network" onClose={onClose}>
      {link.urgent !== undefined && (
        <p className="network-alarm" role="alert">
          <AlertIcon />
          <span>
            <strong>{errorText(link.urgent).say}</strong> {errorText(link.urgent).next}
          </span>
        </p>
      )}
      <Facts facts={custodyFacts({ link, exported, currency: view.till.currency, now })} />
      <div className="network-actions">
        <CustodyButtons actions={actions} look="primary" canExport={link.waiting.entries > 0} />
      </div>
      <p className="network-hint">{t('network.exportHint')}</p>
      {actions.failed !== undefined && <Failed code={actions.failed} />}
    </Pane>
  )
}
