import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openBankFolder } from './folder.ts'
import { bankRig, OWN_IBAN } from '../../hub/bank/test-bank.ts'
import { conserve } from '../../hub/bank/conservation.ts'
import { cutAt, PowerCut } from '../../hub/bank/test-cut.ts'
import { merchantAccount, payoutAccount } from '../../hub/ledger/names.ts'
import { memoryDisk, openMemoryStore } from '../../hub/store/memory.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bank-back-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const bankOf = () => openBankFolder(folder, { iban: OWN_IBAN, currency: 'EUR', openingMinor: 1_000_000n }, () => new Date('2025-10-09T12:00:00Z'))

/** One payout is proposed and one approved when the backup is made; then the other is approved as well, a third is made, and all three are paid. */
async function paidBehindTheBackup() {
  const disk = memoryDisk()
  const rig = await bankRig(folder, openMemoryStore(disk))
  const bank = bankOf()
  const approved = await rig.approve(5_000n)
  const proposed = await rig.propose(300n)
  const backup = structuredClone(disk)
  await rig.payouts.approve(proposed.payoutId, 'ben', rig.payouts.digestOf(proposed))
  const later = await rig.approve(70n)
  expect(await rig.desk.writeFiles('cleo')).toMatchObject({ value: { files: 1, payouts: 3 } })
  bank.work()
  await rig.desk.readFiles()
  bank.act((books) => books.closeDay('2025-10-09'))
  await rig.desk.readFiles()
  const ids = [approved, proposed.payoutId, later]
  expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['settled', 'settled', 'settled'])
  return { backup, bank, ids, merchant: proposed.merchant, balance: bank.memory.balance }
}

it('a hub that was put back to a backup pays nobody twice: it learns what has left, and what the bank said of it', async () => {
  const { backup, bank, ids, merchant, balance } = await paidBehindTheBackup()
  const store = openMemoryStore(backup)
  const rig = await bankRig(folder, store)
  // The hub has closed the windows once more, before it looked at its bank.
  rig.clock.advance(60_000)
  const again = await rig.propose(70n)
  await rig.desk.start()
  expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['settled', 'settled', 'settled'])
  expect(await rig.stateOf(again.payoutId)).toBe('rejected')
  expect(await rig.desk.writeFiles('cleo')).toEqual({ ok: true, value: { files: 0, payouts: 0 } })
  expect(bank.work()).toBe(0)
  expect([bank.memory.taken.length, bank.memory.balance]).toEqual([1, balance])
  // What it had sold for again, less what was paid for it already.
  expect(await rig.balance(merchantAccount(merchant, 'EUR'))).toBe(0n)
  for (const place of ['proposed', 'approved', 'sent', 'accepted'] as const) expect(await rig.balance(payoutAccount(place, merchant, 'EUR'))).toBe(0n)
  expect((await rig.desk.state()).incidents.map(({ code }) => code)).toEqual(['bank.put_back'])
  expect((await conserve(store, 0)).faults).toEqual([])
  expect(readdirSync(join(folder, 'from-bank'))).toEqual([])
  // Every start after that finds everything known.
  const next = await bankRig(folder, store)
  await next.desk.start()
  expect((await next.desk.state()).incidents).toHaveLength(1)
})

it('a hub without any statement reads those that lie there in the order of the bank, whatever their files are called', async () => {
  const rig = await bankRig(folder, openMemoryStore(memoryDisk()))
  const bank = bankOf()
  for (const day of ['2025-10-09', '2025-10-10', '2025-10-11', '2025-10-12']) {
    bank.act((books) => {
      books.credit(7n, 'J. Maier', day)
      return books.closeDay(day)
    })
    await rig.desk.readFiles()
  }
  // In the archive they are called by the beginnings of their digests.
  const kept = readdirSync(join(folder, 'archive')).toSorted()
  expect(kept.map((name) => name.slice(13))).not.toEqual(kept.map((name) => name.slice(13)).toSorted())
  const store = openMemoryStore(memoryDisk())
  const next = await bankRig(folder, store)
  await next.desk.start()
  expect(await next.desk.state()).toMatchObject({ accounts: [{ statements: 4, closingMinor: '1000028', ledgerMinor: '1000028' }], incidents: [] })
  expect(readdirSync(join(folder, 'quarantine'))).toEqual([])
  expect((await conserve(store, 0)).faults).toEqual([])
})

it('whatever moment it is killed at while it learns that', async () => {
  const { backup, ids, merchant } = await paidBehindTheBackup()
  let step = 0
  for (let isOver = false; !isOver;) {
    step++
    const store = openMemoryStore(structuredClone(backup))
    const cut = cutAt(step, 'before', () => {
      throw new PowerCut()
    })
    const doomed = await bankRig(folder, store, cut.wrap)
    await doomed.desk.start().catch((error: unknown) => {
      if (!(error instanceof PowerCut)) throw error
    })
    isOver = cut.done < step
    const rig = await bankRig(folder, store)
    await rig.desk.start()
    expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['settled', 'settled', 'settled'])
    expect(await rig.balance(merchantAccount(merchant, 'EUR'))).toBe(-70n)
    expect((await rig.desk.state()).incidents).toHaveLength(1)
    expect((await conserve(store, 0)).faults).toEqual([])
  }
  expect(step).toBeGreaterThan(15)
})

it('a backup from between the claim and the file does not make the file once more', async () => {
  const disk = memoryDisk()
  const store = openMemoryStore(disk)
  const sold = await bankRig(folder, store)
  const id = await sold.approve(5_000n)
  const cut = cutAt(2, 'before', () => {
    throw new PowerCut()
  })
  const doomed = await bankRig(folder, store, cut.wrap)
  await expect(doomed.desk.writeFiles('cleo')).rejects.toThrow(PowerCut)
  const backup = structuredClone(disk)
  const went = await bankRig(folder, store)
  await went.desk.start()
  const [name = ''] = readdirSync(join(folder, 'to-bank'))
  // The bank has fetched it.
  unlinkSync(join(folder, 'to-bank', name))
  const rig = await bankRig(folder, openMemoryStore(backup))
  await rig.desk.start()
  expect(await rig.stateOf(id)).toBe('sent')
  expect(readdirSync(join(folder, 'to-bank'))).toEqual([])
})

it('what a file had to leave out goes with the next one', async () => {
  let isFaulty = true
  const rig = await bankRig(folder, undefined, ({ payouts, ...ports }) => ({
    ...ports,
    payouts: { ...payouts, step: (...said) => (isFaulty ? Promise.resolve({ ok: false, code: 'payout.changed' }) : payouts.step(...said)) },
  }))
  const id = await rig.approve(5_000n)
  await rig.desk.writeFiles('cleo')
  expect([await rig.stateOf(id), readdirSync(join(folder, 'to-bank'))]).toEqual(['approved', []])
  isFaulty = false
  await rig.desk.writeFiles('cleo')
  expect([await rig.stateOf(id), readdirSync(join(folder, 'to-bank')).length]).toEqual(['sent', 1])
})

it('nobody is paid who was held, or has another account, since the approval', async () => {
  const rig = await bankRig(folder)
  const id = await rig.approve(5_000n)
  rig.held.add(id)
  expect(await rig.desk.writeFiles('cleo')).toEqual({ ok: true, value: { files: 0, payouts: 0 } })
  expect((await rig.desk.state()).incidents.map(({ code }) => code)).toEqual(['bank.unpayable'])
  rig.held.clear()
  expect(await rig.desk.writeFiles('cleo')).toEqual({ ok: true, value: { files: 1, payouts: 1 } })
})
