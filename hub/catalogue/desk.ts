import { z } from 'zod'
import { chunksOf, heldIn, type Chunk } from './chunks.ts'
import { editProduct, findProducts, removeProduct, type Edited } from './editing.ts'
import { importCsv } from './import.ts'
import type { HubKeys } from '../keys.ts'
import type { Shop } from '../shop.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { CatalogueChange, CataloguePreview, CatalogueState, ProductEdited, ProductsFound, ProductText } from '#protocol/hub-api/catalogue.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import type { Clock } from '#protocol/time.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import { encodeSigned, MAX_PRODUCTS, productSchema } from '#protocol/hub/messages.ts'

/** Where a hub keeps what it serves. Without one it forgets imports when it ends. */
export type CatalogueFile = {
  read(): string | undefined
  /** Durable when it returns. */
  write(text: string): void
}

export type CatalogueDeskPorts = {
  readonly crypto: Crypto
  readonly clock: Pick<Clock, 'now'>
  readonly keys: HubKeys
  readonly shop: Shop
  readonly file?: CatalogueFile | undefined
  /** A new version is there. */
  changed(): void
}

/** What tills sell, as this hub serves it. */
export interface CatalogueDesk {
  /** The signed catalogue, to be retained for every till. */
  signed(): Uint8Array
  /** A part of it, by its hash. */
  chunk(hash: string): Uint8Array | undefined
  state(): CatalogueState
  preview(csv: Uint8Array): CataloguePreview
  /** A new version, unless a row is bad. Throws when it cannot be kept. */
  apply(csv: Uint8Array, by?: string): CataloguePreview
  find(query: string): ProductsFound
  /** A new version, in which one product is new or another (`before`: as the person saw it), unless something is bad. Throws when it cannot be kept. */
  edit(wanted: ProductText, before: ProductText | undefined, by?: string): ProductEdited
  remove(gtin: string, before: ProductText, by?: string): ProductEdited
  /** Who changed what, the newest first. */
  changes(): readonly CatalogueChange[]
  /** A new version, with other people. Throws when it cannot be kept. */
  staffed(staff: readonly StaffMember[]): void
}

/** `content`: the hash of all that was signed as `version`. `products`: imported, in place of the shop's own. */
const keptSchema = z.strictObject({
  v: z.literal(1),
  version: z.int().positive(),
  content: z.string(),
  products: z.array(productSchema).max(MAX_PRODUCTS).optional(),
  /** Who changed what, the oldest first. */
  changes: z
    .array(
      z.strictObject({
        version: z.int().positive(),
        at: epochMs,
        by: z.string(),
        what: z.enum(['file', 'product']),
        added: z.int(),
        changed: z.int(),
        gone: z.int(),
        items: z.array(
          z.strictObject({ gtin: z.string(), name: z.string(), fields: z.array(z.strictObject({ field: z.string(), before: z.string(), after: z.string() })) }),
        ),
      }),
    )
    .optional(),
})
type Kept = z.infer<typeof keptSchema>
/** So many of them are kept, and of a file so many products. */
const MAX_CHANGES = 300
const MAX_ITEMS = 50
/** Who acts where nobody can sign in. */
const OPERATOR = 'operator'
type Served = { readonly shop: Shop; readonly chunks: readonly Chunk[] }

/**
 * Tills take a catalogue by its version alone, so whatever changes in it, by import or in the shop's file, gets a higher one than any that was served
 * before: `Shop.catalogueVersion` is where they begin.
 */
export function createCatalogueDesk({ crypto, clock, keys, shop, file, changed }: CatalogueDeskPorts): CatalogueDesk {
  const text = file?.read()
  let kept: Kept | undefined = text === undefined ? undefined : keptSchema.parse(JSON.parse(text))
  let served = serve({ ...shop, ...(kept?.products && { products: kept.products }) })
  let signed: { readonly keyId: string; readonly version: number; readonly bytes: Uint8Array } | undefined

  /** With its version, which is kept before any till hears of it. */
  function serve(wanted: Shop, done?: Omit<CatalogueChange, 'version' | 'at'>): Served {
    const chunks = chunksOf(crypto, wanted.products)
    const { policy: _, catalogueVersion, products, ...others } = wanted
    const content = hex(crypto.sha256(utf8(JSON.stringify({ ...others, ...heldIn(products, chunks) }))))
    const isSame = kept?.content === content
    const version = kept === undefined ? catalogueVersion : Math.max(isSame ? kept.version : kept.version + 1, catalogueVersion)
    if (!isSame || version !== kept?.version) {
      const next: Kept = {
        v: 1,
        version,
        content,
        ...(products === shop.products ? {} : { products: [...products] }),
        ...changesWith(version, isSame ? undefined : done),
      }
      file?.write(`${JSON.stringify(next)}\n`)
      kept = next
    }
    return { shop: { ...wanted, catalogueVersion: version }, chunks }
  }

  /** In the file that they changed, so that neither is there without the other. */
  function changesWith(version: number, done: Omit<CatalogueChange, 'version' | 'at'> | undefined): Pick<Kept, 'changes'> {
    const before = kept?.changes ?? []
    if (done === undefined) return before.length === 0 ? {} : { changes: before }
    const items = done.items.slice(0, MAX_ITEMS).map(({ gtin, name, fields }) => ({ gtin, name, fields: [...fields] }))
    return { changes: [...before, { version, at: clock.now(), ...done, items }].slice(-MAX_CHANGES) }
  }
  /** One product more, one less, or another in its place. */
  function take({ products, bad, items }: Edited, by: string): ProductEdited {
    if (bad.length > 0) return { bad }
    const more = products.length - served.shop.products.length
    const counts = { added: Math.max(0, more), gone: Math.max(0, -more), changed: more === 0 ? 1 : 0 }
    served = serve({ ...served.shop, products: [...products] }, { by, what: 'product', ...counts, items })
    changed()
    return { bad, applied: served.shop.catalogueVersion }
  }

  const read = (csv: Uint8Array) => importCsv(csv, served.shop.products, shop.currency)

  return {
    signed() {
      const signer = keys.signer('policy')
      const { policy: _, catalogueVersion: version, products, ...others } = served.shop
      const keyId = hex(signer.keyId)
      if (signed?.keyId !== keyId || signed.version !== version) {
        const bytes = encodeSigned(signer, signedTypes.catalogue, { v: 1, version, ...others, ...heldIn(products, served.chunks) })
        signed = { keyId, version, bytes }
      }
      return signed.bytes
    },
    chunk: (hash) => served.chunks.find((chunk) => chunk.hash === hash)?.bytes,
    state() {
      const counts = new Map<string, number>()
      for (const { category } of served.shop.products) counts.set(category, (counts.get(category) ?? 0) + 1)
      return {
        version: served.shop.catalogueVersion,
        currency: shop.currency,
        products: served.shop.products.length,
        categories: [...counts].map(([name, products]) => ({ name, products })),
      }
    },
    preview: (csv) => read(csv).preview,
    apply(csv, by = OPERATOR) {
      const { products, preview } = read(csv)
      if (preview.bad > 0) return preview
      const { added, changed: others, gone, examples } = preview
      const items = [...examples.changed, ...[...examples.added, ...examples.gone].map((named) => ({ ...named, fields: [] }))]
      served = serve({ ...served.shop, products: [...products] }, { by, what: 'file', added, changed: others, gone, items })
      changed()
      return { ...preview, applied: served.shop.catalogueVersion }
    },
    find: (query) => findProducts(served.shop.products, query, shop.currency),
    edit: (wanted, before, by = OPERATOR) => take(editProduct(served.shop.products, wanted, before, shop.currency), by),
    remove: (gtin, before, by = OPERATOR) => take(removeProduct(served.shop.products, gtin, before, shop.currency), by),
    changes: () => (kept?.changes ?? []).toReversed(),
    staffed(staff) {
      const { staff: _, ...others } = served.shop
      served = serve({ ...others, ...(staff.length === 0 ? {} : { staff: [...staff] }) })
      changed()
    },
  }
}
