import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { artifactNames, readLines, type AckLine } from './artifacts.ts'
import { crashImages } from './crash/crash-images.ts'
import { whyNoRecording } from './crash/recording.ts'
import { torture } from './run.ts'

/** The short form of `npm run torture`. */
const SEED = 20
const KILLS = 8

let scratch = ''
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'torture-'))
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

test('nothing that a screen called approved is lost or doubled when core, hub and broker are killed while people buy', async () => {
  const artifacts = join(scratch, 'artifacts')
  const { metrics, faults } = await torture({ seed: SEED, kills: KILLS, images: 0, tills: 2, scratch, artifacts, say: () => {}, log: () => {} })
  expect(faults).toEqual([])
  expect(metrics).toMatchObject({ kills: KILLS, lost: 0, doubled: 0, ledger_imbalance: 0, captured_unseen: 0 })
  expect(metrics.approved).toBeGreaterThan(10)
  const acks = readLines<AckLine>(artifacts, artifactNames.acks)
  expect(new Set(acks.map(({ till }) => till)).size).toBe(2)
  expect(acks.every(({ received, safe, settled }) => safe <= received && settled <= received)).toBe(true)
}, 180_000)

const missing = whyNoRecording()
if (missing !== undefined) console.error(`The tests of crash images are left out: ${missing}.`)

describe.runIf(missing === undefined)('files as a power cut between any two system calls leaves them', () => {
  test('have everything that was promised, and can be written on', async () => {
    const { images, faults } = await crashImages({ seed: SEED, images: 40, scratch })
    expect(faults).toEqual([])
    expect(images).toBe(3 * 40)
  }, 180_000)

  test('lack what was promised when the stores are opened with durability off: the images bite', async () => {
    const { faults } = await crashImages({ seed: SEED, images: 20, scratch, durable: false })
    for (const bitten of ['till', 'hub', 'core'])
      expect(faults.filter(({ of, what }) => of === bitten && what.includes('were promised')).length).toBeGreaterThan(3)
  }, 180_000)
})
