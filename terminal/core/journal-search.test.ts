import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { searchJournal } from './journal-search.ts'
import { openSqliteStore } from './store-sqlite.ts'
import type { TillStore } from './store.ts'
import { base64url } from '#protocol/bytes.ts'
import { makeId } from '#protocol/ids.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'

const [till, payment, other, saleId, refundId] = [1, 2, 3, 4, 5].map((n) => makeId(1_800_000_000_000, new Uint8Array(10).fill(n)))
const intended = (paymentId = payment): Fact => ({
  kind: 'payment.intended',
  body: { paymentId: paymentId ?? '', saleId: saleId ?? '', amountMinor: 100, currency: 'EUR', instrument: { type: 'wallet', code: 'SP1:X' } },
})
const captured = (paymentId = payment, receiptNumber = 'R-1'): Fact => ({
  kind: 'payment.captured',
  body: { paymentId: paymentId ?? '', amountMinor: 100, currency: 'EUR', receiptNumber },
})
const refunded: Fact = {
  kind: 'payment.refunded',
  body: { refundId: refundId ?? '', paymentId: payment ?? '', amountMinor: 40, currency: 'EUR', receiptNumber: 'R-2' },
}

let folder: string
let store: TillStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'search-'))
  store = openSqliteStore(join(folder, 'journal.sqlite'))
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(epoch: number, facts: readonly Fact[], also: Record<string, string> = {}): void {
  const entries = facts.map((fact, index) => {
    const bytes = encodeEntry({ till: till ?? '', epoch, n: index + 1 }, 1_800_000_000_000, fact)
    return { epoch, n: index + 1, bytes, hash: new Uint8Array(32) }
  })
  store.commit({ entries, put: also })
}
const find = (key = '') => searchJournal(join(folder, 'journal.sqlite'), till ?? '', key)
const kinds = (key?: string) => find(key).entries.map(({ entry }) => entry.kind)

describe('a journal is searched beside a core that holds it', () => {
  test.each([payment, refundId, 'R-1', 'R-2'])('for %o, and all that belongs to its payment is found', (key) => {
    write(1, [intended(), intended(other), captured(), captured(other, 'R-9'), refunded])
    expect(kinds(key)).toEqual(['payment.intended', 'payment.captured', 'payment.refunded'])
    expect(find(key).payments).toEqual([payment])
  })

  test.each(['SN-1', 'L0725'])('for the number %s of a piece or a batch, and all that belongs to its payment is found', (key) => {
    const piece = { gtin: '9520000000011', name: 'Drill', quantity: 1, unitMinor: 50, taxPpm: 0, totalMinor: 50 }
    const lines = [
      { ...piece, serials: ['SN-1'] },
      { ...piece, batch: 'L0725' },
    ]
    const sold: Fact = {
      kind: 'sale.completed',
      body: {
        saleId: saleId ?? '',
        receiptNumber: 'R-1',
        currency: 'EUR',
        lines,
        taxes: [{ ratePpm: 0, netMinor: 100, taxMinor: 0 }],
        totalMinor: 100,
        payments: [{ paymentId: payment ?? '', amountMinor: 100 }],
      },
    }
    write(1, [intended(), captured(), sold, intended(other)])
    expect(kinds(key)).toEqual(['payment.intended', 'payment.captured', 'sale.completed'])
    expect(kinds('SN-10')).toEqual([])
  })

  test('for what is nowhere in it', () => {
    write(1, [intended()])
    for (const key of ['R-7', other, 'SP1:X', 'EUR', '%', '']) expect(kinds(key)).toEqual([])
  })

  test('for what was salvaged from an earlier epoch, where it lies now', () => {
    const inner = encodeEntry({ till: till ?? '', epoch: 1, n: 7 }, 1_800_000_000_000, captured())
    write(2, [{ kind: 'entry.salvaged', body: { epoch: 1, n: 7, bytes: base64url(inner) } }])
    expect(find('R-1').entries).toMatchObject([{ place: { epoch: 2, n: 1 }, entry: { kind: 'payment.captured', epoch: 1, n: 7 } }])
  })

  test('and says what the hub had acknowledged', () => {
    expect(find(payment)).toMatchObject({ entries: [], received: { epoch: 0, n: 0 }, safe: { epoch: 0, n: 0 } })
    write(1, [intended()], { outbox: JSON.stringify({ received: { epoch: 1, n: 1 }, safe: { epoch: 1, n: 0 } }) })
    expect(find(payment)).toMatchObject({ received: { epoch: 1, n: 1 }, safe: { epoch: 1, n: 0 } })
  })
})
