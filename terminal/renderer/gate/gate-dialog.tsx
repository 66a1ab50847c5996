import type { View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { CustodyButtons, useCustodyActions } from '../parts/custody-actions.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { AlertIcon, CheckIcon } from '../parts/icons.tsx'
import type { Session } from '../session/session.ts'
import { errorText, t } from '../words.ts'
import type { Gate } from './gate-text.ts'
import './gate.css'

type Props = { readonly gate: Gate; readonly view: View; readonly now: EpochMs; readonly session: Session; closeWindow(): void }

/** Why something was refused: what would be lost, the reasons, and the ways out. Its own action is offered once no reason is left. */
export function GateDialog({ gate, view, now, session, closeWindow }: Props) {
  const custody = useCustodyActions(session)
  const { link, exported } = view
  const about = gate.action === 'leaving' ? 'gate.leaving' : (`menu.actions.${gate.action}` as const)
  const clear = gate.reasons.length === 0
  const cancel = () => (gate.action === 'leaving' ? session.stay() : void session.ask({ type: 'dismissGate' }))
  const pass = () => (gate.action === 'leaving' ? closeWindow() : void session.ask({ type: gate.action }))
  return (
    <Dialog
      title={t(`${about}.${clear ? 'now' : 'notYet'}`)}
      testId="gate"
      {...(clear ? {} : { tone: 'attention' as const })}
      onCancel={cancel}
      foot={
        <>
          {clear ? (
            <Button look="primary" onClick={pass}>
              {t(`${about}.do`)}
            </Button>
          ) : (
            <CustodyButtons actions={custody} look="primary" canExport={gate.canExport} />
          )}
          <Button action="cancel" onClick={cancel}>
            {t('gate.cancel')}
          </Button>
        </>
      }
    >
      <AtStake gate={gate} view={view} />
      <ul className="gate-reasons" aria-label={t('gate.why')} aria-live="polite">
        {clear && (
          <li data-clear="">
            <CheckIcon />
            <p>
              <strong>{t('gate.clear')}</strong>
            </p>
          </li>
        )}
        {gate.reasons.map((code) => (
          <li key={code}>
            <AlertIcon />
            <p>
              <strong>{errorText(code).say}</strong> {errorText(code).next}
            </p>
          </li>
        ))}
      </ul>
      <p className="gate-link" role="status">
        {t(`link.${link.state}`)} {t('link.since', { time: formatTime(link.since, now) })}
        {exported !== undefined && gate.waiting.entries > 0 && (
          <span>
            {t('gate.exported', { file: exported.file })}. {exported.covers ? t('network.covers') : t('network.coversNot')}
          </span>
        )}
      </p>
      {custody.failed !== undefined && <Failed code={custody.failed} />}
    </Dialog>
  )
}

/** The sum first: it is what the person answers for. */
function AtStake({ gate: { waiting }, view }: Pick<Props, 'gate' | 'view'>) {
  if (waiting.entries === 0 && waiting.payments === 0) return null
  return (
    <p className="gate-stake">
      <strong>
        {waiting.payments > 0
          ? t('gate.atStake', { count: waiting.payments, sum: formatMoney(waiting.amountMinor, view.till.currency) })
          : t('gate.entries', { count: waiting.entries })}
      </strong>
      <span>{waiting.payments > 0 ? t('gate.atStakeHint') : t('gate.entriesHint')}</span>
    </p>
  )
}
