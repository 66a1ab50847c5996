import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { makeId } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { Change, StoredEntry } from '../../../terminal/core/store.ts'
import { Random } from '../../world/random.ts'

/** What a till that sells writes, commit by commit: the same seed gives the same bytes, so that who looks at a journal later knows what was in each. */
export type TillCommit = { readonly change: Change; readonly entries: readonly StoredEntry[]; readonly recordsAfter: ReadonlyMap<string, string> }

const NOW = 1_760_000_000_000
const CURRENT = 'sale/current'

/** Commits 1, 2, 3 … for ever, each a whole sale or a step of one. Every now and then one of hundreds of lines, which spills over many pages. */
export function* tillSequence(seed: number): Generator<TillCommit> {
  const till = makeId(NOW, new Random(`till of crash images ${seed}`).bytes(10))
  const records = new Map<string, string>()
  let head = { n: 0, hash: GENESIS }
  for (let commit = 1; ; commit++) {
    const random = new Random(`commit ${commit} of crash images ${seed}`)
    const facts = factsOf(commit, random)
    const entries = facts.map((fact): StoredEntry => {
      const bytes = encodeEntry({ till, epoch: 1, n: head.n + 1 }, NOW + commit, fact)
      head = { n: head.n + 1, hash: chainHash(nodeCrypto, head.hash, bytes) }
      return { epoch: 1, ...head, bytes }
    })
    const put = { [`credential/${random.between(1, 20)}`]: String(commit), [CURRENT]: 'x'.repeat(random.between(10, 900)) }
    const remove = [`credential/${random.between(21, 22)}`, ...(random.chance(0.3) ? [CURRENT] : [])]
    for (const [name, value] of Object.entries(put)) records.set(name, value)
    for (const name of remove) records.delete(name)
    yield { change: { entries, put, remove }, entries, recordsAfter: new Map(records) }
  }
}

function factsOf(commit: number, random: Random): Fact[] {
  if (commit === 1) return [{ kind: 'epoch.opened', body: { reason: 'enrolled' } }]
  const newId = () => makeId(NOW + commit, random.bytes(10))
  const [paymentId, saleId] = [newId(), newId()]
  const lines = Array.from({ length: random.chance(0.1) ? random.between(50, 400) : random.between(1, 6) }, () => ({
    gtin: '9520000000011',
    name: `Goods ${'of a long name '.repeat(random.between(0, 8))}`,
    quantity: 1,
    unitMinor: 100,
    taxPpm: 70_000,
    totalMinor: 100,
  }))
  const totalMinor = lines.length * 100
  const receiptNumber = `R${commit}`
  return [
    {
      kind: 'payment.intended',
      body: { paymentId, saleId, amountMinor: totalMinor, currency: 'EUR', instrument: { type: 'wallet', code: 'C'.repeat(random.between(300, 1500)) } },
    },
    { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
    { kind: 'payment.captured', body: { paymentId, amountMinor: totalMinor, currency: 'EUR', receiptNumber } },
    {
      kind: 'sale.completed',
      body: { saleId, receiptNumber, currency: 'EUR', lines, taxes: [], totalMinor, payments: [{ paymentId, amountMinor: totalMinor }] },
    },
  ]
}

/** The first `count` commits. */
export function firstCommits(seed: number, count: number): TillCommit[] {
  const commits: TillCommit[] = []
  for (const commit of tillSequence(seed)) {
    if (commits.length === count) break
    commits.push(commit)
  }
  return commits
}
