import { z } from 'zod'
import type { ApiSecrets } from './secrets.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

export const MAX_PAGE = 200
const DEFAULT_PAGE = 50

/** Of everything that is listed. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE).meta({ description: 'At most so many.' }),
  cursor: z.string().max(500).optional().meta({ description: '`next` of the page before, as it was.' }),
})

export const pageOf = <I extends z.ZodType>(item: I) =>
  z.object({ items: z.array(item), next: z.string().optional().meta({ description: 'The cursor of the next page; missing on the last one.' }) })

/**
 * Pages name where they ended and not how many came before, so what is added meanwhile moves nothing. Signed, and bound to the list (`use`):
 * a cursor of another merchant or made up opens nothing.
 */
export function pager(secrets: Pick<ApiSecrets, 'seal' | 'open'>) {
  return {
    /** Where to begin; undefined at the front. */
    begin(use: string, cursor: string | undefined): Outcome<string | undefined, 'wire.malformed'> {
      if (cursor === undefined) return ok(undefined)
      const place = secrets.open(`cursor ${use}`, cursor)
      return place === undefined ? fail('wire.malformed', 'this cursor is not of this list') : ok(place)
    },
    /** `found` has one more than `limit` where there is a next page. */
    end<R, V>(use: string, found: readonly R[], limit: number, placeOf: (row: R) => string, show: (row: R) => V): { items: V[]; next?: string } {
      const items = found.slice(0, limit)
      const last = items.at(-1)
      const more = found.length > limit && last !== undefined
      return { items: items.map(show), ...(more && { next: secrets.seal(`cursor ${use}`, placeOf(last)) }) }
    },
  }
}
export type Pager = ReturnType<typeof pager>
