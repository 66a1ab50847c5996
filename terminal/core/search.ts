import type { Product } from '#protocol/hub/messages.ts'

/**
 * Search as the cashier types, over all that a till sells. The products' words lie in two long texts, which are looked through from end to end: at 50,000
 * products that takes a few milliseconds and no more memory than the words, and a new chunk of the catalogue costs nothing but its own text. (An index of the
 * same words in SQLite's FTS5 was measured beside it: it is no faster once a query has many results, and takes a file and a build of its own.)
 *
 * A word is found by its beginning. Han, kana and Thai have no spaces between words, so what is written in them is found anywhere: 可乐 in 可口可乐. The same
 * holds for its reading by syllables (`kele`) and by their initials (`kl`), which the catalogue brings along.
 */
export type Segment = {
  readonly products: readonly Product[]
  /** What fits in one byte a sign, and what does not: V8 keeps and searches them so. */
  readonly narrow: Haystack
  readonly wide: Haystack
}

/** The texts of all products of a segment, each begun by `PRODUCT`; `starts` says where. */
type Haystack = { readonly text: string; readonly starts: Uint32Array }

/** How many times a product was sold at this till: by its GTIN, as the catalogue writes it. */
export type SoldBefore = (gtin: string) => number

const PRODUCT = '\n'
/** Begins a name, or a whole reading of one. */
const NAME = '\t'
/** Begins what is no name: category and numbers. */
const REST = '\r'
const WORD = ' '
const [PRODUCT_CODE, NAME_CODE, REST_CODE, WORD_CODE] = [10, 9, 13, 32] as const

const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}`
const RUNS = new RegExp(String.raw`[${SPACELESS}]+|[[\p{L}\p{N}]--[${SPACELESS}]]+`, 'gv')
const IS_SPACELESS = new RegExp(`[${SPACELESS}]`, 'v')
const ASCII = /^[ -~]*$/
const ASCII_RUNS = /[a-z0-9]+/g
const IS_WIDE = /[^ -\u00ff]/
const IS_NUMBER = /^\d+$/

/** Lower case without accents or full width, so that "creme" finds "Crème". Most words are ASCII, for which this is twenty times as fast. */
function wordsOf(text: string): readonly string[] {
  if (ASCII.test(text)) return text.toLowerCase().match(ASCII_RUNS) ?? []
  return text.normalize('NFKD').replace(/\p{M}/gu, '').normalize('NFC').toLowerCase().match(RUNS) ?? []
}

const withoutZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '')

/** Every place at which somebody may begin to type a reading: `kekoukele koukele kele le`, and the same of the initials. */
function readingsOf(reading: string): string {
  return reading
    .split(', ')
    .map((name) => {
      const syllables = name.split(' ')
      const from = (part: (syllable: string) => string) => syllables.map((_, at) => syllables.slice(at).map(part).join(''))
      const [whole = '', ...spoken] = from((syllable) => syllable)
      const [initials = '', ...short] = from((syllable) => syllable.charAt(0))
      return `${NAME}${whole}${NAME}${[initials, ...spoken, ...short].join(WORD)}`
    })
    .join('')
}

function textOf(product: Product, isOurs: (word: string) => boolean, more: string): string {
  const { name, secondName, category } = product
  const words = (text: string): string => wordsOf(text).filter(isOurs).join(WORD)
  return `${PRODUCT}${words(name)}${secondName === undefined ? '' : NAME + words(secondName)}${more}${REST}${words(category)}`
}

function haystack(texts: readonly string[]): Haystack {
  const starts = new Uint32Array(texts.length)
  let at = 0
  for (const [index, text] of texts.entries()) {
    starts[index] = at
    at += text.length
  }
  return { text: texts.join('') + PRODUCT, starts }
}

export function segmentOf(products: readonly Product[]): Segment {
  const narrow = products.map((product) => {
    const { reading, gtin, plu } = product
    const numbers = `${REST}${withoutZeros(gtin)}${plu === undefined ? '' : REST + plu}`
    return textOf(product, (word) => !IS_WIDE.test(word), reading === undefined ? '' : readingsOf(reading)) + numbers
  })
  return { products, narrow: haystack(narrow), wide: haystack(products.map((product) => textOf(product, (word) => IS_WIDE.test(word), ''))) }
}

/** How well a product fits: the fewer the better. */
const fits = { whole: 0, begins: 1, inName: 2, elsewhere: 3 } as const

const MOST_SOLD = 1_000_000
const MOST_PRODUCTS = 100_000

/** A word that is looked for. What depends on it alone is found out once, and not for every product. */
type Word = { readonly text: string; readonly isWide: boolean; readonly isAnywhere: boolean }

function wanted(word: string): Word {
  const text = IS_NUMBER.test(word) && word.length >= 8 ? withoutZeros(word) : word
  return { text, isWide: IS_WIDE.test(text), isAnywhere: IS_SPACELESS.test(text) }
}

/**
 * The products in which every word of `text` is found, at most `limit`: whole names and numbers first, then names that begin with it, then the others; among
 * equals what this till sells more often, then the order of the catalogue. Empty for a text without letters and digits.
 */
export function searchProducts(segments: readonly Segment[], text: string, soldBefore: SoldBefore, limit: number): readonly Product[] {
  // The longest one is in the fewest.
  const [longest, ...others] = wordsOf(text)
    .map(wanted)
    .toSorted((a, b) => b.text.length - a.text.length)
  if (longest === undefined) return []
  const best: { readonly rank: number; readonly product: Product }[] = []
  let order = 0
  for (const segment of segments) {
    lookThrough(segment, longest, others, (product, fit) => {
      const sold = Math.min(soldBefore(product.gtin), MOST_SOLD - 1)
      const rank = (fit * MOST_SOLD + (MOST_SOLD - 1 - sold)) * MOST_PRODUCTS + order++
      // Nearly all of the thousands that one letter finds end here.
      if (best.length === limit && rank > (best.at(-1)?.rank ?? 0)) return
      const place = best.findIndex((other) => other.rank > rank)
      best.splice(place === -1 ? best.length : place, 0, { rank, product })
      if (best.length > limit) best.pop()
    })
  }
  return best.map(({ product }) => product)
}

function lookThrough(segment: Segment, word: Word, others: readonly Word[], found: (product: Product, fit: number) => void): void {
  const { text, starts } = word.isWide ? segment.wide : segment.narrow
  const best = others.length === 0 ? fits.whole : fits.inName
  let index = 0
  for (let at = nextOf(text, word, 0); at !== -1;) {
    let end = starts[index + 1] ?? text.length
    while (end <= at) end = starts[++index + 1] ?? text.length
    const product = segment.products[index]
    if (product !== undefined && others.every((other) => isIn(other.isWide ? segment.wide : segment.narrow, index, other)))
      found(product, Math.max(fitOf(text, at, word.text), best))
    at = nextOf(text, word, end)
  }
}

/** Where `word` is next found from `from` on, as a person means it. -1: nowhere. */
function nextOf(text: string, word: Word, from: number): number {
  for (let at = text.indexOf(word.text, from); at !== -1; at = text.indexOf(word.text, at + 1)) {
    if (word.isAnywhere || text.charCodeAt(at - 1) <= WORD_CODE) return at
  }
  return -1
}

function isIn({ text, starts }: Haystack, index: number, word: Word): boolean {
  return nextOf(text.slice(starts[index] ?? 0, starts[index + 1] ?? text.length), word, 0) !== -1
}

function fitOf(text: string, at: number, word: string): number {
  const isWhole = text.charCodeAt(at + word.length) < WORD_CODE
  let before = at - 1
  while (text.charCodeAt(before) >= WORD_CODE) before--
  const part = text.charCodeAt(before)
  if (part === REST_CODE) return isWhole && before === at - 1 && IS_NUMBER.test(word) ? fits.whole : fits.elsewhere
  if (before !== at - 1) return fits.inName
  return isWhole && (part === NAME_CODE || part === PRODUCT_CODE) ? fits.whole : fits.begins
}
