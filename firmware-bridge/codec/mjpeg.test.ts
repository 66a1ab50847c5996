import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf, MAX_PICTURE_BYTES, mjpegParser, type MjpegItem } from './mjpeg.ts'

const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const join = (...pieces: readonly (string | Uint8Array)[]) =>
  Uint8Array.from(pieces.flatMap((piece) => [...(typeof piece === 'string' ? latin(piece) : piece)]))
const jpeg = (...inside: readonly number[]) => Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, ...inside, 0xff, 0xd9)

const withLength = (picture: Uint8Array, told = picture.length) =>
  join(`--shop\r\nContent-Type: image/jpeg\r\nContent-Length: ${told}\r\n\r\n`, picture, '\r\n')
const withoutLength = (picture: Uint8Array) => join('--shop\nContent-Type: image/jpeg\n\n', picture, '\n')

function parse(stream: Uint8Array, cuts: readonly number[] = []) {
  const parser = mjpegParser('shop')
  const items: MjpegItem[] = []
  let from = 0
  for (const cut of [...cuts.map((each) => each % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]) {
    items.push(...parser.push(stream.subarray(from, cut)))
    from = cut
  }
  const pictures = items.flatMap((item) => (item.type === 'picture' ? [[...item.jpeg]] : []))
  const garbage = items.reduce((sum, item) => sum + (item.type === 'garbage' ? item.bytes : 0), 0)
  return { pictures, garbage }
}

const [first, second] = [jpeg(1, 2, 3), jpeg(4, 5)]
const both = [[...first], [...second]]

describe('the stream of a camera', () => {
  it('gives its pictures, with and without lengths', () => {
    expect(parse(join(withLength(first), withLength(second)))).toEqual({ pictures: both, garbage: 0 })
    expect(parse(join(withoutLength(first), withoutLength(second), '--shop--'))).toEqual({ pictures: both, garbage: 0 })
  })

  it('believes no length that is wrong', () => {
    expect(parse(join(withLength(first, 4), withLength(second), '--shop')).pictures).toEqual(both)
    expect(parse(join(withLength(first, first.length + 30), withLength(second), '--shop')).pictures).toContainEqual([...second])
  })

  it('drops half a picture and noise, and takes the next one', () => {
    const half = join('--shop\r\nContent-Length: 900\r\n\r\n', first.subarray(0, 5), '\r\n')
    expect(parse(join('noise', half, ...Array.from({ length: 80 }, () => withLength(second)), '--shop')).pictures).toContainEqual([...second])
    expect(parse(join('noise', withLength(second)))).toEqual({ pictures: [[...second]], garbage: 5 })
  })

  it('holds no more than one picture of a part that never ends', () => {
    const parser = mjpegParser('shop')
    const piece = new Uint8Array(1024 * 1024).fill(7)
    let thrown = 0
    parser.push(latin('--shop\r\n\r\n'))
    for (let sent = 0; sent <= 3 * MAX_PICTURE_BYTES; sent += piece.length)
      for (const item of parser.push(piece)) if (item.type === 'garbage') thrown += item.bytes
    expect(thrown).toBeGreaterThan(2 * MAX_PICTURE_BYTES)
    expect(parser.push(join('\r\n', withLength(first))).at(-1)).toEqual({ type: 'picture', jpeg: first })
  })

  it('is read the same however it is cut', () => {
    const body = fc.array(fc.integer({ min: 0, max: 0xfe }), { maxLength: 40 }).map((bytes) => jpeg(...bytes))
    const part = fc.oneof(
      body.map((picture) => withLength(picture)),
      body.map(withoutLength),
      fc.uint8Array({ maxLength: 20 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
        const stream = join(...parts, '\r\n--shop\r\n')
        expect(parse(stream, cuts)).toEqual(parse(stream))
      }),
    )
  })

  it('takes any bytes without an error', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (pieces) => void pieces.map((piece) => mjpegParser('x').push(piece))))
  })
})

describe('the content type', () => {
  it('names the boundary, quoted or not, with dashes of its own or not', () => {
    expect(boundaryOf('multipart/x-mixed-replace;boundary=shop')).toBe('shop')
    expect(boundaryOf('multipart/x-mixed-replace; boundary="--shop"')).toBe('shop')
    expect(boundaryOf('image/jpeg')).toBeUndefined()
    expect(boundaryOf('multipart/x-mixed-replace; boundary=')).toBeUndefined()
  })
})
