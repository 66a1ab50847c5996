import type { AcquirerReply, AcquirerRequest } from './books.ts'

/**
 * ISO 8583:1987 as this acquirer speaks it: digits packed two a byte, two bytes of length in front. Only the fields that it needs, from the standard's list
 * and not from the hub's code, or both ends would share one mistake.
 */
type Spec = readonly ['packed', number] | ['packed var', number] | ['text', number]
const layout = new Map<number, Spec>([
  [2, ['packed var', 2]],
  [3, ['packed', 6]],
  [4, ['packed', 12]],
  [7, ['packed', 10]],
  [11, ['packed', 6]],
  [12, ['packed', 6]],
  [13, ['packed', 4]],
  [14, ['packed', 4]],
  [18, ['packed', 4]],
  [22, ['packed', 3]],
  [25, ['packed', 2]],
  [32, ['packed var', 2]],
  [35, ['packed var', 2]],
  [37, ['text', 12]],
  [38, ['text', 6]],
  [39, ['text', 2]],
  [41, ['text', 8]],
  [42, ['text', 15]],
  [49, ['text', 3]],
  [70, ['packed', 3]],
  [90, ['packed', 42]],
])

export class WireError extends Error {}

/** Fields of one message. Throws WireError for what it cannot read. */
export function readWire(message: Buffer): { readonly type: string; readonly fields: ReadonlyMap<number, string> } {
  let at = 0
  const take = (count: number): Buffer => {
    if (at + count > message.length) throw new WireError('it breaks off')
    at += count
    return message.subarray(at - count, at)
  }
  const type = take(2).toString('hex')
  let bits = BigInt(`0x${take(8).toString('hex')}`)
  let width = 64
  if (bits >> 63n) {
    bits = (bits << 64n) | BigInt(`0x${take(8).toString('hex')}`)
    width = 128
  }
  const fields = new Map<number, string>()
  for (let number = 2; number <= width; number++) {
    if (((bits >> BigInt(width - number)) & 1n) === 0n) continue
    const spec = layout.get(number)
    if (spec === undefined) throw new WireError(`field ${number}`)
    const [form, size] = spec
    if (form === 'text') fields.set(number, take(size).toString('latin1'))
    else if (form === 'packed')
      fields.set(
        number,
        take(Math.ceil(size / 2))
          .toString('hex')
          .slice(-size),
      )
    else {
      const digits = Number(take(1).toString('hex'))
      fields.set(
        number,
        take(Math.ceil(digits / 2))
          .toString('hex')
          .slice(0, digits),
      )
    }
  }
  if (at !== message.length) throw new WireError('something is left over')
  return { type, fields }
}

export function writeWire(type: string, fields: ReadonlyMap<number, string>): Buffer {
  const numbers = [...fields.keys()].toSorted((a, b) => a - b)
  const wide = numbers.some((number) => number > 64)
  const bits = numbers.reduce((sum, number) => sum | (1n << BigInt((wide ? 128 : 64) - number)), wide ? 1n << 127n : 0n)
  const parts = numbers.map((number) => {
    const value = fields.get(number) ?? ''
    const [form, size] = layout.get(number) ?? ['text', value.length]
    if (form === 'text') return Buffer.from(value.padEnd(size), 'latin1')
    if (form === 'packed') return Buffer.from(value.padStart(size + (size % 2), '0'), 'hex')
    return Buffer.concat([Buffer.from(String(value.length).padStart(2, '0'), 'hex'), Buffer.from(value.length % 2 === 0 ? value : `${value}f`, 'hex')])
  })
  return Buffer.concat([Buffer.from(type, 'hex'), Buffer.from(bits.toString(16).padStart(wide ? 32 : 16, '0'), 'hex'), ...parts])
}

export function requestOf(type: string, fields: ReadonlyMap<number, string>): AcquirerRequest {
  const [number, track, original] = [fields.get(2), fields.get(35), fields.get(90)]
  const [pan, rest] = track?.split('d') ?? [number, undefined]
  return {
    type,
    processing: fields.get(3),
    amountMinor: Number(fields.get(4) ?? 0),
    stan: fields.get(11) ?? '',
    sentAt: fields.get(7) ?? '',
    rrn: fields.get(37) ?? '',
    pan,
    expiry: rest?.slice(0, 4) ?? fields.get(14),
    approvalCode: fields.get(38),
    original: original === undefined ? undefined : { type: original.slice(0, 4), stan: original.slice(4, 10), sentAt: original.slice(10, 20) },
  }
}

/** The answer's type is the request's with a 1 in its third digit, and 0 in its fourth: also a repeat is answered so. */
export function replyTo(type: string, fields: ReadonlyMap<number, string>, { code, approvalCode }: AcquirerReply): Buffer {
  const kept = [3, 4, 7, 11, 12, 13, 37, 41, 42, 49, 70].flatMap((number): [number, string][] => {
    const value = fields.get(number)
    return value === undefined ? [] : [[number, value]]
  })
  const answer = new Map<number, string>([...kept, [39, code]])
  if (approvalCode !== undefined) answer.set(38, approvalCode)
  return writeWire(`${type.slice(0, 2)}${Number(type[2]) + 1}0`, answer)
}
