import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCopyFile, type EntryCopy } from './copy.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'

let folder = ''
let path = ''
let warnings: string[] = []
let copy: EntryCopy
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-copy-'))
  path = join(folder, 'copy', 'entries.log')
  warnings = []
  copy = await openCopyFile(path, (line) => warnings.push(line))
})
afterEach(async () => {
  await copy.close().catch(() => undefined)
  rmSync(folder, { recursive: true })
})
const entry = (seq: number, length = 300): StoredEntry => ({
  seq,
  till: '01900000-0000-7000-8000-000000000001',
  epoch: 1,
  n: seq,
  bytes: new Uint8Array(length).fill(seq),
  hash: new Uint8Array(32),
  receivedAt: 1_700_000_000_000 + seq,
})
const entries = (from: number, to: number, length?: number) => Array.from({ length: to - from + 1 }, (_, index) => entry(from + index, length))
const reopen = async () => {
  await copy.close()
  copy = await openCopyFile(path, (line) => warnings.push(line))
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
      copy = await openCopyFile(path, (line) => warnings.push(line))
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
    copy = await openCopyFile(path, (line) => warnings.push(line))
    expect(copy.lastSeq).toBe(2)
    expect(warnings).toEqual([])
  })

  it.each([
    ['a flipped bit', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(400) ^ 1, 400)],
    ['an absurd length', (bytes: Buffer) => bytes.writeUInt32BE(0xffff_ffff, 0)],
    ['a record of zeros', (bytes: Buffer) => bytes.fill(0, 0, 8)],
  ])('damaged in the middle by %s is kept aside and begun anew', async (_, damage) => {
    await copy.append(entries(1, 5))
    await copy.close()
    const bytes = readFileSync(path)
    damage(bytes)
    writeFileSync(path, bytes)
    copy = await openCopyFile(path, (line) => warnings.push(line))
    expect(copy.lastSeq).toBe(0)
    expect(readdirSync(join(folder, 'copy')).toSorted()).toEqual(['entries.log', 'entries.log.damaged-1'])
    expect(readFileSync(`${path}.damaged-1`)).toEqual(bytes)
    expect(warnings.join()).toContain('damaged')
  })

  it('with a record missing in the middle is damaged', async () => {
    await copy.append(entries(1, 2))
    const two = statSync(path).size
    await copy.append(entries(3, 4))
    const bytes = readFileSync(path)
    await copy.close()
    truncateSync(path, two / 2)
    appendFileSync(path, bytes.subarray(two))
    copy = await openCopyFile(path, (line) => warnings.push(line))
    expect(copy.lastSeq).toBe(0)
    expect(warnings).toHaveLength(1)
  })

  it('that cannot be written says so', async () => {
    await copy.close()
    expect(await copy.append(entries(1, 1))).toBe(false)
    expect(copy.lastSeq).toBe(0)
  })
})
