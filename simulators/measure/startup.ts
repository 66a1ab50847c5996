import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openTestTill } from '../../terminal/core/test-till.ts'
import { rounded } from './percentile.ts'
import { enrolFolder, fillJournal } from './queued-journal.ts'
import { residentMb } from './resident.ts'

const SYNCED = 1_000_000
const QUEUED = 100_000
const SMALL = 100
const STARTS = 5

export const startupHelp = `startup                  the core's process from its start to ready, with 100,000 unsynced and 1,000,000 synced entries in its journal,
                         next to the same with ${SMALL}: the slowest of ${STARTS} starts, and the memory it holds then.`

/** How long a till takes to be ready, and how much memory it needs, with a long history and with a short one. The journal is made anew in every run. */
export async function startup(): Promise<Record<string, number>> {
  const [long, short] = [mkdtempSync(join(tmpdir(), 'startup-long-')), mkdtempSync(join(tmpdir(), 'startup-short-'))]
  try {
    for (const [folder, synced, queued] of [
      [long, SYNCED, QUEUED],
      [short, SMALL, SMALL],
    ] as const) {
      fillJournal(folder, (place) => openTestTill({ folder: place }), synced, queued)
      enrolFolder(folder)
    }
    const [starts, smallStarts] = [[await start(long)], [await start(short)]]
    for (let i = 1; i < STARTS; i++) {
      starts.push(await start(long))
      smallStarts.push(await start(short))
    }
    const most = (all: readonly Started[], what: keyof Started) => rounded(Math.max(...all.map((one) => one[what])), 1)
    return {
      synced_entries: SYNCED,
      queued_entries: QUEUED,
      ready_ms: most(starts, 'readyMs'),
      rss_mb: most(starts, 'rssMb'),
      small_ready_ms: most(smallStarts, 'readyMs'),
      small_rss_mb: most(smallStarts, 'rssMb'),
    }
  } finally {
    for (const folder of [long, short]) rmSync(folder, { recursive: true })
  }
}

type Started = { readonly readyMs: number; readonly rssMb: number }

async function start(folder: string): Promise<Started> {
  const began = performance.now()
  const program = join(import.meta.dirname, '../../terminal/core/main.ts')
  const core = spawn(process.execPath, [program, '--data', folder, '--bridge-socket', join(folder, 'no-bridge')], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // As the supervisor starts it.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled'), STILLPOINT_SCREEN_TOKEN: 'x'.repeat(32), STILLPOINT_BRIDGE_TOKEN: 'y'.repeat(32) },
  })
  const ended = once(core, 'exit')
  try {
    for await (const line of createInterface({ input: core.stdout })) {
      if ((JSON.parse(line) as { ready?: boolean }).ready === true) return { readyMs: performance.now() - began, rssMb: residentMb(core.pid ?? 0) }
    }
    throw new Error('the core ended before it was ready')
  } finally {
    core.kill('SIGTERM')
    await ended
  }
}
