import { spawn, type ChildProcess } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { MINUTE, SECOND, type DurationMs, type Timers } from '#protocol/time.ts'

const FIRST_PAUSE: DurationMs = 250
const LONGEST_PAUSE: DurationMs = 30 * SECOND
/** A program that has run for this long is well again: its next end counts as the first one. */
const STABLE_AFTER: DurationMs = MINUTE
/** From SIGTERM to SIGKILL. A core needs far less to close its database. */
const GRACE: DurationMs = 5 * SECOND
const MAX_LINE_CHARS = 8192

/** Pause before the start that follows the n-th failure in a row (n from 1): doubles from a quarter of a second to half a minute. */
export const restartPause = (failures: number): DurationMs => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 16))

export type Program = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Holds the process id while the program runs. */
  readonly pidFile: string
}

export type Watcher = {
  /** It printed a JSON object, its first: it does its work now. */
  onReady(line: Readonly<Record<string, unknown>>): void
  onMessage(message: unknown): void
  /** It ended without being asked to, and will be started again. */
  onEnded(): void
}

export type SupervisedProcess = {
  /** Hands a message over to the program; false when there is none to take it. */
  send(message: object): boolean
  /** Ends the program for good, with SIGTERM and after a grace period with SIGKILL. */
  stop(): Promise<void>
}

/**
 * Runs a program as a process of its own and starts it again for ever when it ends, later and later while it keeps failing.
 * It gets an IPC channel, whose end tells it that its parent is gone, even when the parent was killed without a word.
 */
export function keepRunning(
  program: Program,
  watcher: Watcher,
  { timers, log }: { readonly timers: Timers; readonly log: (line: string) => void },
): SupervisedProcess {
  const { name } = program
  let failures = 0
  let child: ChildProcess | undefined
  let cancelRestart = () => {}
  let stopped: { resolve(): void; readonly promise: Promise<void> } | undefined

  const start = () => {
    // In a process group of its own, so that Ctrl-C reaches only the parent, which then ends its programs in order. Windows would open a console.
    const detached = process.platform !== 'win32'
    const current = spawn(program.command, program.args, { env: program.env, detached, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    child = current
    const cancelStable = timers.after(STABLE_AFTER, () => {
      failures = 0
    })

    let over = false
    let ready = false
    eachLine(current.stdout, (line) => {
      // What a program said may arrive after its end: then it is ready for nothing.
      const answer = ready || over ? undefined : readReadyLine(line)
      if (answer === undefined) return log(line)
      ready = true
      watcher.onReady(answer)
    })
    eachLine(current.stderr, log)
    current.on('message', (message) => watcher.onMessage(message))

    const ended = (how: string) => {
      if (over) return
      over = true
      child = undefined
      cancelStable()
      removePid(program.pidFile)
      if (stopped) return stopped.resolve()
      failures += 1
      const pause = restartPause(failures)
      log(`${name} ended (${how}); it is started again in ${pause} ms`)
      cancelRestart = timers.after(pause, start)
      watcher.onEnded()
    }
    current.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
    // Not started, or not to be signalled. A program that runs on after an error of its channel is heard of again by its `exit`.
    current.on('error', (error) => (current.pid === undefined ? ended(error.message) : log(`${name}: ${error.message}`)))
    if (current.pid !== undefined) writePid(program.pidFile, current.pid, log)
  }
  start()

  return {
    send(message) {
      if (!child?.connected) return false
      // Without a callback a channel that breaks in this moment would be an `error` event; the `exit` that follows says it all.
      child.send(message, () => {})
      return true
    },
    stop() {
      if (stopped) return stopped.promise
      stopped = Promise.withResolvers<void>()
      cancelRestart()
      if (child === undefined) {
        stopped.resolve()
        return stopped.promise
      }
      const ending = child
      ending.kill('SIGTERM')
      const cancelKill = timers.after(GRACE, () => ending.kill('SIGKILL'))
      return stopped.promise.finally(cancelKill)
    },
  }
}

/** Calls back with every line; a longer one than anybody reads is cut, so that a program gone mad does not fill the memory. */
function eachLine(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = ''
  // There is none when the machine had no descriptors left to start the program with.
  if (stream === null) return
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS)
    for (const line of lines) onLine(line.slice(0, MAX_LINE_CHARS))
  })
}

/** The JSON object of a line; undefined where it is none. */
export function readReadyLine(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The till runs without its pid files: they only tell others whom to signal. */
function writePid(file: string, pid: number, log: (line: string) => void): void {
  try {
    writeFileSync(file, `${pid}\n`)
  } catch (error) {
    log(`${file} could not be written: ${String(error)}`)
  }
}

function removePid(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // On a disk that refuses even this, a stale number stays behind until the next start.
  }
}
