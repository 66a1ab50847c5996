import { hex, utf8, utf8Text } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { packed, readChunk, type Catalogue, type Product } from '#protocol/hub/messages.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { gtin14 } from '../sale/goods.ts'
import { searchProducts, segmentOf, type Segment, type SoldBefore } from './search.ts'
import type { TillStore } from './store.ts'

/** The signed catalogue in use, and one whose chunks are still to come, each exactly as it came. */
const RECORD = { used: 'authority/catalogue', arriving: 'authority/catalogue-arriving' } as const
/** Chunks by their hashes, as text. */
const CHUNK = 'catalogue/'

type Chunk = { readonly products: readonly Product[]; segment: Segment | undefined }
type Arriving = { readonly catalogue: Catalogue; readonly bytes: Uint8Array }

/**
 * What this till sells. A small catalogue has its products with it; a large one names the chunks that they are in, which come one by one, in any order and as often
 * as the network likes. The till sells by the catalogue before until the last of them is on the disk, and from then on by the new one: never by half of it.
 * Chunks that both have are not fetched again.
 */
export class Assortment {
  readonly #crypto: Pick<Crypto, 'sha256'>
  readonly #store: Pick<TillStore, 'records' | 'commit'>
  readonly #chunks = new Map<string, Chunk>()
  #used: Catalogue | undefined
  #arriving: Arriving | undefined
  #inUse: readonly Chunk[] = []
  #products: readonly Product[] = []
  #byGtin: ReadonlyMap<string, Product> = new Map()
  #byPlu: ReadonlyMap<string, Product> = new Map()
  #deposits: readonly Minor[] = []

  constructor(crypto: Pick<Crypto, 'sha256'>, store: Pick<TillStore, 'records' | 'commit'>) {
    this.#crypto = crypto
    this.#store = store
  }

  /** In use; its own `products` are not all of them. */
  get catalogue(): Catalogue | undefined {
    return this.#used
  }

  /** The newest that is known, in use or not yet. */
  get newest(): Catalogue | undefined {
    return this.#arriving?.catalogue ?? this.#used
  }

  get products(): readonly Product[] {
    return this.#products
  }

  /** By the 14 digits of its GTIN. */
  product(gtin14: string): Product | undefined {
    return this.#byGtin.get(gtin14)
  }

  productByPlu(plu: string): Product | undefined {
    return this.#byPlu.get(plu)
  }

  /** Rising. */
  get deposits(): readonly Minor[] {
    return this.#deposits
  }

  /** The next chunk that is missing, by its hash. */
  get wanted(): string | undefined {
    return this.#arriving?.catalogue.chunks?.find(({ hash }) => !this.#chunks.has(hash))?.hash
  }

  /** What was kept, in both of its stages. The signatures are the caller's to check. */
  restore(open: (bytes: Uint8Array) => Outcome<Catalogue>): void {
    const kept = this.#store.records('authority/')
    for (const record of [RECORD.used, RECORD.arriving]) {
      const bytes = packed.bytes(kept.get(record) ?? '')
      const catalogue = bytes.length === 0 ? undefined : open(bytes)
      if (!catalogue?.ok) continue
      this.#arriving = { catalogue: catalogue.value, bytes }
      this.#readKept(catalogue.value)
      if (this.wanted === undefined) this.#use(catalogue.value)
    }
  }

  /** A new catalogue of which the caller knows that it is to be believed, as it came. Answers whether it is in use now. Throws StoreError. */
  take(catalogue: Catalogue, bytes: Uint8Array): boolean {
    this.#arriving = { catalogue, bytes }
    if (this.wanted === undefined) {
      this.#apply(this.#arriving)
      return true
    }
    this.#store.commit({ put: { [RECORD.arriving]: packed.text(bytes) } })
    return false
  }

  /** A chunk from the hub, or from whoever can write there: only its hash counts. Answers whether a new catalogue is in use now. Throws StoreError. */
  takeChunk(bytes: Uint8Array): Outcome<boolean> {
    const hash = hex(this.#crypto.sha256(bytes))
    if (this.#arriving?.catalogue.chunks?.some((chunk) => chunk.hash === hash) !== true || this.#chunks.has(hash)) return ok(false)
    const products = readChunk(bytes)
    if (!products.ok) return products
    this.#store.commit({ put: { [CHUNK + hash]: utf8Text(bytes) } })
    this.#chunks.set(hash, { products: products.value, segment: undefined })
    if (this.wanted !== undefined) return ok(false)
    this.#apply(this.#arriving)
    return ok(true)
  }

  /** The products that fit what somebody types, the best of them first, at most `limit`. */
  search(text: string, soldBefore: SoldBefore, limit: number): readonly Product[] {
    return searchProducts(this.#inUse.map(segmented), text, soldBefore, limit)
  }

  /** A little of the work that the first search would have to wait for. To be called by a timer. */
  prepare(): void {
    const next = this.#inUse.find(({ segment }) => segment === undefined)
    if (next !== undefined) segmented(next)
  }

  /** Throws StoreError. */
  #apply({ catalogue, bytes }: Arriving): void {
    const isNeeded = new Set(catalogue.chunks?.map(({ hash }) => hash))
    const kept = [...this.#store.records(CHUNK).keys()].map((record) => record.slice(CHUNK.length))
    const gone = kept.filter((hash) => !isNeeded.has(hash))
    this.#store.commit({ put: { [RECORD.used]: packed.text(bytes) }, remove: [RECORD.arriving, ...gone.map((hash) => CHUNK + hash)] })
    for (const hash of gone) this.#chunks.delete(hash)
    this.#use(catalogue)
  }

  #use(catalogue: Catalogue): void {
    const chunks = catalogue.chunks?.flatMap(({ hash }) => this.#chunks.get(hash) ?? [])
    this.#arriving = undefined
    this.#used = catalogue
    this.#inUse = chunks ?? [{ products: catalogue.products, segment: undefined }]
    this.#products = this.#inUse.flatMap(({ products }) => products)
    this.#byGtin = new Map(this.#products.map((product) => [gtin14(product.gtin), product]))
    this.#deposits = [...new Set(this.#products.flatMap(({ depositMinor }) => depositMinor ?? []))].toSorted((a, b) => a - b)
    this.#byPlu = new Map(this.#products.flatMap((product) => (product.plu === undefined ? [] : [[product.plu, product] as const])))
  }

  /** One that was damaged on the disk is fetched again. */
  #readKept({ chunks = [] }: Catalogue): void {
    if (chunks.every(({ hash }) => this.#chunks.has(hash))) return
    const kept = this.#store.records(CHUNK)
    for (const { hash } of chunks) {
      const bytes = utf8(kept.get(CHUNK + hash) ?? '')
      const products = hex(this.#crypto.sha256(bytes)) === hash ? readChunk(bytes) : fail('wire.malformed')
      if (products.ok) this.#chunks.set(hash, { products: products.value, segment: undefined })
    }
  }
}

function segmented(chunk: Chunk): Segment {
  chunk.segment ??= segmentOf(chunk.products)
  return chunk.segment
}
