import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downFilter, downTopic, upTopic } from '#protocol/topics.ts'
import { readIdentity, type IdentityFile } from '../../terminal/core/identity.ts'
import { buildPages } from '../demo/pages.ts'
import { freePort, startShop, type Shop } from '../demo/shop.ts'
import { payWith, scanProduct, takePayment, untilHub } from './cashier.ts'
import { newCustomer } from './customer.ts'

/**
 * The same shop over Debian's Mosquitto in place of the embedded broker: every guarantee is the application's own, so the broker may be any.
 * The access rules that it is given here are the ones that the embedded broker enforces (`tillMay`).
 */
const RULES = `user hub
topic readwrite sp/1/#
pattern write sp/1/till/%u/up
pattern write sp/1/till/%u/link
pattern read sp/1/till/%u/down/+
`
const HUB_PASSWORD = 'the hub of this test only'

describe('Mosquitto as the broker', () => {
  let folder: string
  let broker: ChildProcess
  let port: number
  let shop: Shop
  let till: IdentityFile

  const setPassword = (user: string, password: string): void => {
    const done = spawnSync('mosquitto_passwd', ['-b', join(folder, 'passwords'), user, password])
    if (done.status !== 0) throw new Error(done.stderr.toString())
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mosquitto-'))
    port = await freePort(0, 'Mosquitto', () => {})
    writeFileSync(join(folder, 'acl'), RULES, { mode: 0o600 })
    writeFileSync(join(folder, 'passwords'), '', { mode: 0o600 })
    setPassword('hub', HUB_PASSWORD)
    const config = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${folder}/passwords`,
      `acl_file ${folder}/acl`,
      'persistence false',
      'user root',
    ]
    writeFileSync(join(folder, 'mosquitto.conf'), config.join('\n'))
    broker = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
    await buildPages({ log: () => {} })
    shop = await startShop({
      data: join(folder, 'shop'),
      ports: { till: 0, bench: 0, hub: 0 },
      broker: `mqtt://hub:${encodeURIComponent(HUB_PASSWORD)}@127.0.0.1:${port}`,
      log: () => {},
    })
    const identity = readIdentity(join(folder, 'shop/till'))
    if (identity === undefined) throw new Error('the till is enrolled')
    till = identity
    // An operator provisions the broker with what enrolment made; until then the till is refused and keeps trying.
    setPassword(till.till, till.mqtt.password)
    broker.kill('SIGHUP')
    await shop.till.until('online', (view) => view.link.state === 'online', 30_000)
  }, 90_000)

  afterAll(async () => {
    await shop?.stop()
    broker?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('settles online and queued payments exactly once', async () => {
    const customer = await newCustomer(shop.hub.http)
    const product = shop.till.products[0]?.gtin ?? ''
    const sell = async () => {
      await scanProduct(shop, product)
      await takePayment(shop)
      return payWith(shop, await customer.show())
    }
    const approved = [await sell()]
    expect(approved[0]?.decidedBy).toBe('hub')
    shop.counter.cable.pull()
    approved.push(await sell(), await sell())
    shop.counter.cable.plug()
    await shop.till.until('outbox empty', (view) => view.link.state === 'online' && view.link.waiting.entries === 0, 30_000)
    const seen = await untilHub(shop, 'settled', ({ counts }) => counts.settled === approved.length)
    expect(seen.money.balanced).toBe(true)
    expect(seen.payments.map((payment) => payment.id).toSorted()).toEqual(approved.map((payment) => payment.paymentId).toSorted())
  })

  it('loses nothing when the broker is killed and comes back empty', async () => {
    const customer = await newCustomer(shop.hub.http)
    broker.kill('SIGKILL')
    await scanProduct(shop, shop.till.products[0]?.gtin ?? '')
    await takePayment(shop)
    await payWith(shop, await customer.show())
    broker = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
    await shop.till.until('outbox empty', (view) => view.link.state === 'online' && view.link.waiting.entries === 0, 40_000)
    const seen = await untilHub(shop, 'settled', ({ counts }) => counts.settled === 4)
    expect(seen.money.balanced).toBe(true)
  })

  it('lets a till neither speak nor listen for another', async () => {
    const other = '0198c0de-0000-7000-8000-0000000000ff'
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      username: till.till,
      password: till.mqtt.password,
      clientId: 'intruder',
      protocolVersion: 5,
    })
    const hub = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'hub', password: HUB_PASSWORD })
    const heard: string[] = []
    const own = new Promise<void>((done) =>
      client.on('message', (topic) => {
        heard.push(topic)
        if (topic === downTopic(till.till, 'decision')) done()
      }),
    )
    // Mosquitto lets anybody ask and checks what it delivers, so what counts is what arrives.
    await client.subscribeAsync([downFilter(other), downFilter(till.till)], { qos: 1 })
    await hub.publishAsync(downTopic(other, 'decision'), 'not for you', { qos: 1 })
    await hub.publishAsync(downTopic(till.till, 'decision'), 'for you', { qos: 1 })
    await own
    const denied = await client.publishAsync(upTopic(other), 'x', { qos: 1 }).then(
      () => false,
      () => true,
    )
    await Promise.all([client.endAsync(true), hub.endAsync(true)])
    expect(heard.filter((topic) => topic.includes(other))).toEqual([])
    expect(denied).toBe(true)
  })
})
