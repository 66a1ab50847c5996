import { createServer, type Server } from 'node:http'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { LOOPBACK_NAMES, MAX_PACKET_BYTES, openEmbeddedCarrier, type EmbeddedCarrier } from './embedded.ts'
import { certificateAuthority } from '../certificates.ts'
import { listen } from '../listen.ts'
import { nextId } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { downFilter, downTopic, upTopic } from '#protocol/topics.ts'

const [one, two] = [nextId(), nextId()]
const PASSWORD = 'the password of this till'
const authority = certificateAuthority(signerFromSeed(new Uint8Array(32).fill(1)), nodeCrypto)

let http: Server
let carrier: EmbeddedCarrier
let heard: string[] = []
let address = ''
const clients: MqttClient[] = []
beforeEach(async () => {
  heard = []
  carrier = await openEmbeddedCarrier({
    port: 0,
    tls: { authority, hosts: LOOPBACK_NAMES },
    isTill: ({ till, password }) => Promise.resolve([one, two].includes(till) && password === PASSWORD),
    warn: () => undefined,
  })
  carrier.onMessage((topic, payload) => heard.push(`${topic} ${payload.length}`))
  http = createServer()
  address = `ws://127.0.0.1:${await listen(http, '127.0.0.1', 0, 'HTTP', () => undefined)}/mqtt`
  carrier.serveWebSockets(http, address)
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  await carrier.close()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

async function till(over: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect(address, {
    protocolVersion: 4,
    clientId: one,
    username: one,
    password: PASSWORD,
    reconnectPeriod: 0,
    connectTimeout: 3000,
    ...over,
  })
  clients.push(client)
  client.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('close', () => reject(new Error('refused')))
  })
  return client
}
/** What a WebSocket comes to that is no till's: the status of the answer to its upgrade, or `open`. */
const upgrade = (url: string, protocols: string[], headers: Record<string, string> = {}): Promise<number | 'open'> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, { headers })
    socket.on('error', () => undefined)
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('open', () => {
      resolve('open')
      socket.terminate()
    })
  })

describe('MQTT over WebSocket', () => {
  it('carries what MQTT over TCP carries, up to the largest batch', async () => {
    expect(carrier.webSocketUrl).toBe(address)
    const client = await till()
    const got: string[] = []
    client.on('message', (topic) => got.push(topic))
    await client.subscribeAsync(downFilter(one), { qos: 1 })
    carrier.publish(downTopic(one, 'ack'), new Uint8Array(3), false)
    await client.publishAsync(upTopic(one), Buffer.alloc(640 * 1024), { qos: 1 })
    await until(() => expect(heard).toEqual([`${upTopic(one)} ${640 * 1024}`]))
    await until(() => expect(got).toEqual([downTopic(one, 'ack')]))
  })

  it.each<[string, IClientOptions]>([
    ['a wrong password', { password: 'another one' }],
    ['another name than its own', { username: two }],
    ['a till that nobody knows', { username: 'x', clientId: 'x' }],
  ])('refuses %s', async (_, over) => await expect(till(over)).rejects.toThrow('refused'))

  it.each([upTopic(two), downTopic(one, 'ack'), 'elsewhere'])('hangs up on a till that publishes %s', async (topic) => {
    const client = await till()
    const hungUp = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish(topic, 'x', { qos: 1 }, () => undefined)
    await hungUp
    expect(heard).toEqual([])
  })

  it('gives a till nothing of another', async () => {
    const client = await till()
    const granted = await client.subscribeAsync(downFilter(two), { qos: 1 }).then(
      (grants) => grants.map(({ qos }) => Number(qos)),
      () => [128],
    )
    expect(granted).toEqual([128])
  })

  it.each<[string, number | 'open', () => Promise<number | 'open'>]>([
    ['a till', 'open', () => upgrade(address, ['mqtt'])],
    ['a till that also offers another sub-protocol', 'open', () => upgrade(address, ['mqttv3.1', 'mqtt'])],
    ['a page of the web', 403, () => upgrade(address, ['mqtt'], { origin: 'https://elsewhere.example' })],
    ['a page of this very machine', 403, () => upgrade(address, ['mqtt'], { origin: new URL(address).origin.replace('ws', 'http') })],
    ['another sub-protocol', 400, () => upgrade(address, ['chat'])],
    ['no sub-protocol', 400, () => upgrade(address, [])],
    ['another path', 404, () => upgrade(address.replace('/mqtt', '/events'), ['mqtt'])],
  ])('%s: %s', async (_, expected, ask) => expect(await ask()).toBe(expected))

  it.each<[string, (socket: WebSocket) => void]>([
    ['a frame above the largest packet', (socket) => socket.send(Buffer.alloc(MAX_PACKET_BYTES + 1))],
    ['a packet that announces 256 MB', (socket) => socket.send(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))],
    ['text', (socket) => socket.send('hello')],
    ['what is no MQTT', (socket) => socket.send(Uint8Array.of(0, 0, 0, 0))],
  ])('hangs up on %s', async (_, say) => {
    const socket = new WebSocket(address, ['mqtt'])
    socket.on('error', () => undefined)
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')))
    socket.once('open', () => say(socket))
    expect(await closed).toBe('closed')
    expect(heard).toEqual([])
  })
})
