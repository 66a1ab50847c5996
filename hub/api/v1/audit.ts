import { z } from 'zod'
import { everyDocument } from '../../store/every-document.ts'
import type { Changes, Committed, HubStore } from '../../store/hub-store.ts'
import type { DocumentRow } from '../../store/documents.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Clock } from '#protocol/time.ts'

/** Who did or tried what, to what, and what came of it (`done`, or the code of the refusal). Nothing secret, no personal data. */
export type AuditLine = { readonly who: string; readonly merchant: string; readonly action: string; readonly target: string; readonly outcome: string }

const kept = z.strictObject({
  at: z.int(),
  who: z.string(),
  merchant: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  /** Of the line before: SHA-256, hex; of the first one 64 zeros. */
  previous: z.string(),
  /** SHA-256 over the JSON of everything above, in this order, and the line's number. */
  hash: z.string(),
})
export type KeptLine = z.infer<typeof kept> & { readonly n: number }

export interface AuditLog {
  /** The changes and the line about them, as one commit. */
  commit(changes: Changes, line: AuditLine): Promise<Committed>
  /** Newest first, before line `before`, of one merchant. */
  page(merchant: string, before: number, limit: number): Promise<readonly KeptLine[]>
  /** The first line that does not follow from the one before it; undefined when the whole log is as it was written. */
  broken(): Promise<number | undefined>
}

const PREFIX = 'audit/'
const DIGITS = 12
const GENESIS = '0'.repeat(64)
const digits = (n: number): string => String(n).padStart(DIGITS, '0')
const idOf = (n: number): string => `${PREFIX}${digits(n)}`
/** Which lines are a merchant’s: the chain is one for all of them, and nobody reads through the others’ for his own. */
const ofMerchant = (merchant: string): string => `audit-of/${merchant}/`
const numberOf = ({ id }: DocumentRow): number => Number(id.slice(PREFIX.length))
const read = (row: DocumentRow): KeptLine => ({ n: numberOf(row), ...kept.parse(JSON.parse(row.body)) })

/** Lines are chained by their hashes, so that none can be changed or taken out unseen but the last ones. */
export function createAuditLog({
  store,
  clock,
  crypto,
}: {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'sha256'>
}): AuditLog {
  let head: { readonly n: number; readonly hash: string } | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const hashOf = (n: number, line: Omit<KeptLine, 'n' | 'hash'>): string => {
    const { at, who, merchant, action, target, outcome, previous } = line
    return hex(crypto.sha256(utf8(JSON.stringify({ at, who, merchant, action, target, outcome, previous, n }))))
  }
  async function lastLine(): Promise<{ readonly n: number; readonly hash: string }> {
    const [last] = await store.documents({ prefix: PREFIX, limit: 1, newestFirst: true })
    return last === undefined ? { n: 0, hash: GENESIS } : read(last)
  }
  async function append(changes: Changes, line: AuditLine): Promise<Committed> {
    head ??= await lastLine()
    const n = head.n + 1
    const body = { at: clock.now(), ...line, previous: head.hash }
    const hash = hashOf(n, body)
    const row: DocumentRow = { id: idOf(n), version: 0, dueAt: undefined, body: JSON.stringify({ ...body, hash }) }
    const mine: DocumentRow = { id: `${ofMerchant(line.merchant)}${digits(n)}`, version: 0, dueAt: undefined, body: '0' }
    const committed = await store.commit({ ...changes, documents: [...(changes.documents ?? []), row, mine] })
    head = committed === 'done' ? { n, hash } : undefined
    return committed
  }

  return {
    commit(changes, line) {
      // One after the other, or all but one of those who come at once would have to begin anew.
      const mine = turn.then(() => append(changes, line))
      turn = mine.catch(() => undefined)
      return mine
    },
    async page(merchant, before, limit) {
      const prefix = ofMerchant(merchant)
      const found = await store.documents({ prefix, after: `${prefix}${digits(before)}`, limit, newestFirst: true })
      const rows = await store.get(
        'documents',
        found.map(({ id }) => `${PREFIX}${id.slice(prefix.length)}`),
      )
      return rows.map(read).toSorted((one, other) => other.n - one.n)
    },
    async broken() {
      let previous = GENESIS
      let n = 1
      for await (const row of everyDocument(store, PREFIX)) {
        const line = read(row)
        if (line.n !== n || line.previous !== previous || line.hash !== hashOf(n, line)) return n
        previous = line.hash
        n += 1
      }
      return undefined
    },
  }
}
