import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { knownError } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MINUTE, type DurationMs } from '#protocol/time.ts'
import type { Exporter } from './ports.ts'

/** An export of 100,000 entries takes two seconds. */
const TIMEOUT: DurationMs = 2 * MINUTE
const CLI = join(import.meta.dirname, 'journal-cli.ts')

const answer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.object({ file: z.string(), entries: z.int() }) }),
  z.object({ ok: z.literal(false), code: z.string() }),
])

/**
 * Exports with the program that a person would use, `npm run journal -- export`, in a process of its own: it reads the journal beside this till. The till
 * waits, so nothing is written meanwhile and the export holds everything up to its newest entry.
 */
export function exporterBeside(data: string, log: (line: string) => void): Exporter {
  return {
    exportJournal(): Outcome<{ readonly file: string; readonly entries: number }> {
      const run = spawnSync(process.execPath, [CLI, 'export', '--data', resolve(data), '--json'], { encoding: 'utf8', timeout: TIMEOUT })
      const read = answer.safeParse(parsed(run.stdout))
      if (read.success) return read.data.ok ? ok(read.data.value) : fail(knownError(read.data.code, 'till.disk_full'))
      log(`export: ${run.error?.message ?? run.stderr}`)
      return fail('till.disk_full', 'the export could not be written')
    },
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
