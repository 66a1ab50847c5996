import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type IClientOptions } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packed } from '#protocol/hub/messages.ts'
import { freshSeed, nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { downFilter, downTopic, upTopic } from '#protocol/topics.ts'
import { certificateAuthority } from '../../hub/certificates.ts'
import { fileVault } from '../../hub/keys.ts'
import { readIdentity, type IdentityFile } from '../../terminal/core/identity.ts'
import { buildPages } from '../demo/pages.ts'
import { freePort, ROOT, startShop, type Shop } from '../demo/shop.ts'
import { payWith, scanProduct, takePayment, untilHub } from './cashier.ts'
import { newCustomer } from './customer.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

/**
 * The same shop over Debian's Mosquitto in place of the embedded broker: every guarantee is the application's own, so the broker may be any.
 * The access rules that it is given here are the ones that the embedded broker enforces (`tillMay`), and it knows everybody by the certificate that the
 * hub gave them: docs/architecture.md, "Brokers elsewhere", has these settings for an operator.
 */
const RULES = `user hub
topic readwrite sp/1/#
pattern write sp/1/till/%u/up
pattern write sp/1/till/%u/health
pattern write sp/1/till/%u/link
pattern read sp/1/till/%u/down/+
`

/** As the hub itself comes: by a certificate for a key of the moment. */
function asHub(data: string): IClientOptions {
  const authority = certificateAuthority(fileVault(join(data, 'keys'), freshSeed).root, nodeCrypto)
  const seed = freshSeed()
  const cert = certificatePem(authority.forClient('hub', signerFromSeed(seed).publicKey))
  return { ca: certificatePem(authority.certificate), cert, key: privateKeyPem(seed) }
}

describe('Mosquitto as the broker', () => {
  let folder: string
  let broker: ChildProcess
  let port: number
  let shop: Shop
  let till: IdentityFile

  /** As who: a till by its own certificate, or nobody in particular. */
  const asTill = ({ till: name, seed, mqtt: access }: IdentityFile) => ({
    ca: certificatePem(packed.bytes(access.tls?.authority ?? '')),
    cert: certificatePem(packed.bytes(access.tls?.certificate ?? '')),
    key: privateKeyPem(packed.key(seed) ?? new Uint8Array(32)),
    clientId: name,
  })
  const comes = (url: string, options: IClientOptions): Promise<'in' | 'refused'> =>
    new Promise((resolve) => {
      const client = mqtt.connect(url, { reconnectPeriod: 0, connectTimeout: 5000, ...options })
      client.on('error', () => undefined)
      client.once('close', () => resolve('refused'))
      client.once('connect', () => {
        resolve('in')
        client.end(true)
      })
    })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mosquitto-'))
    port = await freePort(0, 'Mosquitto', () => {})
    writeFileSync(join(folder, 'acl'), RULES, { mode: 0o600 })
    const made = spawnSync(process.execPath, [
      join(ROOT, 'hub/broker-certificate.ts'),
      '--data',
      join(folder, 'shop/hub'),
      '--host',
      '127.0.0.1',
      '--host',
      'localhost',
      '--out',
      join(folder, 'tls'),
    ])
    if (made.status !== 0) throw new Error(made.stderr.toString())
    const config = [
      `listener ${port} 127.0.0.1`,
      `cafile ${folder}/tls/authority.pem`,
      `certfile ${folder}/tls/broker.pem`,
      `keyfile ${folder}/tls/broker.key`,
      'tls_version tlsv1.3',
      'require_certificate true',
      'use_identity_as_username true',
      'allow_anonymous false',
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
      broker: `mqtts://127.0.0.1:${port}`,
      log: () => {},
    })
    const identity = readIdentity(join(folder, 'shop/till'))
    if (identity === undefined) throw new Error('the till is enrolled')
    till = identity
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

  it('lets nobody in who does not come with a certificate of this hub', async () => {
    const foreign = certificateAuthority(signerFromSeed(new Uint8Array(32).fill(9)), nodeCrypto)
    const seed = freshSeed()
    const stranger = { key: privateKeyPem(seed), cert: certificatePem(foreign.forClient(till.till, signerFromSeed(seed).publicKey)) }
    const { ca } = asTill(till)
    const url = `mqtts://127.0.0.1:${port}`
    const withPassword = { username: till.till, password: till.mqtt.password }
    expect(await comes(url, { ...asTill(till), clientId: 'the till again' })).toBe('in')
    expect(await comes(url, { ca, ...withPassword })).toBe('refused')
    expect(await comes(url, { ca, ...stranger, ...withPassword })).toBe('refused')
    expect(await comes(`mqtt://127.0.0.1:${port}`, withPassword)).toBe('refused')
  })

  it('lets a till neither speak nor listen for another', async () => {
    const other = '0198c0de-0000-7000-8000-0000000000ff'
    const url = `mqtts://127.0.0.1:${port}`
    const client = await mqtt.connectAsync(url, { ...asTill(till), clientId: 'intruder', protocolVersion: 5 })
    const hub = await mqtt.connectAsync(url, { ...asHub(join(folder, 'shop/hub')), clientId: 'the hub besides' })
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
