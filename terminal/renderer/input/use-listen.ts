import { useEffect, useLayoutEffect, useRef } from 'react'
import type { Timers } from '#protocol/time.ts'
import { listen, type Handlers } from './listen.ts'

/** `listen` for as long as the component is drawn; always calls the handlers of what is drawn now. */
export function useListen(timers: Timers, handlers: Handlers): void {
  const latest = useRef(handlers)
  useLayoutEffect(() => {
    latest.current = handlers
  })
  useEffect(
    () =>
      listen(window, timers, {
        stage: () => latest.current.stage(),
        mayBegin: () => latest.current.mayBegin(),
        scanned: (code) => latest.current.scanned(code),
        unreadable: () => latest.current.unreadable(),
        action: (action, key) => latest.current.action(action, key),
        typed: () => latest.current.typed?.() ?? false,
        pane: () => latest.current.pane?.(),
        discarded: () => latest.current.discarded(),
      }),
    [timers],
  )
}
