import type { View } from '#protocol/till-api/api.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Button } from './button.tsx'

/** Calls somebody who watches over the tills, and says what has become of it. */
export function HelpCall({ view: { help, link }, session }: { readonly view: Pick<View, 'help' | 'link'>; readonly session: Pick<Session, 'command'> }) {
  if (help === undefined) {
    return (
      <>
        <p>{link.state === 'online' ? t('help.hint') : t('help.offlineHint')}</p>
        <Button action="callHelp" onClick={() => void session.command({ type: 'callForHelp', from: 'cashier' })}>
          {t('help.call')}
        </Button>
      </>
    )
  }
  return (
    <>
      <p role="status">{t(`help.states.${help.state}`)}</p>
      <Button action="callHelp" onClick={() => void session.command({ type: 'takeBackCall' })}>
        {t('help.takeBack')}
      </Button>
    </>
  )
}
