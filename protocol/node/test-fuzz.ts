import fc from 'fast-check'
import { utf8 } from '../bytes.ts'

/**
 * For the fuzz tests of every folder: whatever arrives, a decoder answers; it does not throw, hang, or take memory that the input does not justify.
 * `FUZZ=20 npx vitest run --project unit fuzz` tries twenty times as many inputs.
 */
export type Decoder = {
  /** Gets any bytes, and must not throw. A promise is awaited and must not be rejected. */
  readonly take: (input: Uint8Array) => unknown
  /** Valid inputs, to be mutated: what is nearly right gets deepest. */
  readonly samples: readonly Uint8Array[]
}

const RUNS = 150 * Math.max(1, Number(process.env['FUZZ'] ?? 1))
/** Far above what any input here takes on a slow machine, far below what a person would call hanging. */
const PATIENCE_MS = 10_000
/** What one input of at most a megabyte may cost, with the garbage that a busy collector has not taken away yet. */
const MAX_MEMORY = 512 * 1024 * 1024

const flip = fc.tuple(fc.constant('flip' as const), fc.nat(), fc.integer({ min: 1, max: 255 }))
const cut = fc.tuple(fc.constant('cut' as const), fc.nat(), fc.nat({ max: 40 }))
const insert = fc.tuple(fc.constant('insert' as const), fc.nat(), fc.uint8Array({ maxLength: 40 }))
const double = fc.tuple(fc.constant('double' as const), fc.nat(), fc.integer({ min: 2, max: 9 }))
/** Lengths and numbers at which formats break: 2^32 - 1, 2^53, 2^64 - 1 in CBOR, and digits of JSON. */
const huge = fc.tuple(
  fc.constant('huge' as const),
  fc.nat(),
  fc.constantFrom(
    '9bffffffffffffffff',
    '5bffffffffffffffff',
    'bb7fffffffffffffff',
    '1b0020000000000000',
    '5affffffff',
    'f97e00',
    '39393939393939393939393939393939393939',
  ),
)
const mutation = fc.oneof(flip, cut, insert, double, huge)
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never

function mutate(bytes: Uint8Array, [kind, place, what]: Mutation): Uint8Array {
  const at = bytes.length === 0 ? 0 : place % bytes.length
  const put = (middle: Uint8Array, skip: number): Uint8Array => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + skip)])
  if (kind === 'flip') return put(Uint8Array.of((bytes[at] ?? 0) ^ what), 1)
  if (kind === 'cut') return put(new Uint8Array(0), what)
  if (kind === 'insert') return put(what, 0)
  if (kind === 'double') return put(Buffer.concat(Array.from({ length: what }, () => bytes.subarray(at, at + 64))), 64)
  const number = Buffer.from(what, 'hex')
  return put(number, number.length)
}

/** What no generator finds by itself. */
const hostile: readonly Uint8Array[] = [
  new Uint8Array(0),
  new Uint8Array(1_000_000),
  new Uint8Array(1_000_000).fill(0xff),
  // Arrays in arrays: CBOR and JSON.
  new Uint8Array(1_000_000).fill(0x81),
  new Uint8Array(1_000_000).fill(0xa1),
  utf8('['.repeat(500_000)),
  utf8('{"a":'.repeat(200_000)),
  utf8(`${'['.repeat(5000)}${']'.repeat(5000)}`),
  utf8(`"${'\\u0000'.repeat(100_000)}"`),
  utf8(`[${'1,'.repeat(400_000)}1]`),
  utf8(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":0`).join()}}`),
  utf8('{"__proto__":{"v":1},"constructor":{"prototype":{"type":"scan"}}}'),
  utf8('{"v":1e999,"n":-0,"type":"\\ud800"}'),
  utf8('9'.repeat(1_000_000)),
  utf8('\n'.repeat(1_000_000)),
  utf8('A'.repeat(1_000_000)),
  utf8(`SP1:${'0'.repeat(999_996)}`),
  // Lengths that nobody has: byte string, text, array and map of 2^32 - 1 and more.
  ...[
    '5affffffff',
    '5bffffffffffffffff',
    '7affffffff',
    '9affffffff',
    '9bffffffffffffffff',
    'baffffffff',
    'bbffffffffffffffff',
    'c2',
    'd8',
    'f7',
    'ff',
    '9f',
    '5f',
  ].map((start) => Buffer.from(start, 'hex')),
]

/** Throws, with what it takes to see it again, when `decoder` does not bear an input. */
export async function expectBears({ take, samples }: Decoder): Promise<void> {
  for (const input of [...hostile, ...samples]) await bear(take, input)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (input) => bear(take, input)),
    { numRuns: RUNS },
  )
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 4 }), (text) => bear(take, utf8(text))),
    { numRuns: RUNS },
  )
  if (samples.length === 0) return
  const mutated = fc.tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 6 }))
  await fc.assert(
    fc.asyncProperty(mutated, ([sample, mutations]) => bear(take, mutations.reduce(mutate, sample))),
    { numRuns: 3 * RUNS },
  )
}

async function bear(take: Decoder['take'], input: Uint8Array): Promise<void> {
  const before = taken()
  const started = performance.now()
  await take(input)
  const patience = performance.now() - started
  if (patience > PATIENCE_MS) throw new Error(`${input.length} bytes took ${Math.round(patience)} ms`)
  if (taken() - before > MAX_MEMORY) throw new Error(`${input.length} bytes took ${taken() - before} bytes of memory`)
}

function taken(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Any text arrives as bytes: those that are no UTF-8 become U+FFFD, as they do for whoever reads a socket. */
export const asText = (take: (text: string) => unknown) => (input: Uint8Array) => take(Buffer.from(input).toString('utf8'))

/** JSON that somebody has parsed; what is none never gets this far. */
export const asJson = (take: (value: unknown) => unknown) =>
  asText((text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return undefined
    }
    return take(value)
  })
