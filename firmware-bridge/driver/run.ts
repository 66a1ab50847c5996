import type { ErrorCode } from '#protocol/errors.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { keepOpen } from '../transport/reopen.ts'
import type { Transport } from '../transport/transport.ts'
import { fairInbox, FLOOD_BYTES, FLOOD_REPORTS, FLOOD_WINDOW, overwrite, rateLimit } from './inbox.ts'
import type { Driver, Effect, Health, LineEvent, Report } from './machine.ts'

/** How long a device that flooded, or whose driver failed, is left alone: at first, and at most when it does so again and again. */
export const FIRST_PAUSE: DurationMs = 1 * SECOND
export const LAST_PAUSE: DurationMs = 30 * SECOND
/** A device that behaves for so long after its pause is well again. */
export const PROBATION: DurationMs = 2 * SECOND
/**
 * A line that was cut begins again wherever its device is by then: in the middle of a code, whose rest would be taken for one. Only what comes after
 * such a silence begins at a beginning.
 */
export const SILENCE_AFTER_CUT: DurationMs = 300

export interface RunningDevice<Event> {
  readonly handle: (event: Event) => void
  /** `down`: its line could not be opened, or was lost. Not so for one that is still being opened, or whose driver waits for a first answer. */
  readonly health: () => Health & { readonly down: boolean }
  readonly close: () => void
}

export type RunOptions = {
  readonly transport: Transport
  /** Whether the transport's bytes are a stream that may be cut anywhere. */
  readonly sliced: boolean
  readonly timers: Timers
  readonly onReport: (report: Report) => void
  /** After every step: health may have changed. */
  readonly onChange: () => void
  /** The driver threw and was started with a fresh state: what it was asked for is forgotten. `where` says nothing of any data. */
  readonly onFailure: (where: string) => void
}

type Trouble = { readonly code: ErrorCode; readonly detail: string }

/**
 * Gives a driver its line and its timers, and carries out what it decides. Devices share nothing: one that hangs hangs alone, one that sends
 * without end is cut off and tried again later, and a driver that throws is started afresh.
 */
export function runDriver<State, Event>(driver: Driver<State, Event | LineEvent>, options: RunOptions): RunningDevice<Event> {
  const { transport, sliced, timers, onReport, onChange, onFailure } = options
  let state = driver.start
  let failure: ErrorCode | undefined
  let down = false
  let flooded = false
  const running = runningTimers(timers)
  const penalty = penalise(timers, onChange)
  const inbox = fairInbox(timers, sliced, (event) => handle(event))
  const bytesHeard = rateLimit(timers, FLOOD_BYTES, FLOOD_WINDOW)
  const reportsTold = rateLimit(timers, FLOOD_REPORTS, FLOOD_WINDOW)
  const silence = awaitSilence(timers, () => opened())

  const carryOut = (effect: Effect) => {
    switch (effect.type) {
      case 'send':
        return line.write(effect.bytes)
      case 'sendFeature':
        return line.sendFeature(effect.bytes)
      case 'startTimer':
        return running.start(effect.timer, effect.after, () => handle({ type: 'timer', timer: effect.timer }))
      case 'stopTimer':
        return running.stop(effect.timer)
      case 'report':
        // What the till asked for is answered whatever happens; only what a device says by itself can be too much.
        if (isResult(effect.report) || !reportsTold.exceeds(1)) onReport(effect.report)
        else flooded = true
    }
  }
  const handle = (event: Event | LineEvent) => {
    const step = tryStep(driver, state, event)
    if ('thrown' in step) return fail(step.thrown)
    state = step.state
    for (const effect of step.effects) carryOut(effect)
    if (flooded) cutFlood()
    onChange()
  }
  const cut = (trouble: Trouble) => {
    inbox.clear()
    down = true
    silence.demand()
    line.cut(penalty.start(trouble))
  }
  const cutFlood = () => {
    flooded = false
    cut({ code: 'device.flooding', detail: 'it sends without end; the line is cut for a while' })
    handle({ type: 'closed', why: 'flooding' })
  }
  const fail = (where: string) => {
    running.clear()
    state = driver.start
    cut({ code: 'device.fault', detail: 'the driver failed and was started afresh' })
    onFailure(where)
    onChange()
  }
  const opened = () => {
    penalty.probation()
    inbox.add({ type: 'opened' })
  }
  const line = keepOpen(transport, timers, {
    opened() {
      down = false
      failure = undefined
      if (silence.isDemanded) silence.begin()
      else opened()
    },
    bytes(bytes) {
      const tooMany = bytesHeard.exceeds(bytes.length)
      if (!tooMany && !silence.isDemanded) return inbox.add({ type: 'bytes', bytes })
      overwrite(bytes)
      if (tooMany) cutFlood()
      else silence.begin()
    },
    closed(why, code) {
      down = true
      failure = code
      silence.interrupt()
      inbox.add({ type: 'closed', why })
    },
  })

  return {
    handle,
    health() {
      const told = driver.health(state)
      const health = { ...told, counters: { ...told.counters, ...penalty.counters() }, down }
      if (penalty.trouble) return { ...health, state: 'fault', ...penalty.trouble }
      return failure && told.state === 'absent' ? { ...health, code: failure } : health
    },
    close() {
      for (const { close } of [line, penalty, bytesHeard, reportsTold, silence]) close()
      inbox.clear()
      running.clear()
    },
  }
}

const isResult = ({ type }: Report): boolean => type === 'print_result' || type === 'order_result'

/** A driver does not throw; one that does costs its own device and no other. What it threw may carry what it was reading: only the place is told. */
function tryStep<State, Event>(driver: Driver<State, Event>, state: State, event: Event): ReturnType<typeof driver.step> | { readonly thrown: string } {
  try {
    return driver.step(state, event)
  } catch (error) {
    const place = error instanceof Error ? error.stack?.split('\n').find((line) => /^\s+at /.test(line)) : undefined
    return { thrown: `${error instanceof Error ? error.name : 'something'} ${place?.trim() ?? ''}`.trim() }
  }
}

/** The named timers of one driver. */
function runningTimers(timers: Timers) {
  const running = new Map<string, () => void>()
  const stop = (timer: string) => {
    running.get(timer)?.()
    running.delete(timer)
  }
  return {
    stop,
    start(timer: string, after: DurationMs, run: () => void) {
      stop(timer)
      const cancel = timers.after(after, () => {
        running.delete(timer)
        run()
      })
      running.set(timer, cancel)
    },
    clear() {
      for (const timer of running.keys()) stop(timer)
    },
  }
}

/** Calls `onSilence` when a line on which silence was demanded has been open and silent for long enough. */
function awaitSilence(timers: Timers, onSilence: () => void) {
  let isDemanded = false
  let cancel = () => {}
  return {
    get isDemanded() {
      return isDemanded
    },
    demand() {
      cancel()
      isDemanded = true
    },
    /** The line is open, or has just been heard: from now on. */
    begin() {
      cancel()
      cancel = timers.after(SILENCE_AFTER_CUT, () => {
        isDemanded = false
        onSilence()
      })
    },
    /** The line is down: that is no silence. */
    interrupt: () => cancel(),
    close: () => cancel(),
  }
}

/** The pauses of a device that cannot be left to itself, each twice as long as the one before, until it has behaved for a while. */
function penalise(timers: Timers, onWell: () => void) {
  let trouble: Trouble | undefined
  let pause = FIRST_PAUSE
  let floods = 0
  let restarts = 0
  let cancel = () => {}
  return {
    get trouble() {
      return trouble
    },
    counters: () => ({ floods, restarts }),
    start(what: Trouble): DurationMs {
      cancel()
      trouble = what
      if (what.code === 'device.flooding') floods++
      else restarts++
      const now = pause
      pause = Math.min(2 * pause, LAST_PAUSE)
      return now
    },
    probation() {
      cancel()
      if (!trouble) return
      cancel = timers.after(PROBATION, () => {
        trouble = undefined
        pause = FIRST_PAUSE
        onWell()
      })
    },
    close: () => cancel(),
  }
}
