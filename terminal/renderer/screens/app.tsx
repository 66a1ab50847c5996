import { useSyncExternalStore } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'
import { GateDialog } from '../gate/gate-dialog.tsx'
import { gateOf } from '../gate/gate-text.ts'
import type { Screen, Session } from '../session/session.ts'
import { Blocked } from './blocked.tsx'
import { SignedOut } from './signed-out.tsx'
import { Starting } from './starting.tsx'
import { Till } from './till.tsx'

type Props = {
  readonly session: Session
  readonly timers: Timers
  /** False when there is nothing to connect to: a browser page without its token. */
  readonly hasToken: boolean
  closeWindow(): void
}

export function App({ session, timers, hasToken, closeWindow }: Props) {
  const screen = useSyncExternalStore(session.subscribe, session.get)
  const { view } = screen
  if (view === undefined) return <Starting why={hasToken ? (screen.core === 'shut_out' ? 'shutOut' : 'starting') : 'noToken'} />
  const gate = gateOf(view, screen.leaving === true)
  return (
    <>
      <Page session={session} timers={timers} screen={screen} view={view} />
      {gate !== undefined && <GateDialog key={gate.action} gate={gate} view={view} now={screen.viewAt} session={session} closeWindow={closeWindow} />}
    </>
  )
}

type PageProps = Pick<Props, 'session' | 'timers'> & { readonly screen: Screen; readonly view: View }

function Page({ session, timers, screen, view }: PageProps) {
  const { blocked, signedOut } = view.till
  if (blocked !== undefined) return <Blocked view={view} code={blocked} screen={screen} session={session} timers={timers} />
  if (signedOut) return <SignedOut view={view} session={session} timers={timers} />
  return <Till session={session} timers={timers} screen={screen} view={view} />
}
