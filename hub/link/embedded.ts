import { createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { PacketGauge } from './packet-gauge.ts'
import type { Carrier } from './carrier.ts'
import { listen } from '../listen.ts'
import { MAX_BATCH_BYTES } from '#protocol/hub/messages.ts'
import { isId } from '#protocol/ids.ts'
import { allLinkFilter, allUpFilter, linkTopic, parseTopic, tillMay } from '#protocol/topics.ts'

export type EmbeddedOptions = {
  /** 0 for any. */
  readonly port: number
  isTillPassword(till: string, password: string): Promise<boolean>
  warn(line: string): void
}

const HOST = '127.0.0.1'
/** A batch and what MQTT puts around it. */
const MAX_PACKET_BYTES = MAX_BATCH_BYTES + 1024
const MAX_CLIENTS = 2000
const MAX_WILL_BYTES = 64
const CONNECT_TIMEOUT_MS = 10_000
const DRAIN_TIMEOUT_MS = 10_000

/**
 * A broker inside the hub's process, for one machine. Only loopback: MQTT without TLS does not belong on a network. Aedes acknowledges a
 * PUBLISH (QoS 1) before anybody has stored it, so its PUBACK means nothing here.
 */
export async function openEmbeddedCarrier({ port, isTillPassword, warn }: EmbeddedOptions): Promise<Carrier> {
  const broker = await Aedes.createBroker({ connectTimeout: CONNECT_TIMEOUT_MS, drainTimeout: DRAIN_TIMEOUT_MS, maxInflightInbound: 1, maxTopicLevels: 8 })

  broker.preConnect = (_client, packet, done) => {
    const { will, clientId } = packet
    const mayWill = will === undefined || (isId(clientId) && will.topic === linkTopic(clientId) && will.payload.length <= MAX_WILL_BYTES)
    // What a till missed it asks for again, so nothing has to be kept for it here while it is away.
    packet.clean = true
    // Only an error ends the connection here; a mere "no" would leave it open for ever.
    const allowed = mayWill && broker.connectedClients < MAX_CLIENTS
    done(allowed ? null : new Error('not a till of ours, or too many'), allowed)
  }
  broker.authenticate = (client, username, password, done) => {
    if (username === undefined || password === undefined || client.id !== username) return done(null, false)
    isTillPassword(username, password.toString('utf8')).then(
      (right) => done(null, right),
      (error: unknown) => {
        warn(`the password of a till could not be checked: ${String(error)}`)
        done(null, false)
      },
    )
  }
  broker.authorizePublish = (client, packet, done) => {
    const channel = parseTopic(packet.topic)?.channel
    // A client that is gone is null: then this is its will, whose topic was checked when it came.
    const allowed = client === null ? channel === 'link' : tillMay(client.id, 'publish', packet.topic) && packet.qos < 2 && !(packet.retain && channel === 'up')
    done(allowed ? null : new Error('not a topic of this till'))
  }
  broker.authorizeSubscribe = (client, subscription, done) => done(null, tillMay(client.id, 'subscribe', subscription.topic) ? subscription : null)

  const server = createServer((socket) => {
    limitPackets(socket)
    broker.handle(socket)
  })
  server.maxConnections = MAX_CLIENTS
  const bound = await listen(server, HOST, port, 'MQTT', warn)

  let heard: (topic: string, payload: Uint8Array) => void = () => undefined
  for (const filter of [allUpFilter, allLinkFilter]) {
    await new Promise<void>((resolve) => {
      broker.subscribe(
        filter,
        (packet, done) => {
          heard(packet.topic, typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload)
          done()
        },
        resolve,
      )
    })
  }
  return {
    url: `mqtt://${HOST}:${bound}`,
    publish(topic, payload, retain) {
      broker.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false }, () => undefined)
    },
    onMessage(listener) {
      heard = listener
    },
    onConnect: (listener) => listener(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        broker.close()
      }),
  }
}

/** Aedes pulls bytes with `read`; this looks at them on their way, and ends the connection of a client that announces too large a packet. */
function limitPackets(socket: Socket): void {
  const gauge = new PacketGauge(MAX_PACKET_BYTES)
  const read = socket.read.bind(socket) as (size?: number) => Uint8Array | null
  socket.read = (size?: number) => {
    const chunk = read(size)
    if (chunk === null || gauge.accepts(chunk)) return chunk
    socket.destroy()
    return null
  }
}
