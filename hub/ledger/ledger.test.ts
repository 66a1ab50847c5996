import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyTransfer, balanceOf, openAccount, pendingOf, type Account, type Applied, type LedgerCode, type Transfer, type TransferRequest } from './ledger.ts'
import type { Outcome } from '#protocol/outcome.ts'

const MAX = 2n ** 63n - 1n

/** Keeps what `applyTransfer` answers, as a store would. */
class Books {
  readonly accounts = new Map<string, Account>()
  readonly transfers = new Map<string, Transfer>()

  constructor(...accounts: Account[]) {
    for (const account of accounts) this.accounts.set(account.id, account)
  }
  account(id: string): Account | undefined {
    return this.accounts.get(id)
  }
  transfer(id: string): Transfer | undefined {
    return this.transfers.get(id)
  }
  apply(request: TransferRequest, at = 1000): Outcome<Applied, LedgerCode> {
    const outcome = applyTransfer(this, request, at)
    if (!outcome.ok) return outcome
    for (const account of outcome.value.accounts) this.accounts.set(account.id, account)
    for (const transfer of outcome.value.transfers) this.transfers.set(transfer.id, transfer)
    return outcome
  }
}

const wallet = openAccount({ id: 'wallet', label: 'Wallet', currency: 'EUR', side: 'credit', rule: 'debits_must_not_exceed_credits' })
const merchant = openAccount({ id: 'merchant', label: 'Merchant', currency: 'EUR', side: 'credit', rule: 'none' })
const bank = openAccount({ id: 'bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
const yen = openAccount({ id: 'yen', label: 'Yen', currency: 'JPY', side: 'credit', rule: 'none' })

const funded = (amount: bigint): Books => {
  const books = new Books(wallet, merchant, bank, yen)
  expect(books.apply({ kind: 'single', id: 'fund', debit: 'bank', credit: 'wallet', amount }).ok).toBe(true)
  return books
}
const hold = (id: string, amount: bigint): TransferRequest => ({ kind: 'pending', id, debit: 'wallet', credit: 'merchant', amount, expiresAt: 5000 })
const code = (outcome: Outcome<unknown, LedgerCode>): string => (outcome.ok ? 'ok' : outcome.code)
const totals = (books: Books, id: string): bigint[] => {
  const account = books.account(id)
  return account === undefined ? [] : [balanceOf(account), pendingOf(account)]
}

describe('holds', () => {
  it('reserve money, and a post moves it', () => {
    const books = funded(100n)
    expect(code(books.apply(hold('h', 60n)))).toBe('ok')
    expect(totals(books, 'wallet')).toEqual([100n, -60n])
    expect(totals(books, 'merchant')).toEqual([0n, 60n])
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h' }))).toBe('ok')
    expect(totals(books, 'wallet')).toEqual([40n, 0n])
    expect(totals(books, 'merchant')).toEqual([60n, 0n])
    expect(books.transfer('h')?.status).toBe('posted')
  })

  it('count against the balance until they are resolved', () => {
    const books = funded(100n)
    books.apply(hold('h', 60n))
    expect(code(books.apply(hold('h2', 41n)))).toBe('ledger.exceeds_credits')
    expect(code(books.apply({ kind: 'single', id: 's', debit: 'wallet', credit: 'merchant', amount: 41n }))).toBe('ledger.exceeds_credits')
    expect(code(books.apply(hold('h3', 40n)))).toBe('ok')
    books.apply({ kind: 'void', id: 'v', pendingId: 'h' })
    expect(code(books.apply(hold('h4', 60n)))).toBe('ok')
  })

  it('may be posted in part, and the rest is released', () => {
    const books = funded(100n)
    books.apply(hold('h', 60n))
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h', amount: 61n }))).toBe('ledger.exceeds_pending')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h', amount: 25n }))).toBe('ok')
    expect(totals(books, 'wallet')).toEqual([75n, 0n])
    expect(totals(books, 'merchant')).toEqual([25n, 0n])
  })

  it('are resolved once', () => {
    for (const first of ['post', 'void', 'expire'] as const) {
      const books = funded(100n)
      books.apply(hold('h', 60n))
      expect(code(books.apply({ kind: first, id: 'first', pendingId: 'h' }, 6000))).toBe('ok')
      const before = totals(books, 'wallet')
      for (const second of ['post', 'void', 'expire'] as const) {
        expect(code(books.apply({ kind: second, id: 'second', pendingId: 'h' }, 6000))).toBe('ledger.not_pending')
      }
      expect(totals(books, 'wallet')).toEqual(before)
    }
  })

  it('are not resolved by anything that is no hold', () => {
    const books = funded(100n)
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'fund' }))).toBe('ledger.not_pending')
    expect(code(books.apply({ kind: 'void', id: 'v', pendingId: 'nothing' }))).toBe('ledger.not_pending')
  })

  it('expire only when their time has come, and can be posted until then and until somebody expires them', () => {
    const books = funded(100n)
    books.apply(hold('h', 60n))
    expect(() => books.apply({ kind: 'expire', id: 'e', pendingId: 'h' }, 4999)).toThrow('time has come')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h' }, 9999))).toBe('ok')
  })
})

describe('a transfer', () => {
  it('with an id that exists is the same again, or a conflict', () => {
    const books = funded(100n)
    books.apply(hold('h', 60n))
    const before = totals(books, 'wallet')
    const again = books.apply(hold('h', 60n), 2000)
    expect(again.ok && again.value.accounts).toEqual([])
    expect(again.ok && again.value.transfer.at).toBe(1000)
    expect(totals(books, 'wallet')).toEqual(before)
    expect(code(books.apply(hold('h', 59n)))).toBe('ledger.conflict')
    expect(code(books.apply({ kind: 'single', id: 'h', debit: 'wallet', credit: 'merchant', amount: 60n }))).toBe('ledger.conflict')
    expect(code(books.apply({ kind: 'pending', id: 'h', debit: 'wallet', credit: 'merchant', amount: 60n, expiresAt: 5001 }))).toBe('ledger.conflict')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h' }))).toBe('ok')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h' }))).toBe('ok')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h', amount: 60n }))).toBe('ok')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'h', amount: 59n }))).toBe('ledger.conflict')
    expect(code(books.apply({ kind: 'post', id: 'p', pendingId: 'fund' }))).toBe('ledger.conflict')
    expect(code(books.apply(hold('h', 60n)))).toBe('ok')
  })

  it('needs two existing accounts of one currency', () => {
    const books = funded(100n)
    expect(code(books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'nobody', amount: 1n }))).toBe('ledger.unknown_account')
    expect(code(books.apply({ kind: 'single', id: 's', debit: 'nobody', credit: 'bank', amount: 1n }))).toBe('ledger.unknown_account')
    expect(code(books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'yen', amount: 1n }))).toBe('ledger.currency_mismatch')
    expect(() => books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'bank', amount: 1n })).toThrow('two accounts')
  })

  it('never leaves 64 bits', () => {
    const books = funded(MAX)
    expect(() => books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'wallet', amount: 1n })).toThrow('64 bits')
    expect(() => books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'wallet', amount: MAX + 1n })).toThrow('64 bits')
    expect(() => books.apply({ kind: 'single', id: 's', debit: 'bank', credit: 'wallet', amount: -1n })).toThrow('not negative')
    expect(totals(books, 'wallet')).toEqual([MAX, 0n])
  })
})

// ---------------------------------------------------------------- against a model that recomputes everything from a list

type Event = { request: TransferRequest; amount: bigint; debit: string; credit: string }

/** Knows only what was accepted, in order, and adds it all up each time. */
class Model {
  readonly accepted: Event[] = []

  open(id: string): Event | undefined {
    const resolved = this.accepted.some(({ request }) => 'pendingId' in request && request.pendingId === id)
    return resolved ? undefined : this.accepted.find(({ request }) => request.id === id && request.kind === 'pending')
  }
  sum(account: string, side: 'debit' | 'credit', what: 'posted' | 'pending'): bigint {
    const counted = this.accepted.filter((event) =>
      what === 'posted' ? ['single', 'post'].includes(event.request.kind) : event.request.kind === 'pending' && this.open(event.request.id),
    )
    return counted.filter((event) => event[side] === account).reduce((total, { amount }) => total + amount, 0n)
  }
  accept(request: TransferRequest): string {
    const known = this.accepted.find((event) => event.request.id === request.id)
    if (known !== undefined) return JSON.stringify(known.request, plain) === JSON.stringify(request, plain) ? 'ok' : 'ledger.conflict'
    if (request.kind === 'single' || request.kind === 'pending') {
      const { debit, credit, amount } = request
      const left = this.sum(debit, 'credit', 'posted') - this.sum(debit, 'debit', 'posted') - this.sum(debit, 'debit', 'pending')
      if (debit !== 'bank' && left < amount) return 'ledger.exceeds_credits'
      this.accepted.push({ request, amount, debit, credit })
      return 'ok'
    }
    const hold = this.open(request.pendingId)
    if (hold === undefined) return 'ledger.not_pending'
    const amount = request.kind === 'post' ? (request.amount ?? hold.amount) : hold.amount
    if (amount > hold.amount) return 'ledger.exceeds_pending'
    this.accepted.push({ request, amount, debit: hold.debit, credit: hold.credit })
    return 'ok'
  }
}
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

const names = ['bank', 'a', 'b', 'c']
const ids = fc.integer({ min: 0, max: 11 }).map((n) => `t${n}`)
const amounts = fc.bigInt({ min: 0n, max: 50n })
const pair = fc.shuffledSubarray(names, { minLength: 2, maxLength: 2 })
const requests: fc.Arbitrary<TransferRequest> = fc.oneof(
  fc
    .record({ id: ids, pair, amount: amounts })
    .map(({ id, pair: [debit = '', credit = ''], amount }) => ({ kind: 'single' as const, id, debit, credit, amount })),
  fc
    .record({ id: ids, pair, amount: amounts })
    .map(({ id, pair: [debit = '', credit = ''], amount }) => ({ kind: 'pending' as const, id, debit, credit, amount, expiresAt: 0 })),
  fc.record({ kind: fc.constant('post' as const), id: ids, pendingId: ids, amount: amounts }),
  fc.record({ kind: fc.constantFrom('post' as const, 'void' as const, 'expire' as const), id: ids, pendingId: ids }),
)

it('agrees with the model after every command, and debits equal credits in every total', () => {
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 60 }), (commands) => {
      const model = new Model()
      const books = new Books(
        bank,
        ...['a', 'b', 'c'].map((id) => openAccount({ id, label: id, currency: 'EUR', side: 'credit', rule: 'debits_must_not_exceed_credits' })),
      )
      for (const command of commands) {
        // The model compares requests as they were written; the ledger knows that "all" and the same amount are one thing.
        const pending = 'pendingId' in command ? books.transfer(command.pendingId) : undefined
        const spelled = command.kind === 'post' && command.amount === undefined && pending !== undefined ? { ...command, amount: pending.amount } : command
        expect(code(books.apply(command))).toBe(model.accept(spelled))
        let [debits, credits, debitsPending, creditsPending] = [0n, 0n, 0n, 0n]
        for (const account of books.accounts.values()) {
          expect(account.debitsPosted).toBe(model.sum(account.id, 'debit', 'posted'))
          expect(account.creditsPosted).toBe(model.sum(account.id, 'credit', 'posted'))
          expect(account.debitsPending).toBe(model.sum(account.id, 'debit', 'pending'))
          expect(account.creditsPending).toBe(model.sum(account.id, 'credit', 'pending'))
          if (account.id !== 'bank') expect(account.debitsPosted + account.debitsPending <= account.creditsPosted).toBe(true)
          debits += account.debitsPosted
          credits += account.creditsPosted
          debitsPending += account.debitsPending
          creditsPending += account.creditsPending
        }
        expect(debits).toBe(credits)
        expect(debitsPending).toBe(creditsPending)
      }
    }),
    { numRuns: 300 },
  )
})
