import type { View } from '#protocol/till-api/api.ts'
import { Dialog } from '../parts/dialog.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Big } from './big.tsx'

/** Calls a person, and takes the call back. */
export function HelpDialog({ view: { help, link }, session, onClose }: { readonly view: View; readonly session: Session; onClose(): void }) {
  const ask = (type: 'call' | 'over') => {
    void session.command(type === 'call' ? { type: 'callForHelp', from: 'shopper' } : { type: 'takeBackCall' })
    if (type === 'over') onClose()
  }
  return (
    <Dialog
      title={t('kiosk.helpTitle')}
      testId="kiosk-help"
      onCancel={onClose}
      foot={
        <>
          <Big onClick={onClose}>{t('kiosk.back')}</Big>
          {help === undefined ? (
            <Big look="primary" onClick={() => ask('call')}>
              {t('kiosk.helpCall')}
            </Big>
          ) : (
            <Big onClick={() => ask('over')}>{t('kiosk.helpOver')}</Big>
          )}
        </>
      }
    >
      <p role="status">{help !== undefined ? t(`help.states.${help.state}`) : t(link.state === 'online' ? 'kiosk.helpHint' : 'kiosk.helpOffline')}</p>
    </Dialog>
  )
}

export function StillThereDialog({ onYes, onNo }: { onYes(): void; onNo(): void }) {
  return (
    <Dialog
      title={t('kiosk.stillThere')}
      testId="still-there"
      onCancel={onYes}
      foot={
        <>
          <Big onClick={onNo}>{t('kiosk.no')}</Big>
          <Big look="primary" onClick={onYes}>
            {t('kiosk.yes')}
          </Big>
        </>
      }
    >
      <p>{t('kiosk.stillThereHint')}</p>
    </Dialog>
  )
}
