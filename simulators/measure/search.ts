import Database from 'better-sqlite3'
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { chunksOf, heldIn } from '../../hub/catalogue/chunks.ts'
import { CATALOGUE, onlineTill } from '../../terminal/core/test-till.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Product } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { Random } from '../world/random.ts'
import { percentile, rounded } from './percentile.ts'

const PRODUCTS = 50_000
const SEARCHES = 4000

export const searchHelp = `search                   what somebody types, letter by letter, in a till's core with 50,000 products, half of them with Chinese names too: from the
                         command to the answer. Its floor is one read of one row by its key from SQLite.`

const LATIN =
  'apple bread cola milk water rice noodle pan soap lamp green sweet salted roasted fresh organic large small family pack bottle tin dark white honey ginger lemon mango berry oat rye spelt tofu bean pepper chili garlic onion crisp cream yoghurt butter cheese ham trout shrimp tea coffee juice syrup'.split(
    ' ',
  )
const HAN: readonly (readonly [string, string])[] = [
  ['可', 'ke'],
  ['口', 'kou'],
  ['乐', 'le'],
  ['茶', 'cha'],
  ['绿', 'lv'],
  ['水', 'shui'],
  ['果', 'guo'],
  ['苹', 'ping'],
  ['香', 'xiang'],
  ['蕉', 'jiao'],
  ['牛', 'niu'],
  ['奶', 'nai'],
  ['面', 'mian'],
  ['包', 'bao'],
  ['米', 'mi'],
  ['饭', 'fan'],
  ['红', 'hong'],
  ['豆', 'dou'],
  ['花', 'hua'],
  ['生', 'sheng'],
]

/** How long a search takes, and how long a till is busy with a new catalogue of that size. */
export function search(scratch: string): Record<string, number> {
  const random = new Random('search')
  const products = Array.from({ length: PRODUCTS }, (_, at) => inventProduct(random, at))
  const till = onlineTill()
  const chunks = chunksOf(nodeCrypto, products)
  const catalogue = { ...CATALOGUE, version: 2, ...heldIn(products, chunks) }
  const takes = [
    timed(() => till.till.received('catalogue', encodeSigned(till.keys.policy, signedTypes.catalogue, catalogue))),
    ...chunks.map(({ bytes }) => timed(() => till.till.received('chunk', bytes))),
  ]
  const prepares = chunks.map(() => timed(() => till.time.advance(500)))
  const texts = Array.from({ length: 200 }, () => typedFor(random, products)).flatMap((text) => [...text].map((_, at, all) => all.slice(0, at + 1).join('')))
  for (const text of texts.slice(0, 500)) till.till.command({ type: 'search', text })
  const times: number[] = []
  let found = 0
  for (let at = 0; at < SEARCHES; at++) {
    const text = texts[at % texts.length] ?? ''
    times.push(timed(() => till.till.command({ type: 'search', text })))
    found += till.found()?.products.length ?? 0
  }
  const began = performance.now()
  const again = till.reopen()
  const restart = performance.now() - began
  again.close()
  const floors = pointReads(scratch, products)
  return {
    products: PRODUCTS,
    searches: SEARCHES,
    found_mean: rounded(found / SEARCHES, 1),
    search_p50_ms: rounded(percentile(times, 0.5)),
    search_p99_ms: rounded(percentile(times, 0.99)),
    search_worst_ms: rounded(Math.max(...times)),
    floor_p50_ms: rounded(percentile(floors, 0.5), 4),
    floor_p99_ms: rounded(percentile(floors, 0.99), 4),
    catalogue_chunks: chunks.length,
    restart_ms: rounded(restart, 0),
    chunk_worst_ms: rounded(Math.max(...takes), 1),
    prepare_worst_ms: rounded(Math.max(...prepares), 1),
  }
}

/** Half of them have a Chinese name too. */
export function inventProduct(random: Random, at: number): Product {
  const han = at % 2 === 0 ? [] : Array.from({ length: random.between(3, 6) }, () => random.pick(HAN))
  return {
    gtin: String(9_520_000_000_000 + at),
    name: `${random.pick(LATIN)} ${random.pick(LATIN)} ${random.pick(LATIN)} ${random.between(10, 900)} g`,
    category: `Shelf ${at % 40}`,
    priceMinor: random.between(50, 5000),
    taxPpm: 190_000,
    symbol: '?',
    ...(han.length === 0 ? {} : { secondName: han.map(([sign]) => sign).join(''), reading: han.map(([, syllable]) => syllable).join(' ') }),
  }
}

/** What a cashier looks for: a word or two of a name, two Chinese characters, pinyin, initials, a number. */
export function typedFor(random: Random, products: readonly Product[]): string {
  const { name, secondName, reading, gtin } = random.pick(products)
  const [first = '', second = ''] = name.split(' ')
  const syllables = reading?.split(' ') ?? []
  const ways = [first, `${first} ${second}`, gtin.slice(0, 12)]
  if (secondName !== undefined) ways.push(secondName.slice(1, 3), syllables.slice(1).join(''), syllables.map((syllable) => syllable.charAt(0)).join(''))
  return random.pick(ways)
}

function pointReads(scratch: string, products: readonly Product[]): number[] {
  mkdirSync(scratch, { recursive: true })
  const db = new Database(join(scratch, 'products.sqlite'))
  db.exec('create table product (gtin text primary key, body text) without rowid')
  const insert = db.prepare('insert into product values (?, ?)')
  db.transaction(() => {
    for (const one of products) insert.run(one.gtin, JSON.stringify(one))
  })()
  const read = db.prepare('select body from product where gtin = ?')
  const times = products.slice(0, SEARCHES).map(({ gtin }) => timed(() => void read.get(gtin)))
  db.close()
  return times
}

function timed(run: () => void): number {
  const began = performance.now()
  run()
  return performance.now() - began
}
