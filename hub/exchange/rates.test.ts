import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileFeed, httpFeed } from './feeds.ts'
import { createRates, type Rates } from './rates.ts'
import { jumpsBetween, rateIn, type RateTable } from './rate-table.ts'
import { openExchange } from './settings.ts'
import { TestFeed, testExchange } from './test-exchange.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { START } from '../test-rig.ts'
import { HOUR, MINUTE } from '#protocol/time.ts'

let now: number
let feed: TestFeed
let warned: string[]
const disk = { current: memoryDisk() }
function make(): Rates {
  const { settings } = testExchange(feed)
  const store = openMemoryStore(disk.current)
  return createRates({ clock: { now: () => now }, store, currency: 'EUR', feed, settings, changed: () => undefined, warn: (line) => warned.push(line) })
}
let rates: Rates
beforeEach(async () => {
  now = START
  warned = []
  disk.current = memoryDisk()
  feed = new TestFeed({ CNY: '7.8', USD: '1.08' })
  rates = make()
  await rates.look()
})
const cny = () => {
  const found = rates.rate('CNY')
  return found.ok ? found.value.rate : found.code
}

describe('rates', () => {
  it('are those that the source said last, and none for what it does not say', async () => {
    expect(cny()).toEqual({ numerator: 39, denominator: 5 })
    expect(rates.rate('KWD')).toMatchObject({ code: 'exchange.not_offered' })
    feed.say({ CNY: '7.9' }, START + HOUR)
    now += HOUR
    await rates.look()
    expect(cny()).toEqual({ numerator: 79, denominator: 10 })
    expect(rates.rate('USD')).toMatchObject({ code: 'exchange.not_offered' })
  })

  it('quote nothing before there are any, or when they are stale, whatever the source says meanwhile', async () => {
    disk.current = memoryDisk()
    feed.table = undefined
    rates = make()
    await rates.look()
    expect(cny()).toBe('exchange.stale_rate')
    expect(rates.view()).toMatchObject({ isStale: true, trouble: 'nobody there' })
    feed.say({ CNY: '7.8' })
    await rates.look()
    now = START + 24 * HOUR
    expect(cny()).not.toBe('exchange.stale_rate')
    now += 1
    feed.table = undefined
    await rates.look()
    expect(cny()).toBe('exchange.stale_rate')
  })

  it('do not go back in time, and are not from the future', async () => {
    feed.say({ CNY: '7.7' }, START - 1)
    await rates.look()
    expect(cny()).toEqual({ numerator: 39, denominator: 5 })
    feed.say({ CNY: '7.7' }, START + 6 * MINUTE)
    await rates.look()
    expect(cny()).toEqual({ numerator: 39, denominator: 5 })
    expect(warned).toEqual([expect.stringContaining('future')])
  })

  it('that jump wait for a person, in that currency alone, also across a restart', async () => {
    feed.say({ CNY: '78', USD: '1.09' }, START + 1)
    await rates.look()
    expect(cny()).toBe('exchange.rate_held')
    expect(rates.rate('USD')).toMatchObject({ ok: true, value: { rate: { numerator: 27, denominator: 25 } } })
    rates = make()
    await rates.start()
    await rates.look()
    expect(rates.view().held).toMatchObject({ at: START + 1, jumped: ['CNY'] })
    expect(await rates.confirm(START, 'Ada')).toMatchObject({ code: 'exchange.nothing_held' })
    expect(await rates.confirm(START + 1, 'Ada')).toMatchObject({ ok: true })
    expect(cny()).toEqual({ numerator: 78, denominator: 1 })
    expect(rates.view()).toMatchObject({ confirmed: { by: 'Ada' } })
    expect(await rates.confirm(START + 1, 'Bob')).toMatchObject({ code: 'exchange.nothing_held' })
  })

  it('that jumped and came back were a slip of their source: nobody has to be asked', async () => {
    feed.say({ CNY: '78', USD: '1.09' }, START + 1)
    await rates.look()
    feed.say({ CNY: '7.81', USD: '1.09' }, START + 2)
    await rates.look()
    expect(cny()).toEqual({ numerator: 781, denominator: 100 })
    expect(rates.view().held).toBeUndefined()
  })

  it('that were missing for a while are measured against the last that was believed, also across a restart', async () => {
    feed.say({ USD: '1.08' }, START + 1)
    await rates.look()
    expect(cny()).toBe('exchange.not_offered')
    feed.say({ USD: '1.09' }, START + 2)
    await rates.look()
    rates = make()
    await rates.start()
    feed.say({ CNY: '78', USD: '1.09' }, START + 3)
    await rates.look()
    expect(cny()).toBe('exchange.not_offered')
    expect(rates.view().held).toMatchObject({ jumped: ['CNY'] })
    feed.say({ CNY: '7.81', USD: '1.09' }, START + 4)
    await rates.look()
    expect(cny()).toEqual({ numerator: 781, denominator: 100 })
  })

  it('that changed after a person saw them are not what was confirmed', async () => {
    feed.say({ CNY: '8.9' }, START + 1)
    await rates.look()
    feed.say({ CNY: '78' }, START + 1)
    await rates.look()
    expect(await rates.confirm(START + 1, 'Ada')).toMatchObject({ ok: true })
    expect(cny()).toEqual({ numerator: 89, denominator: 10 })
  })

  it('are measured against the shop’s currency, whatever the source’s base is', () => {
    const table = (cnyRate: string, eur: string): RateTable => ({
      source: 'S',
      at: new Date(START).toISOString(),
      base: 'USD',
      rates: { CNY: cnyRate, EUR: eur },
    })
    const before = table('7.2', '0.92')
    expect(rateIn(before, 'EUR', 'CNY')).toEqual({ numerator: 180, denominator: 23 })
    expect(rateIn(before, 'EUR', 'USD')).toEqual({ numerator: 25, denominator: 23 })
    // The dollar alone moved: a yuan is worth as much in euros as before.
    expect(jumpsBetween(before, table('14.4', '1.84'), 'EUR', 50_000)).toEqual(['USD'])
    expect(jumpsBetween(before, table('7.56', '0.92'), 'EUR', 50_000)).toEqual([])
    expect(jumpsBetween(before, table('7.561', '0.92'), 'EUR', 50_000)).toEqual(['CNY'])
  })
})

describe('a source of rates', () => {
  const good = { source: 'Bank', at: '2026-11-22T12:00:00Z', base: 'EUR', rates: { CNY: '7.8' } }
  let folder: string
  let server: Server | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rates-'))
  })
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
    server = undefined
    rmSync(folder, { recursive: true })
  })
  const bad: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['no table', '[]'],
    ['a rate of zero', JSON.stringify({ ...good, rates: { CNY: '0' } })],
    ['a rate as a number', JSON.stringify({ ...good, rates: { CNY: 7.8 } })],
    ['too many digits', JSON.stringify({ ...good, rates: { CNY: '7.8123456' } })],
    ['an unknown currency', JSON.stringify({ ...good, rates: { ABC: '7.8' } })],
    ['a time that is none', JSON.stringify({ ...good, at: 'yesterday' })],
    ['a name that no printer has', JSON.stringify({ ...good, source: '银行' })],
    ['too much', `${JSON.stringify(good)}${' '.repeat(70_000)}`],
  ]

  it('is a file, read anew each time', async () => {
    const path = join(folder, 'rates.json')
    expect(await fileFeed(path).latest()).toMatchObject({ code: 'exchange.rates_unread' })
    writeFileSync(path, JSON.stringify(good))
    expect(await fileFeed(path).latest()).toEqual({ ok: true, value: good })
    for (const [what, text] of bad) {
      writeFileSync(path, text)
      expect(await fileFeed(path).latest(), what).toMatchObject({ ok: false, code: 'exchange.rates_unread' })
    }
  })

  it('is an address, that may answer nonsense, too much, something else, elsewhere, or never', async () => {
    let answer: { status: number; text: string | undefined; location?: string } = { status: 200, text: JSON.stringify(good) }
    const source = createServer((_request, response) => {
      if (answer.text === undefined) return
      response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end(answer.text)
    })
    server = source
    await new Promise<void>((resolve) => void source.listen(0, '127.0.0.1', resolve))
    const ask = () => httpFeed(`http://127.0.0.1:${(source.address() as AddressInfo).port}/`, 300).latest()
    expect(await ask()).toEqual({ ok: true, value: good })
    for (const [what, text] of bad) {
      answer = { status: 200, text }
      expect(await ask(), what).toMatchObject({ ok: false, code: 'exchange.rates_unread' })
    }
    for (const other of [
      { status: 500, text: JSON.stringify(good) },
      { status: 302, text: '', location: '/elsewhere' },
      { status: 200, text: undefined },
    ]) {
      answer = other
      expect(await ask()).toMatchObject({ ok: false, code: 'exchange.rates_unread' })
    }
  })

  it('is named in a file of the hub’s folder; a demo has invented ones, which say so', async () => {
    expect(openExchange(folder, false, START)).toBeUndefined()
    const demo = openExchange(folder, true, START)
    expect(await demo?.feed.latest()).toMatchObject({ ok: true, value: { source: 'Demo rates' } })
    writeFileSync(
      join(folder, 'exchange.json'),
      JSON.stringify({ feed: { file: 'mine.json' }, marginPpm: 0, maxAgeMs: HOUR, maxJumpPpm: 20_000, quoteForMs: MINUTE }),
    )
    writeFileSync(join(folder, 'mine.json'), JSON.stringify(good))
    expect(await openExchange(folder, true, START)?.feed.latest()).toEqual({ ok: true, value: good })
    writeFileSync(join(folder, 'exchange.json'), '{}')
    expect(() => openExchange(folder, false, START)).toThrow()
  })
})
