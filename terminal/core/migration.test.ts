import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SECOND } from '#protocol/time.ts'
import { openSqliteReader } from './store-sqlite.ts'
import { openTestTill, TILL } from './test-till.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { verifyJournal } from './journal-tools.ts'

/**
 * `fixtures/journal-v1.sqlite` was written by version 0.1.0: seven payments, of which the hub has settled the first two and has received all but the last entry;
 * the last payment was intended and never decided.
 */
function released(version: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'till-released-'))
  copyFileSync(join(import.meta.dirname, `fixtures/journal-v${version}.sqlite`), join(folder, 'journal.sqlite'))
  return folder
}

test('a journal of version 1 opens with every payment, what was at risk still at risk, and older sales to be refunded', () => {
  const t = openTestTill({ folder: released(1) })
  const { link, sold } = t.view()
  expect(link.waiting).toMatchObject({ payments: 2, amountMinor: 6000 })
  expect(sold.map(({ receiptNumber, totalMinor }) => [receiptNumber, totalMinor])).toEqual([
    ['0000AA-1-000005', 2000],
    ['0000AA-1-000004', 4000],
    ['0000AA-1-000003', 1000],
    ['0000AA-1-000002', 2000],
    ['0000AA-1-000001', 1000],
  ])
  t.till.connected()
  t.till.received('ack', t.ack(t.head(), { hubTime: 1_790_000_100_000 }))
  t.time.advance(SECOND)
  expect(t.view().link.waiting).toMatchObject({ payments: 0, amountMinor: 0 })
  expect(t.chainIsWhole()).toBe(true)
  t.close()
})

test('it opens as often as it is opened, and reads the same', () => {
  const folder = released(1)
  const first = openTestTill({ folder })
  const seen = { sold: first.view().sold, waiting: first.view().link.waiting.payments }
  first.close()
  const again = openTestTill({ folder })
  expect({ sold: again.view().sold, waiting: again.view().link.waiting.payments }).toEqual(seen)
  again.close()
})

test('a journal of version 1 is read, verified and backed up as it is', () => {
  const folder = released(1)
  const reader = openSqliteReader(join(folder, 'journal.sqlite'))
  const owner = { till: TILL, signer: signerFromSeed(new Uint8Array(32).fill(5)) }
  expect(verifyJournal(owner, reader)).toEqual({ entries: 24, good: { epoch: 1, n: 24 }, checkpoint: 'none' })
  reader.backup(join(folder, 'copy.sqlite'))
  reader.close()
  const copy = openSqliteReader(join(folder, 'copy.sqlite'))
  expect(copy.head()).toMatchObject({ epoch: 1, n: 24 })
  copy.close()
})
