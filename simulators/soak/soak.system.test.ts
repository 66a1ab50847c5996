import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { soak } from './run.ts'

/** The short form of `npm run soak`. */
const MINUTES = 6

test('nothing is lost, doubled or printed twice at a busy counter whose devices fail, and all of them are well again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  try {
    const { metrics, broken } = await soak({ minutes: MINUTES, seed: 4, folder, preload: process.env['STILLPOINT_UMOCKDEV'] })
    expect(broken).toEqual([])
    expect(metrics).toMatchObject({ lost: 0, doubled: 0, printed_twice: 0, unanswered: 0 })
    // It was a busy counter, and there was trouble.
    expect(metrics['scans']).toBeGreaterThan(100)
    expect(metrics['prints']).toBeGreaterThan(5)
    expect(metrics['faults']).toBeGreaterThan(5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)
