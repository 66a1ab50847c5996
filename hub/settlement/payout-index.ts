import { payoutDocument, readPayout, type Payout, type PayoutState } from './payout.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Changes, HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'

/** Where payouts are found without reading all of them: by their state, and by whose they are. Rows of the commit that changes the payout, with nothing in them. */
export type PayoutRange = {
  readonly state?: PayoutState | undefined
  readonly merchant?: Id | undefined
  readonly after?: Id | undefined
  readonly limit: number
}

const PAGE = 200
/** Exists once payouts that are older than the index are in it. */
const BUILT = 'payout-index'
const inState = (state: PayoutState): string => `payout-in/${state}/`
const ofMerchant = (merchant: Id): string => `payout-of/${merchant}/`
const entry = (id: string): DocumentRow => ({ id, version: 0, dueAt: undefined, body: '0' })

/** Of a payout that is new. */
export const indexRows = ({ payoutId, merchant, state }: Pick<Payout, 'payoutId' | 'merchant' | 'state'>): readonly DocumentRow[] => [
  entry(`${inState(state)}${payoutId}`),
  entry(`${ofMerchant(merchant)}${payoutId}`),
]

/** The same changes, and that the payout is found where it is by now. `before`: its state until now. */
export async function indexed(
  store: Pick<HubStore, 'get'>,
  changes: Changes,
  { payoutId, merchant, state }: Payout,
  before: PayoutState | undefined,
): Promise<Changes> {
  const rows = indexRows({ payoutId, merchant, state })
  const old = before === undefined || before === state ? [] : [`${inState(before)}${payoutId}`]
  const there = await store.get('documents', [...rows.map(({ id }) => id), ...old])
  const missing = rows.filter(({ id }) => !there.some((row) => row.id === id))
  return {
    ...changes,
    documents: [...(changes.documents ?? []), ...missing],
    documentsGone: [...(changes.documentsGone ?? []), ...there.filter(({ id }) => old.includes(id))],
  }
}

/** The newest first, behind `after`. */
export async function listPayouts(store: Pick<HubStore, 'get' | 'documents'>, { state, merchant, after, limit }: PayoutRange): Promise<readonly Payout[]> {
  const prefix = merchant !== undefined ? ofMerchant(merchant) : state !== undefined ? inState(state) : 'payout/'
  const found: Payout[] = []
  let behind = after
  while (found.length < limit) {
    const rows = await store.documents({ prefix, after: behind && `${prefix}${behind}`, limit: PAGE, newestFirst: true })
    const ids = rows.map(({ id }) => id.slice(prefix.length))
    const bodies = new Map((prefix === 'payout/' ? rows : await store.get('documents', ids.map(payoutDocument))).map((row) => [row.id, row]))
    for (const id of ids) {
      const row = bodies.get(payoutDocument(id))
      const payout = row && readPayout(row)
      // It may have moved on since the index was read.
      if (payout !== undefined && (state === undefined || payout.state === state)) found.push(payout)
    }
    behind = ids.at(-1)
    if (rows.length < PAGE) break
  }
  return found.slice(0, limit)
}

/** Of a hub from before there was an index, once. A hub that is killed on the way begins anew. */
export async function buildPayoutIndex(store: HubStore): Promise<void> {
  if ((await store.get('documents', [BUILT])).length > 0) return
  let behind: string | undefined
  for (let isWhole = false; !isWhole;) {
    const rows = await store.documents({ prefix: 'payout/', after: behind, limit: PAGE })
    const wanted = rows.flatMap((row) => indexRows(readPayout(row)))
    const there = new Set(
      (
        await store.get(
          'documents',
          wanted.map(({ id }) => id),
        )
      ).map(({ id }) => id),
    )
    isWhole = rows.length < PAGE
    const committed = await store.commit({ documents: [...wanted.filter(({ id }) => !there.has(id)), ...(isWhole ? [entry(BUILT)] : [])] })
    invariant(committed === 'done', 'a hub that starts has room for its index')
    behind = rows.at(-1)?.id
  }
}
