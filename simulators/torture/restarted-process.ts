import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { systemTimers } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'

export type Program = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** It speaks JSON when it is ready, and ends when its parent is gone. False for programs that are not ours: those are ready once they run. */
  readonly ours: boolean
}

export type RestartedProcess = {
  readonly name: string
  readonly running: boolean
  readonly ready: boolean
  /** Ends that nobody here asked for, each with what the program said last. */
  readonly ends: readonly string[]
  /** Calls back once, the next time that it is started. */
  nextStart(then: () => void): void
  untilReady(patience: DurationMs): Promise<void>
  /** SIGKILL. False when it is not running. */
  kill(): boolean
  /** For good: SIGTERM, and SIGKILL where that does not help. */
  stop(): Promise<void>
}

const GRACE: DurationMs = 10 * SECOND
const LINES_KEPT = 8
const POLL: DurationMs = 20

/** Runs a program and starts it again as soon as it ends, `pause` later: a supervisor without mercy, where production's waits longer each time. */
export function restartedProcess(program: Program, pause: () => DurationMs, log: (line: string) => void): RestartedProcess {
  const ends: string[] = []
  let starts: (() => void)[] = []
  let child: ChildProcess | undefined
  let isReady = false
  let stopping = false
  let cancelStart = (): void => {}

  const start = (): void => {
    const said: string[] = []
    const mine = spawn(program.command, program.args, {
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(program.ours ? (['ipc'] as const) : [])],
    })
    child = mine
    isReady = !program.ours
    mine.once('spawn', () => {
      const waiting = starts
      starts = []
      for (const then of waiting) then()
    })
    for (const stream of [mine.stdout, mine.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line)
        if (said.length > LINES_KEPT) said.shift()
        log(`${program.name}: ${line}`)
        if (stream === mine.stdout && line.startsWith('{') && mine === child) isReady = true
      })
    }
    mine.on('error', (error) => said.push(error.message))
    mine.once('close', (code, signal) => {
      child = undefined
      isReady = false
      if (signal !== 'SIGKILL' && !stopping) ends.push(`${program.name} ended by itself (${signal ?? code}): ${said.join(' | ')}`)
      if (!stopping) cancelStart = systemTimers.after(pause(), start)
    })
  }
  start()

  return {
    name: program.name,
    get running() {
      return child !== undefined
    },
    get ready() {
      return isReady
    },
    ends,
    nextStart: (then) => void starts.push(then),
    async untilReady(patience) {
      for (let waited = 0; !isReady; waited += POLL) {
        if (waited > patience) throw new Error(`${program.name} was not ready in ${patience} ms. ${ends.at(-1) ?? ''}`)
        await new Promise<void>((done) => void systemTimers.after(POLL, done))
      }
    },
    kill: () => child?.kill('SIGKILL') ?? false,
    stop: () =>
      new Promise((done) => {
        stopping = true
        cancelStart()
        const last = child
        if (last === undefined) return done()
        const cancel = systemTimers.after(GRACE, () => last.kill('SIGKILL'))
        last.once('close', () => {
          cancel()
          done()
        })
        last.kill('SIGTERM')
      }),
  }
}
