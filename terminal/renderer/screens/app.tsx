import { useSyncExternalStore } from 'react'
import type { Timers } from '#protocol/time.ts'
import type { Session } from '../session/session.ts'
import { Blocked } from './blocked.tsx'
import { Starting } from './starting.tsx'
import { Till } from './till.tsx'

type Props = {
  readonly session: Session
  readonly timers: Timers
  /** False when there is nothing to connect to: a browser page without its token. */
  readonly hasToken: boolean
}

export function App({ session, timers, hasToken }: Props) {
  const screen = useSyncExternalStore(session.subscribe, session.get)
  const { view } = screen
  if (view === undefined) return <Starting why={hasToken ? (screen.core === 'shut_out' ? 'shutOut' : 'starting') : 'noToken'} />
  if (view.till.blocked !== undefined) return <Blocked view={view} code={view.till.blocked} screen={screen} session={session} />
  return <Till session={session} timers={timers} screen={screen} view={view} />
}
