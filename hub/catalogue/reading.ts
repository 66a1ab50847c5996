import { createRequire } from 'node:module'
import type { pinyin } from 'pinyin-pro'

const HAN_RUN = /\p{Script=Han}+/gu
const MAX_READING = 400

let known: typeof pinyin | undefined

/** Its dictionary takes a tenth of a second and 15 MB, which only a shop with Chinese names should pay. */
function dictionary(): typeof pinyin {
  known ??= (createRequire(import.meta.url)('pinyin-pro') as { readonly pinyin: typeof pinyin }).pinyin
  return known
}

/**
 * How the Han characters in these names are typed, as `Product.reading` has it: `可口可乐` is `ke kou ke le`, `绿` is `lv`. Of characters with several readings the
 * one that its dictionary of words has; a shop that says otherwise writes it into the file. Undefined without any, and where it would be too long.
 */
export function readingOf(names: readonly string[]): string | undefined {
  const runs = names.flatMap((name) => name.match(HAN_RUN) ?? [])
  if (runs.length === 0) return undefined
  const reading = runs.map((run) =>
    dictionary()(run, { toneType: 'none', v: true, type: 'array' })
      .filter((syllable) => /^[a-z]+$/.test(syllable))
      .join(' '),
  )
  const text = reading.filter((syllables) => syllables !== '').join(', ')
  return text === '' || text.length > MAX_READING ? undefined : text
}
