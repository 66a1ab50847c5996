import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startShop, type Shop } from '../demo/shop.ts'
import { buildPages } from '../demo/pages.ts'
import { testCard, track1Of, track2Of } from '../device/test-cards.ts'
import { scanProduct, takePayment, untilHub } from './cashier.ts'

/** Cards from the stripe to the acquirer and back, with real processes: reader, bridge, core, hub, key service, and an acquirer that keeps its own books. */
const VISA = testCard('Visa')
const MASTERCARD = testCard('Mastercard')

describe('a card', () => {
  let data: string
  let shop: Shop
  let product = ''
  let taken = 0

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'cards-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    product = shop.till.products.find(({ gtin }) => gtin !== '')?.gtin ?? ''
    await shop.till.until('devices ready', (view) => view.devices.length > 5 && view.devices.every(({ state }) => state === 'ready'))
    await shop.till.until('online', (view) => view.link.state === 'online')
  }, 90_000)
  afterAll(async () => {
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const swipe = async (card = VISA): Promise<string> => {
    await scanProduct(shop, product)
    await takePayment(shop)
    await shop.counter.cardReader.swipe(card)
    const { tender } = await shop.till.until('decided', (view) => view.tender.stage === 'approved')
    if (tender.stage !== 'approved') throw new Error(tender.stage)
    taken += tender.amountMinor
    return tender.decidedBy
  }
  const untilBooked = async () => {
    await expect.poll(() => shop.acquirer.books.takenMinor, { timeout: 30_000 }).toBe(taken)
    const seen = await untilHub(shop, 'the books say the same', ({ money }) =>
      money.accounts.some(({ id, posted }) => id === 'acquirer/harbour-bank' && posted === String(taken)),
    )
    expect(seen.money.balanced).toBe(true)
    expect(shop.acquirer.books.heldMinor).toBe(0)
  }

  it('pays online, is captured once, and the hub’s books are the acquirer’s', async () => {
    expect(await swipe()).toBe('hub')
    await untilBooked()
    expect(shop.acquirer.heard).toEqual(['0100', '0200'])
  })

  it('that the bank refuses pays nothing, and the cashier is told why', async () => {
    shop.acquirer.declineAll('51')
    await scanProduct(shop, product)
    await takePayment(shop)
    await shop.counter.cardReader.swipe(VISA)
    const refused = await shop.till.until('refused', (view) => view.tender.stage === 'refused')
    expect(refused.tender).toMatchObject({ code: 'acquirer.insufficient_funds' })
    shop.acquirer.declineAll(undefined)
    await shop.till.send({ type: 'continue' })
    await shop.till.send({ type: 'clearSale' })
    await untilBooked()
  })

  it('pays with the cable pulled, within its floor limit, and is authorised when the hub is back: after silence and a cut line, once', async () => {
    shop.counter.cable.pull()
    await shop.till.until('offline', (view) => view.link.state === 'offline')
    expect(await swipe(MASTERCARD)).toBe('policy')
    shop.acquirer.fault('silence', 'cut')
    shop.counter.cable.plug()
    await untilBooked()
    expect(shop.acquirer.heard.slice(-3).map((type) => type.slice(0, 3))).toEqual(['040', '040', '020'])
  }, 60_000)

  it('leaves nothing of itself in any file, once it has paid', () => {
    const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name))
    const found = files.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    expect(found.length).toBeGreaterThan(10)
    const secrets = [VISA, MASTERCARD]
      .flatMap((card) => [card.pan, track1Of(card), track2Of(card)])
      .flatMap((text) => [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64')])
    for (const path of found) {
      const text = readFileSync(path, 'latin1')
      expect([path, secrets.filter((secret) => text.includes(secret))]).toEqual([path, []])
    }
    const log = readFileSync(join(data, 'hub', 'key-service', 'access.log'), 'utf8')
    expect(log.split('\n').filter((line) => / forget /.test(line)).length).toBeGreaterThanOrEqual(2)
  })
})
