import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../../world/random.ts'
import { PowerCut } from './power-cut.ts'
import { recorderArguments, recorderMarks, type RecorderOptions } from './recorder.ts'
import { readTrace, STRACE_OPTIONS, type FileOp } from './system-calls.ts'

/** Why system calls cannot be recorded here; undefined where they can. */
export function whyNoRecording(): string | undefined {
  const tried = spawnSync('strace', ['-o', '/dev/null', process.execPath, '--version'], { encoding: 'utf8' })
  if (tried.error !== undefined) return 'strace is not installed (Linux: the package strace)'
  return tried.status === 0 ? undefined : `strace may not trace here: ${tried.stderr.trim().split('\n')[0] ?? ''}`
}

/**
 * Runs a recorder in a new folder and answers with every change that it made there. Only its main thread is traced, where the stores do their work; that
 * nothing was missed is checked: the operations, all of them, must give the very files that it left.
 */
export function record(recorder: URL, options: RecorderOptions): FileOp[] {
  mkdirSync(options.folder, { recursive: true })
  const trace = `${options.folder}.trace`
  const ran = spawnSync('strace', [...STRACE_OPTIONS, '-o', trace, process.execPath, fileURLToPath(recorder), ...recorderArguments(options)], {
    encoding: 'utf8',
  })
  if (ran.error !== undefined) throw ran.error
  const ops = readTrace(readFileSync(trace, 'latin1'), options.folder, recorderMarks)
  const marks = ops.filter((op) => op.type === 'mark').length
  if (marks !== options.commits) throw new Error(`the recorder made ${marks} of ${options.commits} commits: ${ran.stderr.slice(0, 2000)}`)
  checkComplete(ops, options.folder)
  return ops
}

/** Throws when these operations do not give the files of the folder, byte for byte: then some call was missed. */
export function checkComplete(ops: readonly FileOp[], folder: string): void {
  const cut = new PowerCut()
  for (const op of ops) cut.apply(op)
  const image = cut.image('kept', new Random('nothing is random in what was kept'))
  const files = readdirSync(folder).filter((file) => !file.endsWith('-shm'))
  const wrong = [...new Set([...files, ...image.keys()])].filter((file) => {
    const made = image.get(file)
    return made === undefined || !files.includes(file) || Buffer.compare(readFileSync(join(folder, file)), made) !== 0
  })
  if (wrong.length > 0) throw new Error(`the trace does not explain ${wrong.join(', ')}`)
}
