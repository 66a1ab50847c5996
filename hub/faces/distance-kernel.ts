import { invariant } from '#protocol/outcome.ts'

/**
 * Squared Euclidean distances of one query to many rows of `dimensions` numbers, as a WebAssembly module with SIMD (WebAssembly 2.0, "fixed-width SIMD"), assembled here
 * from its instructions: JavaScript takes eight times as long (21 ms for 100,000), and no package that does this alone is installed.
 *
 * distances(rows: i32 address, count: i32, query: i32 address, out: i32 address)
 */
const uleb = (value: number): readonly number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uleb(value >>> 7)])
const vector = (items: readonly (readonly number[])[]): readonly number[] => [...uleb(items.length), ...items.flat()]
const sized = (bytes: readonly number[]): readonly number[] => [...uleb(bytes.length), ...bytes]
const section = (id: number, bytes: readonly number[]): readonly number[] => [id, ...sized(bytes)]
const text = (name: string): readonly number[] => sized([...new TextEncoder().encode(name)])

const [I32, V128] = [0x7f, 0x7b]
const [BLOCK, LOOP, END, BRANCH, BRANCH_IF, NOTHING] = [0x02, 0x03, 0x0b, 0x0c, 0x0d, 0x40]
const get = (local: number): readonly number[] => [0x20, ...uleb(local)]
const set = (local: number): readonly number[] => [0x21, ...uleb(local)]
const tee = (local: number): readonly number[] => [0x22, ...uleb(local)]
const i32 = (value: number): readonly number[] => {
  // Signed LEB128, for small numbers that are not negative: a set bit 6 would be a sign.
  const bytes = [...uleb(value)]
  return [0x41, ...((bytes.at(-1) ?? 0) & 0x40 ? [...bytes.slice(0, -1), (bytes.at(-1) ?? 0) | 0x80, 0] : bytes)]
}
const [I32_EQZ, I32_ADD, I32_SUB, F32_ADD] = [[0x45], [0x6a], [0x6b], [0x92]]
const F32_STORE = [0x38, 0x02, 0x00]
const simd = (code: number, ...more: readonly number[]): readonly number[] => [0xfd, ...uleb(code), ...more]
const load = (offset: number): readonly number[] => simd(0x00, 4, ...uleb(offset))
const [ADD, SUB, MUL] = [simd(0xe4), simd(0xe5), simd(0xe6)]
const lane = (n: number): readonly number[] => simd(0x1f, n)
const ZERO = simd(0x0c, ...Array.from({ length: 16 }, () => 0))

// Parameters, then locals.
const [rows, count, query, out, sums, difference] = [0, 1, 2, 3, 4, 8]
const SUMS = 4
const LANES = 4

/** Adds the squares of all differences into the four sums, which do not wait for each other. */
const addSquares = (dimensions: number): readonly number[] =>
  Array.from({ length: dimensions / LANES }, (_, i) => {
    const offset = 4 * LANES * i
    const into = sums + (i % SUMS)
    return [get(rows), load(offset), get(query), load(offset), SUB, tee(difference), get(difference), MUL, get(into), ADD, set(into)].flat(2)
  }).flat()

const addedUp: readonly number[] = [
  [get(sums), get(sums + 1), ADD, get(sums + 2), get(sums + 3), ADD, ADD, set(difference)],
  [0, 1, 2, 3].flatMap((n) => [get(difference), lane(n)]),
  [F32_ADD, F32_ADD, F32_ADD],
].flat(2)

const body = (dimensions: number): readonly number[] =>
  [
    [[BLOCK, NOTHING, LOOP, NOTHING]],
    [get(count), I32_EQZ, [BRANCH_IF, 1]],
    Array.from({ length: SUMS }, (_, i) => [...ZERO, ...set(sums + i)]),
    [addSquares(dimensions)],
    [get(out), addedUp, F32_STORE],
    [get(rows), i32(4 * dimensions), I32_ADD, set(rows)],
    [get(out), i32(4), I32_ADD, set(out)],
    [get(count), i32(1), I32_SUB, set(count)],
    [[BRANCH, 0, END, END, END]],
  ].flat(2)

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const moduleBytes = (dimensions: number): Uint8Array =>
  Uint8Array.from(
    [
      MAGIC_AND_VERSION,
      section(1, vector([[0x60, ...vector([[I32], [I32], [I32], [I32]]), 0]])),
      section(2, vector([[...text('faces'), ...text('memory'), 0x02, 0x00, 0x01]])),
      section(3, vector([[0]])),
      section(7, vector([[...text('distances'), 0x00, 0x00]])),
      section(10, vector([sized([...vector([[SUMS + 1, V128]]), ...body(dimensions)])])),
    ].flat(),
  )

export type DistanceKernel = (rows: number, count: number, query: number, out: number) => void

/** The function over `memory`, for rows of so many numbers (a multiple of four). Addresses are in bytes. */
export function distanceKernel(memory: WebAssembly.Memory, dimensions: number): DistanceKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(dimensions)), { faces: { memory } })
  const run = exports['distances']
  invariant(run !== undefined, 'the module exports its function')
  return (...address) => void run(...address)
}
