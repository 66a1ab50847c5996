import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bankAt, CLOSED, twoDaysToBook } from './test-two-days.ts'
import { bankRig } from '../../hub/bank/test-bank.ts'
import { cutAt, PowerCut } from '../../hub/bank/test-cut.ts'
import { bankAccount, unassignedAccount } from '../../hub/ledger/names.ts'
import { memoryDisk, openMemoryStore } from '../../hub/store/memory.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bank-crash-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** The rest of the day, whatever was done of it before: the same end. */
async function finishDay(folder: string, store: HubStore, ids: readonly Id[]): Promise<void> {
  const rig = await bankRig(folder, store)
  const bank = bankAt(folder)
  await rig.desk.start()
  await rig.desk.writeFiles('cleo')
  bank.work()
  await rig.desk.readFiles()
  if (bank.memory.statements === 0) {
    bank.act((books) => books.charge(150n, 'Account charge'))
    bank.act((books) => books.closeDay('2025-10-09'))
  }
  await rig.desk.readFiles()
  expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['settled', 'rejected', 'settled'])
  expect(bank.memory.taken).toHaveLength(1)
  expect(await rig.balance(bankAccount('EUR'))).toBe(-BigInt(bank.memory.balance))
  expect(BigInt(bank.memory.balance)).toBe(1_000_000n - 12_345n - 700n - 150n)
  expect(await rig.balance(unassignedAccount('EUR'))).toBe(0n)
  expect(await rig.sum()).toBe(0n)
  const { open, incidents } = await rig.desk.state()
  // That a statement was missing ended by itself, and who looks may read it.
  expect({ open, incidents }).toEqual({ open: [], incidents: [] })
  expect(readdirSync(join(folder, 'from-bank'))).toEqual([])
  expect(readdirSync(join(folder, 'quarantine'))).toEqual([])
}

describe('a power cut at every step', () => {
  it('of writing a file or of reading what comes leaves every payout paid once', async () => {
    let step = 0
    for (let isOver = false; !isOver;) {
      step++
      const folder = join(root, String(step))
      mkdirSync(folder)
      const store = openMemoryStore(memoryDisk())
      const sold = await bankRig(folder, store)
      const ids = [await sold.approve(12_345n), await sold.approve(2_000n, CLOSED), await sold.approve(700n)]
      // Right after a step is right before the next one.
      const cut = cutAt(step, 'before', () => {
        throw new PowerCut()
      })
      const rig = await bankRig(folder, store, cut.wrap)
      const bank = bankAt(folder)
      try {
        await rig.desk.writeFiles('cleo')
        bank.work()
        await rig.desk.readFiles()
        bank.act((books) => books.charge(150n, 'Account charge'))
        bank.act((books) => books.closeDay('2025-10-09'))
        await rig.desk.readFiles()
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error
      }
      await finishDay(folder, store, ids)
      isOver = cut.done < step
    }
    // Two commits, three payouts, a stage, a release; then for two answers and a statement what each moves, its row and the archive.
    expect(step).toBeGreaterThan(20)
  })

  it('of importing a statement and the one that waited for it books each of them once, with everything that they were', async () => {
    let step = 0
    for (let isOver = false; !isOver;) {
      step++
      const folder = join(root, `import-${step}`)
      mkdirSync(folder)
      const store = openMemoryStore(memoryDisk())
      const ids = await twoDaysToBook(folder, store)
      const cut = cutAt(step, 'before', () => {
        throw new PowerCut()
      })
      const doomed = await bankRig(folder, store, cut.wrap)
      await doomed.desk.readFiles().catch((error: unknown) => {
        if (!(error instanceof PowerCut)) throw error
      })
      await finishDay(folder, store, ids)
      isOver = cut.done < step
    }
    // Two statements, three lines and the archive.
    expect(step).toBeGreaterThan(5)
  })

  it.each([
    { name: 'a batch is claimed', step: 2, when: 'before', what: 'write' },
    { name: 'the file is staged', step: 5, when: 'after', what: 'write' },
    { name: 'what it takes along is noted', step: 6, when: 'after', what: 'write' },
    { name: 'the file is out', step: 8, when: 'after', what: 'write' },
    { name: 'half of an answer is applied', step: 3, when: 'before', what: 'read' },
    { name: 'a statement is booked, and the one that waited for it is not', step: 1, when: 'after', what: 'import' },
  ] as const)('is survived by a hub that is killed (SIGKILL) when $name', async ({ step, when, what }) => {
    const path = join(root, 'hub.db')
    const child = join(import.meta.dirname, 'test-killed-hub.ts')
    const killed = spawnSync(process.execPath, [child, root, path, String(step), when, what], { encoding: 'utf8' })
    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    const ids = JSON.parse(killed.stdout) as Id[]
    const store = openSqliteStore(path)
    if (!store.ok) throw new Error(store.code)
    await finishDay(root, store.value, ids)
    await store.value.close()
  })
})
