import type { DocumentRow } from './documents.ts'
import type { HubStore } from './hub-store.ts'

export type Every = {
  /** The id behind which it begins; absent: at the first, or with `newestFirst` at the last. */
  readonly after?: string | undefined
  readonly newestFirst?: boolean
  /** So many are read at once. */
  readonly page?: number
}

/** Every document whose id begins so, in the order of ids, read as they are asked for: whoever has enough leaves the loop. */
export async function* everyDocument(
  store: Pick<HubStore, 'documents'>,
  prefix: string,
  { after, newestFirst, page = 500 }: Every = {},
): AsyncGenerator<DocumentRow> {
  for (let behind = after; ;) {
    const rows = await store.documents({ prefix, after: behind, limit: page, ...(newestFirst === true && { newestFirst }) })
    yield* rows
    behind = rows.at(-1)?.id
    if (rows.length < page) return
  }
}
