/**
 * What a network camera streams: `multipart/x-mixed-replace` (RFC 2046 §5.1, as browsers have taken it since 1995), one JPEG picture a part. Cameras
 * are careless with it: some give no length, some a wrong one, some a boundary with two dashes too many. So a length is believed only if the
 * picture is whole, and whatever follows, the next boundary starts afresh.
 */
export type MjpegItem =
  | { readonly type: 'picture'; readonly jpeg: Uint8Array }
  /** Bytes that belong to no picture. */
  | { readonly type: 'garbage'; readonly bytes: number }

export interface MjpegParser {
  /** Takes the next bytes as they come, in pieces of any size; the items are the same however they were cut, but for how garbage is divided. */
  push(bytes: Uint8Array): readonly MjpegItem[]
}

/** A picture of 12 megapixels has about 5 MB. */
export const MAX_PICTURE_BYTES = 8 * 1024 * 1024
const MAX_HEAD_BYTES = 4096
const FIRST_CAPACITY = 256 * 1024
/** Cameras that give a length may count a line break or zeros in. */
const PADDING: ReadonlySet<number> = new Set([0, 10, 13])

/** The boundary that an answer's `content-type` names; undefined if it is no such stream. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/x-mixed-replace\b/i.test(contentType)) return undefined
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,100})"|([^\s;]{1,100}))/i.exec(contentType) ?? []
  const boundary = (quoted ?? bare)?.replace(/^--/, '')
  return boundary === undefined || boundary === '' ? undefined : boundary
}

type Part = { readonly start: number; readonly length: number | undefined }

/** Holds what has not been decided yet in one buffer: a picture comes in dozens of pieces, and joining them anew each time would be slow. */
export function mjpegParser(boundary: string): MjpegParser {
  const delimiter = Uint8Array.from(`--${boundary}`, (char) => char.charCodeAt(0) & 0xff)
  let held = new Uint8Array(FIRST_CAPACITY)
  let length = 0
  /** Before this there is no delimiter. */
  let searched = 0
  /** Undefined between parts. */
  let part: Part | undefined
  let items: MjpegItem[] = []

  const append = (bytes: Uint8Array) => {
    if (length + bytes.length > held.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(length + bytes.length)))
      larger.set(held.subarray(0, length))
      held = larger
    }
    held.set(bytes, length)
    length += bytes.length
  }
  const drop = (count: number) => {
    held.copyWithin(0, count, length)
    length -= count
    searched = 0
  }
  const throwAway = (count: number) => {
    const thrown = withoutBreaks(held.subarray(0, count))
    if (thrown > 0) items.push({ type: 'garbage', bytes: thrown })
    drop(count)
  }
  const findDelimiter = (): number | undefined => {
    const at = indexOf(held, delimiter, searched, length)
    if (at === undefined) searched = Math.max(searched, length - delimiter.length + 1)
    return at
  }
  const take = (from: number, to: number, next: number) => {
    const jpeg = withoutLineBreaks(held.subarray(from, to)).slice()
    if (isWhole(jpeg)) items.push({ type: 'picture', jpeg })
    else if (withoutBreaks(jpeg) > 0) items.push({ type: 'garbage', bytes: withoutBreaks(jpeg) })
    drop(next)
    part = undefined
  }

  /** Each says whether there is more to do with what is held. */
  const between = (): boolean => {
    const at = findDelimiter()
    if (at === undefined) {
      if (searched > 0) throwAway(searched)
      return false
    }
    if (at > 0) throwAway(at)
    const head = held.subarray(0, Math.min(length, MAX_HEAD_BYTES))
    const end = endOfHead(head, delimiter.length)
    if (end === undefined) {
      if (length >= MAX_HEAD_BYTES) throwAway(delimiter.length)
      return length >= delimiter.length && head.length >= MAX_HEAD_BYTES
    }
    part = { start: end, length: lengthIn(head.subarray(delimiter.length, end)) }
    searched = end
    return true
  }
  const inside = ({ start, length: told }: Part): boolean => {
    if (told !== undefined) {
      if (length < start + told) return tooLong()
      if (isWhole(held.subarray(start, start + told))) {
        take(start, start + told, start + told)
        return true
      }
      // It lied. Where the part really ends, the next delimiter says.
      part = { start, length: undefined }
    }
    const at = findDelimiter()
    if (at === undefined) return tooLong()
    take(start, at, at)
    return true
  }
  const tooLong = (): boolean => {
    if (length <= MAX_PICTURE_BYTES) return false
    throwAway(length)
    part = undefined
    return false
  }

  return {
    push(bytes) {
      items = []
      // In pieces, so that what is held never grows past one picture and a piece, whoever calls.
      for (let at = 0; at < bytes.length; at += FIRST_CAPACITY) {
        append(bytes.subarray(at, at + FIRST_CAPACITY))
        while (part === undefined ? between() : inside(part));
      }
      return items
    },
  }
}

/** Starts as JPEG does (ITU-T T.81 §B.1.1: SOI and another marker) and ends with its end (EOI), but for padding. */
function isWhole(bytes: Uint8Array): boolean {
  let end = bytes.length
  while (end > 0 && PADDING.has(bytes[end - 1] ?? 0)) end--
  return end > 4 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number, to: number): number | undefined {
  const first = wanted[0] ?? 0
  for (let at = bytes.indexOf(first, from); at >= 0 && at + wanted.length <= to; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at
  }
  return undefined
}

const CR = 13
const LF = 10

/** The empty line after the headers of a part. */
function endOfHead(head: Uint8Array, from: number): number | undefined {
  for (let at = head.indexOf(LF, from); at >= 0; at = head.indexOf(LF, at + 1)) {
    const next = head[at + 1] === CR ? at + 2 : at + 1
    if (head[next] === LF) return next + 1
  }
  return undefined
}

function lengthIn(head: Uint8Array): number | undefined {
  const text = String.fromCharCode(...head)
  const told = Number(/^content-length:[ \t]*(\d{1,9})[ \t]*\r?$/im.exec(text)?.[1] ?? Number.NaN)
  return told > 0 && told <= MAX_PICTURE_BYTES ? told : undefined
}

/** How many bytes are no line breaks: those stand between parts, and which of them do must not depend on how the bytes came. */
const withoutBreaks = (bytes: Uint8Array): number => bytes.reduce((count, byte) => (byte === CR || byte === LF ? count : count + 1), 0)

function withoutLineBreaks(bytes: Uint8Array): Uint8Array {
  let [from, to] = [0, bytes.length]
  while (from < to && (bytes[from] === CR || bytes[from] === LF)) from++
  while (to > from && (bytes[to - 1] === CR || bytes[to - 1] === LF)) to--
  return bytes.subarray(from, to)
}
