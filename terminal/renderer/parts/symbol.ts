import type { ProductView } from '#protocol/till-api/api.ts'

/** Soft grounds that the style sheet has for tiles; categories take them in turn. */
export const TINTS = 6

/**
 * First letters of the first two words of a name, or two of its only one: "Espresso beans" is "EB", "Avocado" is "AV". How much is in it
 * says nothing: "Cola, 0.33 l" is "CO".
 */
function initials(name: string): string {
  const all = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const quantity = all.findIndex((word) => /^\p{N}/u.test(word))
  const words = quantity > 0 ? all.slice(0, quantity) : all
  const letters = words.slice(0, 2).map((word) => [...word].slice(0, words.length === 1 ? 2 : 1).join(''))
  return letters.join('').toUpperCase()
}

/** What stands for a product's picture: its symbol, or its initials where the machine has no font that can show the symbol. */
export function symbolOf(product: Pick<ProductView, 'name' | 'symbol'>, canShowEmoji: boolean): { readonly text: string; readonly kind: 'emoji' | 'letters' } {
  const isEmoji = /\p{Extended_Pictographic}/u.test(product.symbol)
  if (isEmoji && canShowEmoji) return { text: product.symbol, kind: 'emoji' }
  return { text: isEmoji || product.symbol === '' ? initials(product.name) : product.symbol, kind: 'letters' }
}

/**
 * Whether this machine has a colour emoji font; many a minimal Linux till has none and would show empty boxes. A missing glyph is
 * drawn in the one colour asked for, an emoji in its own.
 */
export function hasColourEmoji(page: Document): boolean {
  const canvas = page.createElement('canvas')
  canvas.width = 24
  canvas.height = 24
  const context = canvas.getContext('2d')
  if (context === null) return false
  context.font = '16px sans-serif'
  context.fillText('🍎', 2, 18)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  return data.some((value, at) => at % 4 === 0 && (value !== data[at + 1] || value !== data[at + 2]))
}
