import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCopyFile, type CopiedSegment, type EntryCopy } from './copy.ts'
import type { Segment } from '../store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'

let folder = ''
let path = ''
let warnings: string[] = []
let pauses = 0
const options = { warn: (line: string) => void warnings.push(line), pause: () => Promise.resolve(void pauses++) }
let copy: EntryCopy
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-copy-'))
  path = join(folder, 'copy', 'entries.log')
  warnings = []
  copy = await openCopyFile(path, options)
})
afterEach(async () => {
  await copy.close().catch(() => undefined)
  rmSync(folder, { recursive: true })
})
const till = '01900000-0000-7000-8000-000000000001'
/** A record of the first release: one entry, without a batch around it. */
const old = (seq: number, length = 300): Segment => ({
  seq,
  count: 1,
  till,
  epoch: 1,
  n: seq,
  known: 0,
  signed: false,
  bytes: new Uint8Array(length).fill(seq),
  head: new Uint8Array(32),
  receivedAt: 1_700_000_000_000 + seq,
  floorAt: undefined,
})
const entries = (from: number, to: number, length?: number) => Array.from({ length: to - from + 1 }, (_, index) => old(from + index, length))
const reopen = async () => {
  await copy.close()
  copy = await openCopyFile(path, options)
}
const all = async (after = 0) => {
  const found: string[] = []
  for await (const { seq, bytes, receivedAt } of copy.read(after)) found.push(`${seq} ${hex(bytes).slice(0, 4)} ${receivedAt - 1_700_000_000_000}`)
  return found
}

describe('the second copy', () => {
  it('keeps entries in order across a stop', async () => {
    expect(copy.lastSeq).toBe(0)
    expect(await copy.append(entries(1, 3))).toBe(true)
    expect(await copy.append([])).toBe(true)
    expect(await copy.append(entries(4, 4))).toBe(true)
    await reopen()
    expect(copy.lastSeq).toBe(4)
    expect(await all()).toEqual(['1 0101 1', '2 0202 2', '3 0303 3', '4 0404 4'])
    expect(await all(3)).toEqual(['4 0404 4'])
    await copy.append(entries(5, 6))
    expect(await all(5)).toEqual(['6 0606 6'])
    expect(await all(6)).toEqual([])
    await copy.append([])
    expect((await all(4)).slice(0, 1)).toEqual(['5 0505 5'])
  })

  it('keeps batches as they came, with what is known of them', async () => {
    const batch: Segment = { ...old(4, 5000), count: 7, n: 40, epoch: 3, known: 2, signed: true, floorAt: 1_700_000_000_000 }
    await copy.append([...entries(1, 3), batch, { ...batch, seq: 11, count: 1, floorAt: undefined }])
    await reopen()
    expect(copy.lastSeq).toBe(11)
    const found: CopiedSegment[] = []
    for await (const segment of copy.read(5)) found.push(segment)
    const { head: _, ...copied } = batch
    expect(found.map(({ bytes, ...rest }) => ({ ...rest, bytes: new Uint8Array(bytes) }))).toEqual([
      copied,
      { ...copied, seq: 11, count: 1, floorAt: undefined },
    ])
    expect(await all(10)).toEqual(['11 0404 4'])
  })

  it('reads files much larger than its buffer', async () => {
    await copy.append(entries(1, 40, 100_000))
    await reopen()
    expect(copy.lastSeq).toBe(40)
    expect(await all()).toHaveLength(40)
  })

  it('refuses to skip', async () => {
    await expect(copy.append(entries(2, 2))).rejects.toThrow('continues')
  })

  it('cuts off a record that a power cut left unfinished, at any of its bytes', async () => {
    await copy.append(entries(1, 3))
    const whole = readFileSync(path)
    await copy.append(entries(4, 4))
    const longer = readFileSync(path)
    for (const length of [whole.length + 1, whole.length + 7, whole.length + 8, whole.length + 9, longer.length - 1]) {
      await copy.close()
      writeFileSync(path, longer.subarray(0, length))
      copy = await openCopyFile(path, options)
      expect(copy.lastSeq).toBe(3)
      expect(statSync(path).size).toBe(whole.length)
    }
    expect(warnings).toEqual([])
    expect(await copy.append(entries(4, 5))).toBe(true)
    await reopen()
    expect(copy.lastSeq).toBe(5)
  })

  it('cuts off a last record whose bytes are wrong', async () => {
    await copy.append(entries(1, 3))
    const bytes = readFileSync(path)
    bytes[bytes.length - 5] = 99
    await copy.close()
    writeFileSync(path, bytes)
    copy = await openCopyFile(path, options)
    expect(copy.lastSeq).toBe(2)
    expect(warnings).toEqual([])
  })

  const damages = [
    ['a flipped bit', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(400) ^ 1, 400)],
    ['an absurd length', (bytes: Buffer) => bytes.writeUInt32BE(0xffff_ffff, 0)],
    ['a record of zeros', (bytes: Buffer) => bytes.fill(0, 0, 8)],
  ] as const
  async function damaged(damage: (bytes: Buffer) => unknown): Promise<Buffer> {
    await copy.append(entries(1, 5))
    await copy.close()
    const bytes = readFileSync(path)
    damage(bytes)
    writeFileSync(path, bytes)
    return bytes
  }
  const files = () => readdirSync(join(folder, 'copy')).toSorted()

  it.each(damages)('damaged in the middle by %s is kept aside and begun anew, at the start without a checkpoint', async (_, damage) => {
    const bytes = await damaged(damage)
    rmSync(`${path}.checkpoint`)
    copy = await openCopyFile(path, options)
    expect(copy.lastSeq).toBe(0)
    expect(files()).toEqual(['entries.log', 'entries.log.damaged-1'])
    expect(readFileSync(`${path}.damaged-1`)).toEqual(bytes)
    expect(warnings.join()).toContain('damaged')
  })

  it.each(damages)('damaged by %s before its checkpoint is found in the background, and goes on being written', async (_, damage) => {
    const bytes = await damaged(damage)
    copy = await openCopyFile(path, options)
    expect(copy.lastSeq).toBe(5)
    expect(await copy.append(entries(6, 6))).toBe(true)
    expect(await copy.verify()).toBe(false)
    expect(copy.lastSeq).toBe(0)
    expect(readFileSync(`${path}.damaged-1`).subarray(0, bytes.length)).toEqual(bytes)
    expect(warnings.join()).toContain('damaged')
    await copy.append(entries(1, 6))
    await reopen()
    expect(await copy.verify()).toBe(true)
    expect(await all()).toHaveLength(6)
  })

  it('reads at its start only what came after the checkpoint, the rest later, in pieces', async () => {
    await copy.append(entries(1, 60, 100_000))
    await reopen()
    expect(pauses).toBe(0)
    expect(copy.lastSeq).toBe(60)
    expect(await all(59)).toHaveLength(1)
    expect(await copy.verify()).toBe(true)
    expect(pauses).toBeGreaterThan(3)
    expect(warnings).toEqual([])
  })

  it.each([
    ['is garbage', 'x'],
    ['is of another file', JSON.stringify({ size: 77, lastAt: 3, lastFirst: 1, lastSeq: 1 })],
    ['is of a longer one', JSON.stringify({ size: 1e9, lastAt: 9e8, lastFirst: 1, lastSeq: 100 })],
  ])('reads everything when its checkpoint %s', async (_, text) => {
    await copy.append(entries(1, 3))
    await copy.close()
    writeFileSync(`${path}.checkpoint`, text)
    copy = await openCopyFile(path, options)
    expect(copy.lastSeq).toBe(3)
    expect(await all()).toHaveLength(3)
  })

  it('with a record missing in the middle is damaged', async () => {
    await copy.append(entries(1, 2))
    const two = statSync(path).size
    await copy.append(entries(3, 4))
    const bytes = readFileSync(path)
    await copy.close()
    rmSync(`${path}.checkpoint`)
    truncateSync(path, two / 2)
    appendFileSync(path, bytes.subarray(two))
    copy = await openCopyFile(path, options)
    expect(copy.lastSeq).toBe(0)
    expect(warnings).toHaveLength(1)
  })

  it('that cannot be written says so', async () => {
    await copy.close()
    expect(await copy.append(entries(1, 1))).toBe(false)
    expect(copy.lastSeq).toBe(0)
  })
})
