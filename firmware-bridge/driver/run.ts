import type { Timers } from '#protocol/time.ts'
import { keepOpen } from '../transport/reopen.ts'
import type { Transport } from '../transport/transport.ts'
import type { Driver, Health, LineEvent, Report } from './machine.ts'

export interface RunningDevice<Event> {
  readonly handle: (event: Event) => void
  readonly health: () => Health
  readonly close: () => void
}

export type RunOptions = {
  readonly transport: Transport
  readonly timers: Timers
  readonly onReport: (report: Report) => void
  /** After every step: health may have changed. */
  readonly onChange: () => void
}

/** Gives a driver its line and its timers, and carries out what it decides. Devices share nothing: one that hangs hangs alone. */
export function runDriver<State, Event>(driver: Driver<State, Event | LineEvent>, { transport, timers, onReport, onChange }: RunOptions): RunningDevice<Event> {
  let state = driver.start
  const running = new Map<string, () => void>()

  const stopTimer = (timer: string) => {
    running.get(timer)?.()
    running.delete(timer)
  }
  const startTimer = (timer: string, after: number) => {
    stopTimer(timer)
    const cancel = timers.after(after, () => {
      running.delete(timer)
      handle({ type: 'timer', timer })
    })
    running.set(timer, cancel)
  }
  const handle = (event: Event | LineEvent) => {
    const step = driver.step(state, event)
    state = step.state
    for (const effect of step.effects) {
      switch (effect.type) {
        case 'send':
          line.write(effect.bytes)
          break
        case 'startTimer':
          startTimer(effect.timer, effect.after)
          break
        case 'stopTimer':
          stopTimer(effect.timer)
          break
        case 'report':
          onReport(effect.report)
          break
      }
    }
    onChange()
  }
  const line = keepOpen(transport, timers, {
    opened: () => handle({ type: 'opened' }),
    bytes: (bytes) => handle({ type: 'bytes', bytes }),
    closed: (why) => handle({ type: 'closed', why }),
  })

  return {
    handle,
    health: () => driver.health(state),
    close() {
      line.close()
      for (const timer of running.keys()) stopTimer(timer)
    },
  }
}
