import { Direction } from 'radix-ui'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'
import { GateDialog } from '../gate/gate-dialog.tsx'
import { gateOf } from '../gate/gate-text.ts'
import { languages } from '../language/languages.ts'
import type { Screen, Session } from '../session/session.ts'
import { useLanguage } from '../words.ts'
import { AskingDialog } from '../staff/staff-dialogs.tsx'
import { TrainingBar } from '../staff/training-bar.tsx'
import { Blocked } from './blocked/blocked.tsx'
import { SignedOut } from './signed-out/signed-out.tsx'
import { Starting } from './starting/starting.tsx'
import { Till } from './till/till.tsx'

/** A cashier's till never loads it. */
const Kiosk = lazy(async () => ({ default: (await import('../kiosk/kiosk.tsx')).Kiosk }))

type Props = {
  readonly session: Session
  readonly timers: Timers
  /** False when there is nothing to connect to: a browser page without its token. */
  readonly hasToken: boolean
  closeWindow(): void
}

/** Draws everything anew when the language changes: all words are looked up while drawing. */
export function App(props: Props) {
  return (
    <Direction.Provider dir={languages[useLanguage()].dir}>
      <Pages {...props} />
    </Direction.Provider>
  )
}

function Pages({ session, timers, hasToken, closeWindow }: Props) {
  const screen = useSyncExternalStore(session.subscribe, session.get)
  const { view } = screen
  if (view === undefined) return <Starting why={hasToken ? (screen.core === 'shut_out' ? 'shutOut' : 'starting') : 'noToken'} />
  const gate = gateOf(view, screen.leaving === true)
  return (
    <>
      <Page session={session} timers={timers} screen={screen} view={view} />
      {view.training === true && <TrainingBar session={session} />}
      {view.staff?.asking !== undefined && <AskingDialog staff={view.staff} asking={view.staff.asking} now={screen.viewAt} session={session} />}
      {gate !== undefined && <GateDialog key={gate.action} gate={gate} view={view} now={screen.viewAt} session={session} closeWindow={closeWindow} />}
    </>
  )
}

type PageProps = Pick<Props, 'session' | 'timers'> & { readonly screen: Screen; readonly view: View }

function Page({ session, timers, screen, view }: PageProps) {
  const { blocked, signedOut, kiosk } = view.till
  if (kiosk === true)
    return (
      <Suspense>
        <Kiosk session={session} timers={timers} screen={screen} view={view} />
      </Suspense>
    )
  if (blocked !== undefined) return <Blocked view={view} code={blocked} screen={screen} session={session} timers={timers} />
  if (signedOut) return <SignedOut view={view} now={screen.viewAt} session={session} timers={timers} />
  return <Till session={session} timers={timers} screen={screen} view={view} />
}
