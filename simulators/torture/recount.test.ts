import { expect, test } from 'vitest'
import type { AccountLine, LedgerLine } from './artifacts.ts'
import { recount, type Books } from './recount.ts'

/** A shop in which everything came right: money for a wallet, one payment from a hold, one without. A recount that cannot fail is worth nothing, so each test spoils it. */
const posting = (posting_id: string, kind: LedgerLine['kind'], payment_id: string | null, amount_minor: number): LedgerLine => ({
  posting_id,
  payment_id,
  kind,
  debit_account: kind === 'fund' ? 'bank' : 'wallet',
  credit_account: kind === 'fund' ? 'wallet' : 'shop',
  amount_minor,
  currency: 'EUR',
  at_ms: 1,
})
const account = (name: string, debits_minor: number, credits_minor: number, held = 0): AccountLine => ({
  account: name,
  currency: 'EUR',
  debits_minor,
  credits_minor,
  held_debits_minor: name === 'wallet' ? held : 0,
  held_credits_minor: name === 'shop' ? held : 0,
})
const approval = (payment_id: string, amount_minor: number) => ({ payment_id, amount_minor, currency: 'EUR', till: 't', at_ms: 1 })

const right: Books = {
  approved: [approval('a', 100), approval('b', 50)],
  codes: [
    { payment_id: 'a', code_sha256: 'one' },
    { payment_id: 'b', code_sha256: 'two' },
  ],
  ledger: [
    posting('fund', 'fund', null, 1000),
    posting('a/hold', 'hold', 'a', 100),
    posting('a/post', 'capture', 'a', 100),
    posting('b/pay', 'capture', 'b', 50),
    posting('c/hold', 'hold', 'c', 7),
    posting('c/void', 'release', 'c', 7),
  ],
  accounts: [account('bank', 1000, 0), account('wallet', 150, 1000), account('shop', 0, 150)],
}
const count = (books: Books) => recount(books, () => {})

test('books in order come out even', () => {
  expect(count(right)).toEqual({ approved: 2, lost: 0, doubled: 0, ledger_imbalance: 0, captured_unseen: 0, open_holds: 0 })
})

test('an approval without a capture, or with one of another amount or currency, is lost', () => {
  const without = right.ledger.filter(({ posting_id }) => posting_id !== 'a/post')
  expect(count({ ...right, ledger: without })).toMatchObject({ lost: 1, open_holds: 1 })
  const changed = (change: Partial<LedgerLine>) => right.ledger.map((line) => (line.posting_id === 'b/pay' ? { ...line, ...change } : line))
  expect(count({ ...right, ledger: changed({ amount_minor: 49 }) }).lost).toBe(1)
  expect(count({ ...right, ledger: changed({ currency: 'USD' }) }).lost).toBe(1)
  expect(count({ ...right, ledger: changed({ kind: 'hold' }) }).lost).toBe(1)
})

test('a second capture, a posting that is there twice, and two approvals for one code are doubled', () => {
  expect(count({ ...right, ledger: [...right.ledger, posting('a/pay', 'capture', 'a', 100)] }).doubled).toBe(1)
  expect(count({ ...right, ledger: [...right.ledger, posting('fund', 'fund', null, 1000)] }).doubled).toBe(1)
  expect(count({ ...right, codes: right.codes.map((line) => ({ ...line, code_sha256: 'one' })) }).doubled).toBe(1)
})

test('the same approval on a screen that was opened anew is one approval', () => {
  expect(count({ ...right, approved: [...right.approved, ...right.approved], codes: [...right.codes, ...right.codes] })).toEqual(count(right))
})

test('a capture that no screen showed is told', () => {
  expect(count({ ...right, approved: right.approved.slice(1) })).toMatchObject({ approved: 1, lost: 0, captured_unseen: 1 })
})

test('accounts that are not even, or not what their postings say, are an imbalance of as much', () => {
  const off = (name: string, change: Partial<AccountLine>) => right.accounts.map((line) => (line.account === name ? { ...line, ...change } : line))
  // Both the currency's sides and the account's own column are off by one.
  expect(count({ ...right, accounts: off('shop', { credits_minor: 151 }) }).ledger_imbalance).toBe(2)
  expect(count({ ...right, accounts: off('wallet', { held_debits_minor: 7 }) }).ledger_imbalance).toBe(7)
  expect(count({ ...right, accounts: right.accounts.slice(0, 2) }).ledger_imbalance).toBe(300)
})

test('two errors of one size do not cancel each other out', () => {
  const swapped = right.accounts.map((line) => ({
    ...line,
    debits_minor: line.debits_minor + (line.account === 'wallet' ? 5 : line.account === 'bank' ? -5 : 0),
  }))
  expect(count({ ...right, accounts: swapped }).ledger_imbalance).toBe(10)
})

test('an open hold is counted and belongs into the accounts', () => {
  const open = right.ledger.filter(({ posting_id }) => posting_id !== 'c/void')
  expect(count({ ...right, ledger: open })).toMatchObject({ open_holds: 1, ledger_imbalance: 14 })
  expect(count({ ...right, ledger: open, accounts: [account('bank', 1000, 0), account('wallet', 150, 1000, 7), account('shop', 0, 150, 7)] })).toMatchObject({
    open_holds: 1,
    ledger_imbalance: 0,
  })
})
