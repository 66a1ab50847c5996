import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { MAX_CHUNK_BYTES, type Catalogue, type Product } from '#protocol/hub/messages.ts'

export type Chunk = { readonly hash: string; readonly products: number; readonly bytes: Uint8Array }

/** Up to here a catalogue has its products with it: one message instead of two and more. */
const INLINE_BYTES = 256 * 1024
/** About one product in so many ends a chunk. */
const PRODUCTS_PER_CHUNK = 512

const encoded = (products: readonly Product[]): Uint8Array => utf8(JSON.stringify({ v: 1, products }))

/**
 * The parts of a catalogue that are hashed for themselves; none for a small one, which needs none. Where one ends depends on the product that ends it and not on
 * how many are before: after a product has come or gone, all chunks but one or two are the same as before, and tills have them.
 */
export function chunksOf(crypto: Pick<Crypto, 'sha256'>, products: readonly Product[]): readonly Chunk[] {
  if (encoded(products).length <= INLINE_BYTES) return []
  const chunks: Chunk[] = []
  let part: Product[] = []
  let bytes = 0
  const end = (): void => {
    if (part.length === 0) return
    const content = encoded(part)
    chunks.push({ hash: hex(crypto.sha256(content)), products: part.length, bytes: content })
    part = []
    bytes = 0
  }
  for (const product of products) {
    const size = utf8(JSON.stringify(product)).length + 1
    // Room for what stands around the products.
    if (bytes + size > MAX_CHUNK_BYTES - 100) end()
    part.push(product)
    bytes += size
    const [first = 0, second = 0] = crypto.sha256(utf8(product.gtin))
    if ((first * 256 + second) % PRODUCTS_PER_CHUNK === 0) end()
  }
  end()
  return chunks
}

/** How the signed catalogue has its products. */
export const heldIn = (products: readonly Product[], chunks: readonly Chunk[]): Pick<Catalogue, 'products' | 'chunks'> =>
  chunks.length === 0 ? { products: [...products] } : { products: [], chunks: chunks.map(({ hash, products: count }) => ({ hash, products: count })) }
