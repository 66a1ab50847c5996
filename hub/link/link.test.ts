import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { Aedes } from 'aedes'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Carrier } from './carrier.ts'
import { openEmbeddedCarrier } from './embedded.ts'
import { openExternalCarrier } from './external.ts'
import { certificateAuthority } from '../certificates.ts'
import { listen } from '../listen.ts'
import { nextId } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { downFilter, downTopic, linkTopic, upTopic } from '#protocol/topics.ts'

const [one, two] = [nextId(), nextId()]
const passwords = new Map([
  [one, 'password of one'],
  [two, 'password of two'],
])
const authority = certificateAuthority(signerFromSeed(new Uint8Array(32).fill(1)), nodeCrypto)
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const bytes = (words: string) => new TextEncoder().encode(words)

let carrier: Carrier
let heard: string[] = []
const clients: MqttClient[] = []
beforeEach(async () => {
  heard = []
  carrier = await openEmbeddedCarrier({
    port: 0,
    isTill: ({ till, password }) => Promise.resolve(passwords.get(till) === password),
    warn: () => undefined,
  })
  carrier.onMessage((topic, payload) => heard.push(`${topic} ${payload.length > 99 ? payload.length : text(payload)}`))
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  await carrier.close()
})
async function client(till: string, over: IClientOptions = {}): Promise<MqttClient> {
  const options = {
    protocolVersion: 4,
    clientId: till,
    username: till,
    password: passwords.get(till) ?? '',
    reconnectPeriod: 0,
    connectTimeout: 3000,
    ...over,
  } as const
  const connected = mqtt.connect(carrier.url, options)
  clients.push(connected)
  connected.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    connected.once('connect', () => resolve())
    connected.once('close', () => reject(new Error('refused')))
  })
  return connected
}
const hungUp = (till: MqttClient) => new Promise<void>((resolve) => till.once('close', () => resolve()))

describe('the embedded broker', () => {
  it('carries batches up and answers down, retained ones for those who come later', async () => {
    carrier.publish(downTopic(one, 'policy'), bytes('rules'), true)
    const till = await client(one)
    const got: string[] = []
    till.on('message', (topic, payload) => got.push(`${topic} ${text(payload)}`))
    await till.subscribeAsync(downFilter(one), { qos: 1 })
    carrier.publish(downTopic(one, 'ack'), bytes('yes'), false)
    carrier.publish(downTopic(two, 'ack'), bytes('not yours'), false)
    await till.publishAsync(upTopic(one), 'batch', { qos: 1 })
    await until(() => expect(got.toSorted()).toEqual([`${downTopic(one, 'ack')} yes`, `${downTopic(one, 'policy')} rules`]))
    await until(() => expect(heard).toEqual([`${upTopic(one)} batch`]))
  })

  it('says when a till is gone without a word', async () => {
    const till = await client(one, { will: { topic: linkTopic(one), payload: Buffer.from('offline'), qos: 1, retain: true } })
    await till.publishAsync(linkTopic(one), 'online', { qos: 1, retain: true })
    till.stream.destroy()
    await until(() => expect(heard).toEqual([`${linkTopic(one)} online`, `${linkTopic(one)} offline`]))
  })

  it.each([
    ['a wrong password', one, { password: 'password of two' }],
    ['no password', one, { password: undefined }],
    ['another client id than its own', one, { clientId: two }],
    ['an unknown name', nextId(), { password: 'password of one' }],
    ['a will on another till’s topic', one, { will: { topic: linkTopic(two), payload: Buffer.from('offline'), qos: 1 as const, retain: true } }],
  ])('refuses %s', async (_, till, over) => {
    await expect(client(till, over as IClientOptions)).rejects.toThrow('refused')
  })

  it.each([
    ['under another till’s topic', upTopic(two), {}],
    ['what only the hub says', downTopic(one, 'ack'), {}],
    ['retained batches', upTopic(one), { retain: true }],
    ['with QoS 2', upTopic(one), { qos: 2 as const }],
    ['somewhere else', 'elsewhere', {}],
  ])('hangs up on a till that publishes %s', async (_, topic, over) => {
    const till = await client(one)
    till.publish(topic, 'x', { qos: 1, ...over }, () => undefined)
    await hungUp(till)
    expect(heard).toEqual([])
  })

  it('gives a till nothing of another', async () => {
    const till = await client(one)
    for (const filter of [downFilter(two), '#', downTopic(one, 'ack'), '+/+/till/+/down/+']) {
      await till.subscribeAsync(filter, { qos: 1 }).then(
        (granted) => expect(granted.map(({ qos }) => qos)).toEqual([128]),
        (error: Error) => expect(error.message).toContain('Unspecified'),
      )
    }
  })

  it('takes the largest batch and hangs up on a larger packet before its body comes', async () => {
    const till = await client(one)
    await till.publishAsync(upTopic(one), Buffer.alloc(640 * 1024), { qos: 1 })
    await until(() => expect(heard).toEqual([`${upTopic(one)} ${640 * 1024}`]))

    const raw = connectTcp(Number(new URL(carrier.url).port), '127.0.0.1')
    await once(raw, 'connect')
    // PUBLISH, remaining length 268,435,455: no connection has been made, no body will come.
    raw.on('error', () => undefined)
    raw.write(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))
    // Long before the broker would tire of waiting for a CONNECT.
    await vi.waitFor(() => expect(raw.closed).toBe(true), 6000)
  })

  it('gets another port, with a word, when its port is taken', async () => {
    const words: string[] = []
    const taken = Number(new URL(carrier.url).port)
    const second = await openEmbeddedCarrier({ port: taken, isTill: () => Promise.resolve(false), warn: (line) => words.push(line) })
    expect(Number(new URL(second.url).port)).not.toBe(taken)
    expect(words.join()).toContain(`port ${taken} for MQTT is in use`)
    await second.close()
  })
})

describe('a broker elsewhere', () => {
  let broker: Aedes
  let server: Server
  let port = 0
  const sockets = new Set<Socket>()
  beforeEach(async () => {
    broker = await Aedes.createBroker()
    broker.authenticate = (_client, username, password, done) => done(null, username !== 'hub' || password?.toString() === 'p@ss')
    sockets.clear()
    server = createServer((socket) => {
      sockets.add(socket)
      broker.handle(socket)
    })
    port = await listen(server, '127.0.0.1', 0, 'MQTT', () => undefined)
  })
  afterEach(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    await new Promise((resolve) => server.close(resolve))
  })

  it('is used with the hub’s login, and published to anew after it was away', async () => {
    const warnings: string[] = []
    const external = openExternalCarrier(`mqtt://hub:p%40ss@127.0.0.1:${port}`, authority, (line) => warnings.push(line))
    expect(external.url).toBe(`mqtt://127.0.0.1:${port}`)
    const got: string[] = []
    external.onMessage((topic, payload) => got.push(`${topic} ${text(payload)}`))
    let connected = 0
    external.onConnect(() => {
      connected++
      external.publish(downTopic(one, 'policy'), bytes(`rules ${connected}`), true)
    })
    await until(() => expect(connected).toBe(1))
    const till = mqtt.connect(external.url, { clientId: one, username: one, protocolVersion: 4, reconnectPeriod: 100 })
    clients.push(till)
    const down: string[] = []
    till.on('message', (_topic, payload) => down.push(text(payload)))
    await till.subscribeAsync(downFilter(one), { qos: 1 })
    await till.publishAsync(upTopic(one), 'batch', { qos: 1 })
    await until(() => expect(got).toEqual([`${upTopic(one)} batch`]))
    await until(() => expect(down).toEqual(['rules 1']))
    expect(warnings).toEqual([])

    for (const connection of sockets) connection.destroy()
    await until(() => expect(connected).toBe(2))
    await until(() => expect(down).toContain('rules 2'))
    await external.close()
  })

  it('that is not there yet does not keep the hub from starting', async () => {
    const free = createServer()
    const empty = await listen(free, '127.0.0.1', 0, 'nothing', () => undefined)
    await new Promise((resolve) => free.close(resolve))
    const warnings: string[] = []
    const external = openExternalCarrier(`mqtt://hub:x@127.0.0.1:${empty}`, authority, (line) => warnings.push(line))
    external.publish('anything', bytes('lost'), false)
    await until(() => expect(warnings.length).toBeGreaterThan(0))
    await external.close()
  })
})
