import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { faceAnswers, faceRefusal, type FaceAnswer, type FaceQuestion, type FaceQuestionBody, type FaceRefusal } from '#protocol/faces/messages.ts'
import { ok } from '#protocol/outcome.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'

export type FaceReply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & FaceRefusal)

/** The face service, as the hub knows it. */
export interface Faces {
  /** Never throws: a service that is not there is `face.unavailable`, and people pay with a code or a card. */
  ask<Q extends FaceQuestion>(question: Q, body: FaceQuestionBody<Q>): Promise<FaceReply<FaceAnswer<Q>>>
  /** Of its process, while there is one. */
  pid(): number | undefined
  close(): Promise<void>
}

export type FacesOptions = { readonly folder: string; readonly currency: string; readonly timers: Timers; warn(line: string): void }

const RESTART_AFTER: DurationMs = 2000
const PATIENCE: DurationMs = 20_000
const readySchema = z.object({ ready: z.literal(true), url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }) })

/** Starts it in a process of its own, and again whenever it has ended; it is ready when it says so, and until then it does not answer. */
export function startFaces({ folder, currency, timers, warn }: FacesOptions): Faces {
  const token = randomBytes(32).toString('base64url')
  let child: ChildProcess | undefined
  let url: string | undefined
  let isClosed = false
  let cancelRestart = (): void => undefined

  function start(): void {
    const started = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [folder, currency], {
      // Of this process's environment it needs nothing.
      env: { FACES_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    child = started
    started.stdout?.setEncoding('utf8').on('data', (line: string) => {
      const ready = readySchema.safeParse(parsed(line))
      if (ready.success) url = ready.data.url
    })
    started.on('error', (error) => warn(`the face service cannot be started: ${error.message}`))
    started.on('exit', (code) => {
      url = undefined
      if (isClosed) return
      warn(`the face service ended (${code ?? 'killed'}): nobody pays by face until it is back`)
      cancelRestart = timers.after(RESTART_AFTER, start)
    })
  }
  start()

  return {
    pid: () => child?.pid,
    async ask(question, body) {
      if (url === undefined) return { ok: false, code: 'face.unavailable' }
      try {
        const response = await fetch(`${url}/faces/${question}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(PATIENCE),
        })
        const answer: unknown = await response.json()
        if (!response.ok) return { ok: false, ...faceRefusal.parse(answer) }
        return ok(answers[question].parse(answer))
      } catch (error) {
        warn(`the face service did not answer: ${error instanceof Error ? error.message : String(error)}`)
        return { ok: false, code: 'face.unavailable' }
      }
    },
    close() {
      isClosed = true
      cancelRestart()
      return new Promise((resolve) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.disconnect()
      })
    },
  }
}

/** As faceAnswers has them, said so that TypeScript sees which belongs to which. */
const answers: { readonly [Q in FaceQuestion]: z.ZodType<FaceAnswer<Q>> } = faceAnswers

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
