import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Alipay } from '../../hub/acquirers/alipay/alipay.ts'
import { alipayAcquirer } from '../../hub/acquirers/alipay/alipay-acquirer.ts'
import type { Acquirer } from '../../hub/acquirers/acquirer.ts'
import { acquirerAccount, merchantAccount } from '../../hub/ledger/names.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { openMemoryStore } from '../../hub/store/memory.ts'
import { makeRig, nextId, START, type Rig, type TestTill } from '../../hub/test-rig.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { MINUTE, SECOND, type Clock, type Timers } from '#protocol/time.ts'
import { startAlipayGateway, type AlipayGateway } from './alipay-gateway.ts'

/** A whole hub with Alipay's own SDK, over sockets to a gateway that keeps books of its own: at the end of every test they say the same as the ledger. */
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const [shopKeys, alipays, someone] = [pair(), pair(), pair()]
const { foreignCash: _, ...inEuro } = demoShop
const shop = { ...inEuro, currency: 'CNY' }

let gateway: AlipayGateway
let rig: Rig
let till: TestTill
let acquirer: Acquirer
const begun: { id: string; amountMinor: number }[] = []

/** Two seconds of waiting are two milliseconds of the test's. */
class QuickTime implements Clock, Timers {
  #waited = 0
  now = (): number => START
  monotonic = (): number => this.#waited
  after(delay: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      this.#waited += delay
      run()
    }, delay / SECOND)
    return () => clearTimeout(timer)
  }
}

function connect(): Acquirer {
  const time = new QuickTime()
  const privateKey = shopKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const alipayPublicKey = alipays.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const alipay = new Alipay({ appId: '2026000000000001', privateKey, alipayPublicKey, gateway: gateway.address, timeoutMs: 300 })
  return alipayAcquirer(alipay, { subject: 'Harbour Corner', storeId: 'harbour' }, { clock: time, timers: time, crypto: nodeCrypto })
}

beforeAll(async () => {
  gateway = await startAlipayGateway(shopKeys.publicKey, alipays.privateKey, someone.privateKey)
})
afterAll(() => gateway.stop())
beforeEach(async () => {
  begun.length = 0
  acquirer = connect()
  rig = await makeRig({ shop, alipay: acquirer })
  till = await rig.till()
})

let codes = 0
function sale(ends: string, amountMinor = 1205, code = `28${String(++codes).padStart(14, '0')}${ends}`) {
  const [paymentId, saleId] = [nextId(), nextId()]
  begun.push({ id: paymentId, amountMinor })
  const instrument = { type: 'scheme', scheme: 'alipay', code } as const
  return {
    paymentId,
    code,
    intended: { kind: 'payment.intended', body: { paymentId, saleId, amountMinor, currency: 'CNY', instrument } },
    held: { kind: 'payment.held', body: { paymentId, decision: 'AAAA' } },
    captured: { kind: 'payment.captured', body: { paymentId, amountMinor, currency: 'CNY', receiptNumber: `R-${paymentId.slice(-8)}` } },
    voided: { kind: 'payment.voided', body: { paymentId, code: 'sale.voided' } },
    unknown: { kind: 'payment.unknown', body: { paymentId, code: 'scheme.alipay_offline' } },
    reversed: { kind: 'payment.reversed', body: { paymentId, code: 'wire.no_answer' } },
    refunded: (refundMinor: number): Fact => ({
      kind: 'payment.refunded',
      body: { refundId: nextId(), paymentId, amountMinor: refundMinor, currency: 'CNY', receiptNumber: 'G-1' },
    }),
  } satisfies Record<string, Fact | string | ((minor: number) => Fact)>
}

let sent = 0
beforeEach(() => (sent = 0))
async function journal(...facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) till.write(fact, rig.clock.now())
  await rig.send(till, till.batch(sent + 1))
  sent = till.entries.length
}
const settled = async (): Promise<void> => {
  for (let round = 0; round < 3; round++) {
    await rig.hub.cardsIdle()
    await rig.hub.idle()
  }
}
const verdicts = () => rig.decisions(till).map(({ verdict }) => (verdict.type === 'held' ? 'held' : verdict.code))
const payment = async ({ paymentId }: { readonly paymentId: string }) => await rig.payment(paymentId)

const posted = async (id: string): Promise<number> => {
  const [account] = await rig.ports.store.get('accounts', [id])
  return Number((account?.creditsPosted ?? 0n) - (account?.debitsPosted ?? 0n))
}
/** What Alipay has taken from customers, what it owes by the ledger, and what the merchant has of it: one sum. */
async function books(): Promise<number> {
  const taken = begun.reduce((sum, { id }) => sum + gateway.paidFen(id.replaceAll('-', '')), 0)
  expect(await posted(merchantAccount(shop.merchant.id, 'CNY'))).toBe(taken)
  expect(await posted(acquirerAccount('alipay'))).toBe(-taken || 0)
  expect((await rig.hub.overview()).money.balanced).toBe(true)
  return taken
}

describe('a payment by Alipay’s barcode', () => {
  it('tells people whether Alipay is reached, by what the last question met with', async () => {
    expect((await rig.hub.overview()).alipay).toMatchObject({ id: 'alipay', link: 'ready', waiting: 0 })
    gateway.spoil(...Array.from({ length: 8 }, () => 'cut' as const))
    await journal(sale('00').intended)
    await expect.poll(() => acquirer.state.link, { interval: 1 }).toBe('connecting')
    await settled()
    await expect.poll(async () => (await rig.hub.overview()).alipay).toMatchObject({ link: 'ready', waiting: 0 })
  })

  it('is asked, captured and in both books', async () => {
    const one = sale('00')
    await journal(one.intended)
    await settled()
    expect(verdicts()).toEqual(['held'])
    await journal(one.held, one.captured)
    await settled()
    expect(await payment(one)).toMatchObject({ state: 'CAPTURED', funds: 'posted', profile: 'scheme' })
    expect(await books()).toBe(1205)
  })

  it('waits for the customer’s password', async () => {
    const one = sale('01')
    const queries = () => gateway.asked.filter((method) => method === 'alipay.trade.query').length
    const before = queries()
    await journal(one.intended)
    // Often: what a customer is given is over in some fifty milliseconds here.
    await expect.poll(queries, { interval: 1 }).toBeGreaterThan(before)
    expect(verdicts()).toEqual([])
    gateway.confirm(one.paymentId.replaceAll('-', ''))
    await settled()
    expect(verdicts()).toEqual(['held'])
    await journal(one.held, one.captured)
    await settled()
    expect(await books()).toBe(1205)
  })

  it('is cancelled when nobody types one, and nothing is taken', async () => {
    const one = sale('01')
    await journal(one.intended)
    await settled()
    expect(verdicts()).toEqual(['scheme.not_confirmed'])
    expect(gateway.asked.at(-1)).toBe('alipay.trade.cancel')
    expect(await books()).toBe(0)
  })

  it.each([
    ['02', 'hub.insufficient_funds'],
    ['03', 'code.expired'],
  ])('is refused with %s: %s', async (ends, code) => {
    await journal(sale(ends).intended)
    await settled()
    expect(verdicts()).toEqual([code])
    expect(await books()).toBe(0)
  })

  it.each([
    ['04', 'says nothing though the money moved'],
    ['05', 'is cut though the money moved'],
  ])('with %s, which %s, is asked about and found paid', async (ends) => {
    const one = sale(ends)
    await journal(one.intended)
    await settled()
    expect(verdicts()).toEqual(['held'])
    await journal(one.held, one.captured)
    await settled()
    expect(await books()).toBe(1205)
  })

  it('that stays unknown is cancelled until Alipay says so', async () => {
    gateway.spoil(...Array.from({ length: 6 }, () => 'forged' as const))
    const one = sale('00')
    await journal(one.intended)
    await settled()
    for (let round = 0; round < 6; round++) {
      rig.clock.advance(MINUTE)
      await settled()
    }
    expect(verdicts()).toEqual(['scheme.not_confirmed'])
    expect(await books()).toBe(0)
  })

  it('that the till has given up meanwhile goes back', async () => {
    const one = sale('05')
    await journal(one.intended, one.unknown, one.reversed)
    await settled()
    rig.clock.advance(MINUTE)
    await settled()
    expect(await payment(one)).toMatchObject({ state: 'REVERSED' })
    expect(await books()).toBe(0)
  })

  it('goes back in parts and then as a whole, each part once, also when Alipay is silent about it', async () => {
    const [one, two] = [sale('00'), sale('00', 990)]
    await journal(one.intended, two.intended)
    await settled()
    await journal(one.held, one.captured, two.held, two.captured)
    await settled()
    await journal(one.refunded(200))
    await settled()
    expect(await books()).toBe(1205 - 200 + 990)
    gateway.spoil('cut', 'forged', 'cut')
    await journal(one.refunded(200))
    await settled()
    expect(await books()).toBe(1205 - 400 + 990)
    await journal(two.voided)
    await settled()
    expect(await books()).toBe(1205 - 400)
  })

  it('was refunded before it was captured at Alipay, where there is no such step', async () => {
    const one = sale('00')
    await journal(one.intended)
    await settled()
    await journal(one.held, one.captured, one.refunded(205))
    await settled()
    expect(await books()).toBe(1000)
  })

  it('is undone when the hub was killed while Alipay was asked', async () => {
    const one = sale('01')
    await journal(one.intended)
    await expect.poll(() => gateway.trades).toBeGreaterThan(0)
    // The process is gone: what it had begun is found in the store by the next.
    const store = openMemoryStore(rig.disk)
    acquirer.close()
    await rig.hub.stop()
    gateway.confirm(one.paymentId.replaceAll('-', ''))
    const again = await makeRig({ shop, store, keys: rig.keys, alipay: connect() })
    await again.hub.cardsIdle()
    const [row] = await store.get('payments', [one.paymentId])
    expect(row).toMatchObject({ verdict: 'scheme.not_confirmed', funds: 'none' })
    expect(gateway.paidFen(one.paymentId.replaceAll('-', ''))).toBe(0)
  })
})

describe('what is not taken', () => {
  it('is a code a second time', async () => {
    const one = sale('00')
    const again = sale('00', 1205, one.code)
    await journal(one.intended, again.intended)
    await settled()
    expect([...verdicts()].sort()).toEqual(['held', 'hub.duplicate_code'])
  })

  it.each([
    ['wechat_pay', '10'.padEnd(18, '0')],
    ['unionpay', '62'.padEnd(19, '0')],
  ] as const)('is %s', async (scheme, code) => {
    const { intended } = sale('00')
    await journal({ ...intended, body: { ...intended.body, instrument: { type: 'scheme', scheme, code } } })
    await settled()
    expect(verdicts()).toEqual([`scheme.${scheme}_not_connected`])
  })

  it('is Alipay where the shop has no settings for it', async () => {
    rig = await makeRig({ shop })
    till = await rig.till()
    await journal(sale('00').intended)
    await settled()
    expect(verdicts()).toEqual(['scheme.alipay_not_connected'])
  })

  it('is what a till accepts alone: nothing is asked with a code of long ago, and a person looks', async () => {
    const one = sale('00')
    await journal(one.intended, { kind: 'payment.accepted_offline', body: { paymentId: one.paymentId, policyVersion: 1, because: 'offline' } }, one.captured)
    await settled()
    expect(await payment(one)).toMatchObject({ state: 'RECOVERY' })
    expect((await rig.exceptions()).map(([, , code]) => code)).toContain('policy.kind_not_offline')
    expect(await books()).toBe(0)
  })
})
