import { placeOf } from '../bank/conservation.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Place } from '#protocol/hub-api/conservation.ts'
import type { PlacedPosting, PostingsView } from '#protocol/hub-api/watch.ts'

export type PostingsWanted = {
  /** `held`: open holds, wherever they are. Everything else is what was posted. */
  readonly place?: Place | 'held' | undefined
  readonly currency?: string | undefined
  readonly account?: string | undefined
  readonly before?: number | undefined
}

const PAGE = 50
/** Looked through for one page at most: what is rare is found over several. */
const SLICE = 2_500
const SLICES = 4

/** The postings behind a figure, the newest first. Pages stay as they are while new postings come, since those have higher places. */
export async function postingsBehind(store: HubStore, wanted: PostingsWanted): Promise<PostingsView> {
  const found: PlacedPosting[] = []
  // Nothing was posted behind the largest number there is: this asks for the place of the last one alone.
  let before = wanted.before ?? (await store.summary(Number.MAX_SAFE_INTEGER)).lastPosting + 1
  let searchedTo: number | undefined
  for (let slice = 0; slice < SLICES && before > 1 && found.length < PAGE; slice++) {
    const from = Math.max(0, before - 1 - SLICE)
    const rows = (await store.transfersAfter(from, before - 1 - from)).filter(({ seq }) => seq < before)
    before = from + 1
    for (const row of rows.toReversed()) {
      searchedTo = row.at
      if (!isWanted(row, wanted)) continue
      const { seq, id, kind, debit, credit, amount, currency, at, payment } = row
      found.push({ seq, id, kind, debit, credit, amountMinor: String(amount), currency, at, ...(payment !== undefined && { payment }) })
      if (found.length < PAGE) continue
      before = seq
      break
    }
  }
  return { postings: found, ...(before > 1 && { next: before }), ...(searchedTo !== undefined && { searchedTo }) }
}

type Row = Awaited<ReturnType<HubStore['transfersAfter']>>[number]

function isWanted({ kind, status, debit, credit, currency }: Row, wanted: PostingsWanted): boolean {
  if (wanted.currency !== undefined && wanted.currency !== currency) return false
  if (wanted.account !== undefined && wanted.account !== debit && wanted.account !== credit) return false
  if (wanted.place === 'held') return status === 'open'
  if (kind !== 'single' && kind !== 'post') return false
  return wanted.place === undefined || placeOf(debit) === wanted.place || placeOf(credit) === wanted.place
}
