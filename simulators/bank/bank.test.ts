import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBankFolder } from './folder.ts'
import { readPaymentFile, writeStatus } from './messages.ts'
import { bankRig, MERCHANT_IBAN, OWN_IBAN } from '../../hub/bank/test-bank.ts'
import { conserve } from '../../hub/bank/conservation.ts'
import { bankAccount, bankFeesAccount, unassignedAccount } from '../../hub/ledger/names.ts'

const CLOSED = 'FR1420041010050500013M02606'
const REFUSING = 'NO9386011117947'
const TODAY = '2025-10-09'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bank-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const bankOf = () => openBankFolder(folder, { iban: OWN_IBAN, currency: 'EUR', openingMinor: 1_000_000n }, () => new Date('2025-10-09T12:00:00Z'))
const rigOf = () => bankRig(folder)

async function paidOut(rig: Awaited<ReturnType<typeof rigOf>>, bank: ReturnType<typeof bankOf>): Promise<void> {
  expect(await rig.desk.writeFiles('cleo')).toMatchObject({ ok: true })
  bank.work()
  await rig.desk.readFiles()
}
const endDay = async (rig: Awaited<ReturnType<typeof rigOf>>, bank: ReturnType<typeof bankOf>, day = TODAY): Promise<void> => {
  bank.act((books) => books.closeDay(day))
  await rig.desk.readFiles()
}
const isWhole = async (rig: Awaited<ReturnType<typeof rigOf>>): Promise<void> => {
  expect((await conserve(rig.store, 0)).faults).toEqual([])
  const { accounts, open } = await rig.desk.state()
  for (const { ledgerMinor, closingMinor, unassignedMinor } of accounts) {
    if (closingMinor !== undefined) expect(ledgerMinor).toBe(closingMinor)
    expect(unassignedMinor).toBe(String(open.reduce((sum, { minor }) => sum + BigInt(minor), 0n)))
  }
}

describe('payouts by files', () => {
  it('go out, are accepted, booked and explained without anybody', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    const ids = [await rig.approve(12_345n), await rig.approve(700n)]
    await paidOut(rig, bank)
    expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['accepted', 'accepted'])
    bank.act((books) => books.charge(150n, 'Account charge'))
    await endDay(rig, bank)
    expect(await Promise.all(ids.map(rig.stateOf))).toEqual(['settled', 'settled'])
    expect(await rig.balance(bankAccount('EUR'))).toBe(-(1_000_000n - 13_045n - 150n))
    expect(await rig.balance(bankFeesAccount('EUR'))).toBe(-150n)
    expect(await rig.balance(unassignedAccount('EUR'))).toBe(0n)
    const state = await rig.desk.state()
    expect({ open: state.open, incidents: state.incidents, unchecked: state.unchecked }).toEqual({ open: [], incidents: [], unchecked: [] })
    expect(readdirSync(join(folder, 'from-bank'))).toEqual([])
    await isWhole(rig)
  })

  it('are rejected alone, and come back', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    bank.memory.closed.push(CLOSED)
    bank.memory.refusing.push(REFUSING)
    const [good, rejected, back] = [await rig.approve(1_000n), await rig.approve(2_000n, CLOSED), await rig.approve(3_000n, REFUSING)]
    await paidOut(rig, bank)
    expect([await rig.stateOf(good), await rig.stateOf(rejected), await rig.stateOf(back)]).toEqual(['accepted', 'rejected', 'accepted'])
    expect((await rig.payouts.find(rejected))?.steps.at(-1)?.ref).toContain('AC04')
    await endDay(rig, bank)
    expect([await rig.stateOf(good), await rig.stateOf(back)]).toEqual(['settled', 'returned'])
    expect((await rig.desk.state()).open).toEqual([])
    await isWhole(rig)
    // What the bank has refused is not written into a second file.
    expect(await rig.desk.writeFiles('cleo')).toEqual({ ok: true, value: { files: 0, payouts: 0 } })
  })

  it.each(['late answer', 'answers doubled', 'answers out of order', 'statement doubled'] as const)('come to the same with: %s', async (fault) => {
    const [rig, bank] = [await rigOf(), bankOf()]
    bank.memory.faults.push(fault)
    const id = await rig.approve(5_000n)
    await paidOut(rig, bank)
    await endDay(rig, bank)
    bank.act((books) => books.answerLate())
    await rig.desk.readFiles()
    expect(await rig.stateOf(id)).toBe('settled')
    expect((await rig.desk.state()).incidents).toEqual([])
    expect(await rig.balance(unassignedAccount('EUR'))).toBe(0n)
    await isWhole(rig)
  })

  it('are all the merchant’s again when the file is refused, but not when the bank only says that it has it twice', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    const id = await rig.approve(5_000n)
    await rig.desk.writeFiles('cleo')
    const [name = ''] = readdirSync(join(folder, 'to-bank'))
    const bytes = readFileSync(join(folder, 'to-bank', name))
    bank.work()
    // A file transfer that repeats itself: the bank refuses the copy, and has carried out the first.
    writeFileSync(join(folder, 'to-bank', name), bytes)
    bank.work()
    await rig.desk.readFiles()
    expect(await rig.stateOf(id)).toBe('accepted')
    expect((await rig.desk.state()).incidents).toMatchObject([{ code: 'bank.contradiction' }])
    await endDay(rig, bank)
    expect(await rig.stateOf(id)).toBe('settled')

    bank.memory.faults.push('reject file')
    const other = await rig.approve(900n)
    await paidOut(rig, bank)
    expect(await rig.stateOf(other)).toBe('rejected')
    await isWhole(rig)
  })
})

it('a transfer that the bank has blocked is neither paid nor the merchant’s again, and for a person', async () => {
  const rig = await rigOf()
  const id = await rig.approve(5_000n)
  await rig.desk.writeFiles('cleo')
  const [name = ''] = readdirSync(join(folder, 'to-bank'))
  const file = readPaymentFile(readFileSync(join(folder, 'to-bank', name)))
  const answers = file.orders.map(({ endToEndId }) => ({ endToEndId, status: 'BLCK' as const }))
  writeFileSync(join(folder, 'from-bank', 'x.xml'), writeStatus({ id: 'B1', at: new Date(0), about: file, status: 'PART', answers }))
  await rig.desk.readFiles()
  expect(await rig.stateOf(id)).toBe('sent')
  expect((await rig.desk.state()).incidents).toMatchObject([{ code: 'bank.contradiction' }])
  await isWhole(rig)
})

it('a file that is called as no file should be is read, and does not stop the bank side', async () => {
  const rig = await rigOf()
  writeFileSync(join(folder, 'from-bank', `${'é'.repeat(110)} .xml`), 'no xml')
  expect(await rig.desk.readFiles()).toBe(1)
  expect(readdirSync(join(folder, 'quarantine'))).toHaveLength(2)
})

describe('statements', () => {
  it('wait for one that is missing, and are booked in order when it comes', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    await endDay(rig, bank)
    bank.memory.faults.push('statement missing')
    const id = await rig.approve(5_000n)
    await paidOut(rig, bank)
    await endDay(rig, bank, '2025-10-10')
    bank.act((books) => books.charge(100n, 'Account charge'))
    await endDay(rig, bank, '2025-10-11')
    bank.act((books) => books.charge(200n, 'Account charge'))
    await endDay(rig, bank, '2025-10-12')
    expect(await rig.stateOf(id)).toBe('accepted')
    expect((await rig.desk.state()).incidents.map(({ code }) => code)).toEqual(['bank.statement_gap', 'bank.statement_gap'])
    expect((await rig.desk.state()).incidents.some(({ detail }) => detail.includes('2 to 2 missing before 3'))).toBe(true)
    // What is missing may have what another hub has paid.
    const next = await rig.approve(70n)
    expect(await rig.desk.writeFiles('cleo')).toMatchObject({ code: 'bank.statement_gap' })
    expect(await rig.stateOf(next)).toBe('approved')
    bank.act((books) => books.sendKept())
    await rig.desk.readFiles()
    expect(await rig.stateOf(id)).toBe('settled')
    expect(await rig.desk.state()).toMatchObject({ incidents: [], open: [], accounts: [{ statements: 4, closingMinor: '994700', ledgerMinor: '994700' }] })
    await isWhole(rig)
  })

  it('with a wrong balance are not booked', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    bank.memory.faults.push('wrong balance')
    bank.act((books) => books.credit(100n, 'Somebody', 'hello'))
    await endDay(rig, bank)
    expect((await rig.desk.state()).incidents).toMatchObject([{ code: 'bank.sums' }])
    const [incident] = (await rig.desk.state()).incidents
    expect(await rig.desk.note(incident?.id ?? '', 'ada', 'asked the bank', 'ben')).toMatchObject({ ok: true })
    expect((await rig.desk.state()).incidents).toMatchObject([{ assignedTo: 'ben', notes: [{ by: 'ada', text: 'asked the bank' }] }])
    expect(await rig.desk.closeIncident(incident?.id ?? '', 'ben', 'sent again')).toMatchObject({ ok: true })
    expect(await rig.desk.note(incident?.id ?? '', 'ada', 'too late', undefined)).toMatchObject({ code: 'bank.not_open' })
    expect(readdirSync(join(folder, 'quarantine')).filter((name) => name.endsWith('.reason.txt'))).toHaveLength(1)
    expect(await rig.balance(bankAccount('EUR'))).toBe(0n)
  })

  it('leave what is unknown to people: one says what it was, from an amount on another one agrees', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    bank.act((books) => books.credit(12_000n, 'Someone Else', 'wrong account, sorry'))
    bank.act((books) => books.credit(2_500n, 'ACME Acquiring', 'settlement 17'))
    bank.act((books) => books.charge(900n, 'Investigation'))
    await endDay(rig, bank)
    const open = (await rig.desk.state()).open
    expect(open.map(({ minor, why }) => [minor, why])).toEqual([
      ['12000', 'unknown'],
      ['2500', 'more than owed'],
      ['-900', 'fee too high'],
    ])
    const [gift, settlement, fee] = open.map(({ id }) => id) as [string, string, string]

    expect(await rig.desk.explain(fee, { to: 'fees' }, 'agreed by letter', 'ada')).toEqual({ ok: true, value: undefined })
    expect(await rig.desk.explain(fee, { to: 'fees' }, 'again', 'ada')).toMatchObject({ code: 'bank.not_open' })
    expect(await rig.desk.explain(gift, { to: 'fees' }, 'no', 'ada')).toMatchObject({ code: 'wire.malformed' })
    expect(await rig.desk.explain(gift, { to: 'own funds' }, 'capital', 'ada')).toMatchObject({ ok: true })
    expect(await rig.balance(unassignedAccount('EUR'))).toBe(14_500n)
    expect(await rig.desk.agree(gift, 'ada', { to: 'own funds' })).toMatchObject({ code: 'bank.second_person' })
    expect(await rig.desk.refuse(gift, 'ben', 'it is not ours')).toMatchObject({ ok: true })
    expect(await rig.desk.agree(gift, 'ben', { to: 'own funds' })).toMatchObject({ code: 'bank.not_open' })
    expect(await rig.desk.explain(gift, { to: 'written off' }, 'the bank keeps it', 'ben')).toMatchObject({ ok: true })
    // Changed since it was shown.
    expect(await rig.desk.agree(gift, 'ada', { to: 'own funds' })).toMatchObject({ code: 'bank.not_open' })
    expect(await rig.desk.agree(gift, 'ada', { to: 'written off' })).toMatchObject({ ok: true })
    expect(await rig.desk.explain(settlement, { to: 'acquirer', acquirer: 'nobody' }, 'no', 'ada')).toMatchObject({ code: 'wire.malformed' })
    // It has paid nothing in euros yet: its account is opened by its first payment, in its own currency.
    expect(await rig.desk.explain(settlement, { to: 'acquirer', acquirer: 'acme' }, 'early', 'ada')).toMatchObject({ code: 'wire.malformed' })
    expect(await rig.desk.note(settlement, 'ada', 'asked ACME', 'ben')).toMatchObject({ ok: true })
    expect((await rig.desk.state()).open).toMatchObject([{ assignedTo: 'ben', notes: [{ by: 'ada', text: 'asked ACME' }] }])
    expect(await rig.balance(unassignedAccount('EUR'))).toBe(2_500n)
    const booked = (await rig.desk.lines('EUR', 1)).find(({ id }) => id === gift)
    expect(booked).toMatchObject({ state: 'done', by: 'ben', agreedBy: 'ada', notes: [{ text: 'not own funds as ada said (capital): it is not ours' }] })
    await isWhole(rig)
  })

  it('never let a person explain a line by a payout of another amount', async () => {
    const [rig, bank] = [await rigOf(), bankOf()]
    const id = await rig.approve(5_000n)
    await paidOut(rig, bank)
    bank.act((books) => books.charge(600n, 'no reference'))
    bank.memory.closed.push(MERCHANT_IBAN)
    await endDay(rig, bank)
    const [line] = (await rig.desk.state()).open
    expect(await rig.desk.explain(line?.id ?? '', { to: 'payout', payout: id }, 'it must be', 'ada')).toMatchObject({ code: 'bank.contradiction' })
  })
})
