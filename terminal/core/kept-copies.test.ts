import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { HOUR, SECOND } from '#protocol/time.ts'
import { KeptCopies } from './kept-copies.ts'
import { openSqliteStore } from './store-sqlite.ts'

const [store, from, to] = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002', '0198c0de-0000-7000-8000-000000000003']
const copy = (n: number) => ({ store, from, to, epoch: 1, firstN: n, lastN: n, sealed: utf8(`entry ${n}`) })

it('what the hub could not take before the one ahead of it came is brought as soon as that has come', () => {
  const folder = mkdtempSync(join(tmpdir(), 'copies-'))
  const disk = openSqliteStore(join(folder, 'journal.sqlite'))
  const kept = new KeptCopies(disk, nodeCrypto)
  kept.keep([copy(1), copy(2), copy(3)], 0)
  let now = 0
  // The hub is there, and takes none of them: each is brought ever more rarely.
  for (; now < HOUR; now += SECOND) kept.due(now)
  expect(kept.due(now)).toEqual([])
  kept.brought(hex(nodeCrypto.sha256(utf8('entry 1'))))
  expect(kept.due(now)).toEqual([utf8('entry 2'), utf8('entry 3')])
  expect(kept.due(now)).toEqual([])
  disk.close()
  rmSync(folder, { recursive: true })
})
