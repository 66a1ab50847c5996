import { z } from 'zod'
import type { HubKeys } from './keys.ts'
import type { Shop } from './shop.ts'
import type { HubStore } from './store/hub-store.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, lanesSchema } from '#protocol/hub/messages.ts'

/** Which machine of the store is its edge (`hub/edge-cli.ts` writes it). Another one, or none any more, is a higher version. */
export const edgeFile = z.strictObject({ version: z.int().positive(), edge: lanesSchema.shape.edge })
export type EdgeFile = z.infer<typeof edgeFile>

/** What each till is told of the others of its store: `sp.lanes`. */
export interface LanesDesk {
  /** Reads anew which tills there are. Answers whether something else is signed now. */
  refresh(edge?: EdgeFile): Promise<boolean>
  /** Undefined before the first `refresh`. */
  signed(): Uint8Array | undefined
}

/**
 * Nothing here needs a counter of its own: a till's row has a version that grows with its enrolment, a new one and its revocation, and rows stay for ever, so their
 * sum with that of the edge's file grows with everything that the document says.
 */
export function createLanesDesk({ store, keys, shop }: { readonly store: HubStore; readonly keys: HubKeys; readonly shop: Shop }): LanesDesk {
  let configured: EdgeFile | undefined
  let newest: { readonly text: string; readonly bytes: Uint8Array } | undefined
  return {
    async refresh(edge) {
      configured = edge ?? configured
      const rows = await store.tills()
      const tills = rows.flatMap(({ id, name, publicKey, revokedAt }) =>
        publicKey === undefined || revokedAt !== undefined ? [] : [{ till: id, name, publicKey }],
      )
      const version = 1 + (configured?.version ?? 0) + rows.reduce((sum, row) => sum + row.version, 0)
      const settings = { v: 1, version, store: shop.store.id, tills, ...(configured?.edge && { edge: configured.edge }) } as const
      const text = JSON.stringify(settings)
      if (text === newest?.text) return false
      newest = { text, bytes: encodeSigned(keys.signer('policy'), signedTypes.lanes, settings) }
      return true
    },
    signed: () => newest?.bytes,
  }
}
