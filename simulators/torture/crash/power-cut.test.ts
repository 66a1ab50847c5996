import { describe, expect, test } from 'vitest'
import { Random } from '../../world/random.ts'
import { manners, PowerCut, type Image, type Manner } from './power-cut.ts'
import type { FileOp } from './system-calls.ts'

const after = (...ops: FileOp[]): PowerCut => {
  const cut = new PowerCut()
  for (const op of ops) cut.apply(op)
  return cut
}
const filled = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte)
const write = (byte: number, length: number, offset = 0, file = 'a'): FileOp => ({ type: 'write', file, offset, bytes: filled(byte, length) })
const create = (file: string): FileOp => ({ type: 'create', file })
const SYNC: FileOp = { type: 'sync', file: 'a' }
const FOLDER: FileOp = { type: 'syncFolder' }
const made = [create('a'), write(1, 8192), SYNC, FOLDER]

/** Many images of one moment. */
const images = (cut: PowerCut, manner: Manner, count = 200): Image[] => Array.from({ length: count }, (_, n) => cut.image(manner, new Random(`image ${n}`)))
const runsOf = (bytes: Uint8Array | undefined): string => [...new Set(bytes)].join('')

describe('what was fsynced', () => {
  test.each(manners)('is there, %s', (manner) => {
    for (const image of images(after(...made), manner)) expect([...image]).toEqual([['a', Buffer.from(filled(1, 8192))]])
  })

  test.each(manners)('is there under its new name once the folder was fsynced, %s', (manner) => {
    const cut = after(...made, create('b'), write(2, 10, 0, 'b'), { type: 'sync', file: 'b' }, { type: 'rename', file: 'b', to: 'a' }, FOLDER)
    for (const image of images(cut, manner)) expect([...image]).toEqual([['a', Buffer.from(filled(2, 10))]])
  })
})

describe('what was not', () => {
  const cut = after(...made, write(2, 4096, 0), write(3, 4096, 4096))

  test('is gone, when nothing was written back', () => {
    for (const image of images(cut, 'dropped', 5)) expect(runsOf(image.get('a'))).toBe('1')
  })

  test('is there, when only the program died', () => {
    for (const image of images(cut, 'kept', 5)) expect(runsOf(image.get('a'))).toBe('23')
  })

  test('comes in its order when it is written back in order: never the second without the first', () => {
    const kinds = new Set(images(cut, 'in_order').map((image) => runsOf(image.get('a'))))
    expect(kinds).toContain('21')
    expect(kinds).not.toContain('13')
  })

  test('comes in any order by pages: also the second without the first', () => {
    const kinds = new Set(images(cut, 'reordered').map((image) => runsOf(image.get('a'))))
    expect([...kinds].toSorted()).toEqual(['1', '13', '21', '23'])
  })

  test('is torn at sectors of 512 bytes, and nowhere else', () => {
    let torn = 0
    for (const image of images(cut, 'torn')) {
      const bytes = image.get('a') ?? new Uint8Array(0)
      for (let at = 0; at < bytes.length; at += 512) expect(new Set(bytes.subarray(at, at + 512)).size).toBe(1)
      if (new Set(bytes.subarray(0, 4096)).size > 1) torn += 1
    }
    expect(torn).toBeGreaterThan(50)
  })

  test('may be any of the versions that a sector had', () => {
    const twice = after(...made, write(2, 512), write(3, 512))
    expect(new Set(images(twice, 'torn').map((image) => image.get('a')?.[0]))).toEqual(new Set([1, 2, 3]))
  })

  test('leaves zeros where the size was written back before the data', () => {
    const grown = after(...made, write(2, 4096, 8192))
    const ends = new Set(images(grown, 'reordered').map((image) => `${image.get('a')?.length} ${image.get('a')?.at(-1)}`))
    expect(ends).toEqual(new Set(['8192 1', '12288 0', '12288 2']))
  })

  test('a size may be as before, or cut', () => {
    const shortened = after(...made, { type: 'truncate', file: 'a', size: 100 })
    expect(new Set(images(shortened, 'torn').map((image) => image.get('a')?.length))).toEqual(new Set([100, 8192]))
  })
})

describe('names', () => {
  test('a new file may be gone, fsynced or not, until its folder was', () => {
    const cut = after(FOLDER, create('a'), write(1, 10), SYNC)
    expect(new Set(images(cut, 'torn').map((image) => image.size))).toEqual(new Set([0, 1]))
    for (const image of images(after(FOLDER, create('a'), write(1, 10), SYNC, FOLDER), 'torn')) expect(image.get('a')?.length).toBe(10)
  })

  test('a removed file may be back, with what was fsynced', () => {
    const cut = after(...made, { type: 'unlink', file: 'a' })
    expect(new Set(images(cut, 'reordered').map((image) => image.get('a')?.length))).toEqual(new Set([undefined, 8192]))
  })

  test('changes of names come in their order', () => {
    const cut = after(FOLDER, create('a'), create('b'))
    expect(new Set(images(cut, 'torn').map((image) => [...image.keys()].join()))).toEqual(new Set(['', 'a', 'a,b']))
  })
})

test('the same seed gives the same image', () => {
  const cut = after(...made, write(2, 8000, 77))
  expect(cut.image('torn', new Random('x'))).toEqual(cut.image('torn', new Random('x')))
})
