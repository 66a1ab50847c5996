import { expect, test } from 'vitest'
import { utf8 } from '#protocol/bytes.ts'
import { holdsTillStore } from '../../terminal/core/store.conformance.ts'
import { StoreError } from '../../terminal/core/store.ts'
import { Disk, PowerCut } from './disk.ts'
import { Random } from './random.ts'

holdsTillStore('the simulated disk', () => {
  const disk = new Disk()
  return {
    open: () => disk.open(),
    powerCut: () => {
      disk.loseCache(new Random('power cut'))
      return disk.open()
    },
    dispose: () => {},
  }
})

const entry = (n: number) => ({ epoch: 1, n, bytes: utf8(`entry ${n}`), hash: new Uint8Array(32) })

test('a power cut comes before a commit or after it', () => {
  const disk = new Disk()
  disk.crashAt(2, 'before')
  const store = disk.open()
  store.commit({ entries: [entry(1)] })
  expect(() => store.commit({ entries: [entry(2)] })).toThrow(PowerCut)
  expect(disk.entries).toHaveLength(1)
  disk.crashAt(1, 'after')
  expect(() => disk.open().commit({ entries: [entry(2)] })).toThrow(PowerCut)
  expect(disk.open().head()).toMatchObject({ n: 2 })
  expect(() => store.head()).toThrow('gone')
})

test('a full disk refuses and keeps what it has, until there is space again', () => {
  const disk = new Disk()
  const store = disk.open()
  store.commit({ entries: [entry(1)], put: { a: '1' } })
  disk.full = true
  expect(() => store.commit({ entries: [entry(2)], put: { a: '2' } })).toThrow(StoreError)
  expect(store.records('')).toEqual(new Map([['a', '1']]))
  disk.full = false
  store.commit({ entries: [entry(2)] })
  expect(store.head()).toMatchObject({ n: 2 })
})

test('a disk that lies shows its commits, and loses the newest of them', () => {
  const lost = new Set<number>()
  for (let seed = 0; seed < 20; seed++) {
    const disk = new Disk()
    const store = disk.open()
    store.commit({ entries: [entry(1)] })
    disk.durable = false
    store.commit({ entries: [entry(2)] })
    store.commit({ entries: [entry(3)] })
    expect(store.head()).toMatchObject({ n: 3 })
    disk.loseCache(new Random(`seed ${seed}`))
    lost.add(disk.open().head()?.n ?? 0)
  }
  expect(lost).toEqual(new Set([1, 2, 3]))
})
