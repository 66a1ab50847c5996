import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#protocol/node/clock.ts'
import { MINUTE } from '#protocol/time.ts'
import { readPayout } from '../../hub/settlement/payout.ts'
import { recountSettlement } from '../../hub/settlement/recount.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { storePayments } from './stored-payments.ts'

const MERCHANTS = 30
const closing = fileURLToPath(new URL('./closing-process.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'close-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const opened = () => {
  const store = openSqliteStore(join(folder, 'hub.db'))
  if (!store.ok) throw new Error(store.code)
  return store.value
}

/** Closes windows until it has committed so often, and then dies at once. Answers with how often it did. */
async function closeUntil(commits: number): Promise<number> {
  const child = spawn(process.execPath, [closing, join(folder, 'hub.db')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'done') throw new Error(line)
    seen += 1
    if (seen === commits) child.kill('SIGKILL')
  }
  await ended
  return seen
}

test('a hub that is killed again and again while it closes windows pays every merchant once', async () => {
  const store = opened()
  const now = systemClock.now()
  await storePayments(store, { payments: MERCHANTS * 7, merchants: MERCHANTS, now, endsAt: now + MINUTE })
  await store.close()
  const before = [await closeUntil(1), await closeUntil(5)]
  expect(before.every((seen) => seen < MERCHANTS)).toBe(true)
  await closeUntil(Infinity)
  // Nothing is left for another one.
  expect(await closeUntil(Infinity)).toBe(0)
  const after = opened()
  const payouts = (await after.documents({ prefix: 'payout/', limit: 1000 })).map(readPayout)
  expect(payouts).toHaveLength(MERCHANTS)
  expect(new Set(payouts.map(({ merchant }) => merchant)).size).toBe(MERCHANTS)
  // 12.50 less 0.08 of fees, seven times; 2 % of the sales are kept back.
  expect(new Set(payouts.map(({ amountMinor }) => amountMinor))).toEqual(new Set([7n * 12_42n - 1_75n]))
  expect(await recountSettlement(after)).toMatchObject({ windows: MERCHANTS, payouts: MERCHANTS, differences: [] })
  // Seven payments, a fee and a tax for all of them, and what was kept back.
  const counted = await after.transfersOfWindow(3, 0, 100)
  expect(counted).toHaveLength(10)
  expect((await after.transfersOfWindow(3, counted[7]?.seq ?? 0, 100)).map(({ id }) => id)).toEqual(counted.slice(8).map(({ id }) => id))
  await after.close()
})

test('the other program finds a posting that two windows count, and one that none does', async () => {
  const store = opened()
  const now = systemClock.now()
  await storePayments(store, { payments: 4, merchants: 2, now, endsAt: now + MINUTE })
  const [transfer] = (await store.transfersAfter(0, 100)).filter(({ feeMinor }) => feeMinor !== undefined)
  if (transfer === undefined) throw new Error('there is a payment')
  const { seq: _, ...row } = transfer
  await store.commit({ transfers: [{ ...row, window: 2 }] })
  const wrong = (await recountSettlement(store)).differences
  expect(wrong.filter((line) => line.startsWith('postings of window'))).toHaveLength(2)
  await store.commit({ transfers: [{ ...row, version: row.version + 1, window: undefined }] })
  expect((await recountSettlement(store)).differences).toContainEqual(expect.stringMatching(/^window of .* none/))
  await store.close()
})
