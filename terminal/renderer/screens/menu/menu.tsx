import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Shelves, View } from '#protocol/till-api/api.ts'
import { gateActions, type GateAction } from '#protocol/till-api/leaving.ts'
import type { EpochMs } from '#protocol/time.ts'
import { BasketPanel } from '../../baskets/basket-panel.tsx'
import { ShiftPanel } from '../../cash/shift-panel.tsx'
import { isAskedElsewhere } from '../../gate/gate-text.ts'
import { ResetDialog } from '../../gate/reset-dialog.tsx'
import { LookMenu, SoundSwitch } from '../../looks/look-menu.tsx'
import { GoodsPanel } from '../../goods/goods-panel.tsx'
import { Button } from '../../parts/button.tsx'
import { Failed } from '../../parts/failed.tsx'
import { HelpCall } from '../../parts/help-call.tsx'
import { KeysIcon } from '../../parts/icons.tsx'
import { LanguageMenu } from '../../parts/language-menu.tsx'
import { Pane } from '../../parts/pane.tsx'
import type { Session } from '../../session/session.ts'
import { t } from '../../words.ts'
import './menu.css'

type Props = { readonly view: View; readonly shelves: Shelves; readonly now: EpochMs; readonly session: Session; onKeys(): void; onClose(): void }

/** What a person likes, remembered at this screen. */
const Tools = ({ onKeys }: Pick<Props, 'onKeys'>) => (
  <>
    <Button action="help" onClick={onKeys}>
      <KeysIcon />
      <span className="hidden-text">{t('keys.show')}</span>
    </Button>
    <SoundSwitch />
    <LookMenu />
    <LanguageMenu />
  </>
)

/** What ends something at this till. The core refuses what would lose money, and its gate then says why. */
export function Menu({ view, shelves, now, session, onKeys, onClose }: Props) {
  const [resetting, setResetting] = useState(false)
  const [done, setDone] = useState<GateAction>()
  const [failed, setFailed] = useState<ErrorCode>()
  const start = async (action: GateAction) => {
    setDone(undefined)
    setFailed(undefined)
    const outcome = await session.ask({ type: action })
    if (outcome.ok) setDone(action)
    else if (!isAskedElsewhere(outcome.code)) setFailed(outcome.code)
  }
  const train = async () => {
    setFailed(undefined)
    const outcome = await session.ask({ type: 'startTraining' })
    if (!outcome.ok) setFailed(outcome.code)
  }
  // A shift that somebody opened is closed by counting its drawer.
  const offered = gateActions.filter((action) => action !== 'closeShift' || view.shift.openedAt === undefined)
  return (
    <Pane title={t('menu.title')} testId="menu" tools={<Tools onKeys={onKeys} />} onClose={onClose}>
      <ul className="menu">
        <li>
          <HelpCall view={view} session={session} />
        </li>
      </ul>
      <BasketPanel view={view} now={now} session={session} />
      <GoodsPanel view={view} shelves={shelves} now={now} session={session} />
      <ShiftPanel view={view} now={now} session={session} />
      <ul className="menu">
        {offered.map((action) => (
          <li key={action}>
            <p>{t(`menu.actions.${action}.hint`)}</p>
            <Button action={action} onClick={() => (action === 'reset' ? setResetting(true) : void start(action))}>
              {t(`menu.actions.${action}.do`)}
            </Button>
          </li>
        ))}
        {view.training === undefined && (
          <li>
            <p>{t('training.startHint')}</p>
            <Button action="train" onClick={() => void train()}>
              {t('training.start')}
            </Button>
          </li>
        )}
      </ul>
      <p className="menu-done" role="status">
        {done === 'closeShift' && t('menu.shiftClosed')}
      </p>
      {failed !== undefined && <Failed code={failed} />}
      {resetting && (
        <ResetDialog
          name={view.till.name}
          onCancel={() => setResetting(false)}
          onReset={() => {
            setResetting(false)
            void start('reset')
          }}
        />
      )}
    </Pane>
  )
}
