import type { Timers } from '#protocol/time.ts'
import type { Session } from '../session/session.ts'
import { useListen } from './use-listen.ts'

/**
 * The ears of a page on which nothing can be sold: no key acts, what was pressed while the page stood still is thrown away, and a scan goes to the
 * core, which says why it cannot be taken.
 */
export function usePageKeys(session: Session, timers: Timers): void {
  useListen(timers, {
    stage: () => 'dialog',
    mayBegin: () => {},
    scanned: (code) => void session.ask({ type: 'scan', ...code }),
    unreadable: () => {},
    action: () => {},
    discarded: () => {},
  })
}
