import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { invariant } from '#protocol/outcome.ts'

export type RecorderOptions = {
  readonly folder: string
  readonly seed: number
  readonly commits: number
  /** After this commit the store is closed and opened again. */
  readonly reopenAfter: number
  /** False plants the bug that crash images are for: commits that return before they are on the disk. */
  readonly durable: boolean
}

export function recorderArguments({ folder, seed, commits, reopenAfter, durable }: RecorderOptions): string[] {
  const always = ['--folder', folder, '--seed', String(seed), '--commits', String(commits), '--reopen-after', String(reopenAfter)]
  return durable ? always : [...always, '--not-durable']
}

export function readRecorderOptions(): RecorderOptions {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      seed: { type: 'string' },
      commits: { type: 'string' },
      'reopen-after': { type: 'string' },
      'not-durable': { type: 'boolean', default: false },
    },
  })
  invariant(values.folder !== undefined, 'a recorder is told its folder')
  const whole = (text: string | undefined): number => Number.parseInt(text ?? '', 10)
  return {
    folder: values.folder,
    seed: whole(values.seed),
    commits: whole(values.commits),
    reopenAfter: whole(values['reopen-after']),
    durable: !values['not-durable'],
  }
}

/** What the till's screen or the hub's acknowledgement would be: from now on commit `n` has to survive everything. In the trace it is a write like the others. */
export function promise(n: number): void {
  writeSync(1, `mark ${n}\n`)
}

export const recorderMarks = (said: string): string[] => [...said.matchAll(/^mark (\d+)$/gm)].map((match) => match[1] ?? '')
