import { describe, expect, it } from 'vitest'
import { KEEP_ROOM_FOR, WaitingLine, type Bounds } from './waiting-line.ts'

const bounds: Bounds = { messages: 10, bytes: 1000, perTill: 3, groupMessages: 4, groupBytes: 250 }
const of = (till: string, length = 100) => ({ till, message: new Uint8Array(length), imported: false })
const tills = (group: readonly { readonly till: string }[]) => group.map(({ till }) => till).join(' ')

describe('messages that wait for custody', () => {
  it('are taken in their order, as many as one commit may hold', () => {
    const line = new WaitingLine(bounds)
    for (const till of ['a', 'b', 'a', 'c', 'b']) expect(line.offer(of(till), 0)).toBe(true)
    expect(tills(line.nextGroup())).toBe('a b a')
    expect(tills(line.nextGroup())).toBe('c b')
    expect(line.nextGroup()).toEqual([])
    for (let n = 0; n < 6; n++) line.offer(of(`t${n}`, 1), 0)
    expect(line.nextGroup()).toHaveLength(4)
    line.offer(of('large', 900), 0)
    expect(line.length).toBe(3)
  })

  it('of one till are few', () => {
    const line = new WaitingLine(bounds)
    expect([1, 2, 3, 4, 5].map(() => line.offer(of('a', 1), 0))).toEqual([true, true, true, false, false])
    expect(line.offer(of('b', 1), 0)).toBe(true)
    line.nextGroup()
    expect(line.offer(of('a', 1), 0)).toBe(true)
  })

  it('are bounded in number and in bytes', () => {
    const line = new WaitingLine(bounds)
    expect(Array.from({ length: 12 }, (_, n) => line.offer(of(`t${n}`, 1), 0)).filter(Boolean)).toHaveLength(10)
    const heavy = new WaitingLine(bounds)
    expect(Array.from({ length: 4 }, (_, n) => heavy.offer(of(`t${n}`, 300), 0))).toEqual([true, true, true, false])
  })

  it('of a till that was turned away find room when they come again, however fast the others are', () => {
    const line = new WaitingLine({ ...bounds, groupMessages: 1 })
    for (let n = 0; n < 10; n++) line.offer(of(`fast${n}`, 1), 0)
    expect(line.offer(of('slow', 1), 0)).toBe(false)
    for (let now = 1; now < 3000; now += 10) for (const { till } of line.nextGroup()) line.offer(of(till, 1), now)
    expect(line.offer(of('slow', 1), 3000)).toBe(true)
  })

  it('keep room for no till for ever, and never all of it', () => {
    const line = new WaitingLine(bounds)
    for (let n = 0; n < 10; n++) line.offer(of(`t${n}`, 1), 0)
    for (let n = 0; n < 50; n++) line.offer(of(`gone${n}`, 100), 0)
    while (line.nextGroup().length > 0);
    expect(Array.from({ length: 10 }, (_, n) => line.offer(of(`new${n}`, 1), 1)).filter(Boolean)).toHaveLength(5)
    while (line.nextGroup().length > 0);
    expect(Array.from({ length: 10 }, (_, n) => line.offer(of(`late${n}`, 1), KEEP_ROOM_FOR)).filter(Boolean)).toHaveLength(10)
  })
})
