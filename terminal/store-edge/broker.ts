import { once } from 'node:events'
import { Aedes, type Client } from 'aedes'
import type { Members } from './members.ts'
import { isId } from '#protocol/ids.ts'
import { MAX_COPY_BYTES } from '#protocol/lanes/messages.ts'
import { laneMay, parseLaneTopic } from '#protocol/lanes/topics.ts'
import { mutualTlsServer, type ServerIdentity } from '#protocol/node/mutual-tls.ts'
import { limitPackets } from '#protocol/node/packet-gauge.ts'

const MAX_PACKET_BYTES = MAX_COPY_BYTES + 1024
const MAX_CLIENTS = 400
const CONNECT_TIMEOUT_MS = 10_000
const DRAIN_TIMEOUT_MS = 10_000

export type EdgeBroker = { readonly port: number; close(): Promise<void> }

/**
 * The wire between the tills of one store: MQTT over TLS 1.3 with the tills' own certificates, the same by which they come to the hub. It keeps nothing for
 * anybody and understands nothing of what it carries but the documents that say who belongs here. A till that those do not name may bring newer ones, and nothing else.
 */
export async function openEdgeBroker(
  identity: ServerIdentity,
  { host, port }: { readonly host: string; readonly port: number },
  members: Members,
  log: (line: string) => void,
): Promise<EdgeBroker> {
  const broker = await Aedes.createBroker({ connectTimeout: CONNECT_TIMEOUT_MS, drainTimeout: DRAIN_TIMEOUT_MS, maxInflightInbound: 100, maxTopicLevels: 10 })
  const keys = new WeakMap<object, Uint8Array>()
  const names = new WeakMap<object, string>()
  const isMember = (client: Client): boolean => members.isMember(client.id, keys.get(client.conn) ?? new Uint8Array(0))

  broker.preConnect = (client, packet, done) => {
    packet.clean = true
    // Its name is that of its certificate, and nobody leaves a last word.
    const allowed = packet.will === undefined && isId(packet.clientId) && names.get(client.conn) === packet.clientId && broker.connectedClients < MAX_CLIENTS
    done(allowed ? null : new Error('not a till of ours, or too many'), allowed)
  }
  broker.authorizePublish = (client, packet, done) => {
    const topic = parseLaneTopic(packet.topic)
    if (client === null || topic === undefined || topic.from !== client.id || packet.retain || packet.qos > 1)
      return done(new Error('not a topic of this till'))
    if (topic.channel === 'settings') {
      const taken = members.take(topic.kind, typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload)
      if (!taken.ok) log(`${client.id} brought ${topic.kind} that count for nothing: ${taken.code}`)
      return done(null)
    }
    const allowed = isMember(client) && members.store !== undefined && laneMay(members.store, client.id, 'publish', packet.topic)
    done(allowed ? null : new Error('not a topic of this till'))
  }
  broker.authorizeSubscribe = (client, subscription, done) => {
    const allowed = isMember(client) && members.store !== undefined && laneMay(members.store, client.id, 'subscribe', subscription.topic)
    done(null, allowed ? subscription : null)
  }
  // Who is no member any more hears nothing more, from the next message on.
  broker.authorizeForward = (client, packet) => (isMember(client) ? packet : null)

  const server = mutualTlsServer(identity, (socket, publicKey) => {
    keys.set(socket, publicKey)
    names.set(socket, /^CN=(.+)$/m.exec(socket.getPeerX509Certificate()?.subject ?? '')?.[1] ?? '')
    limitPackets(socket, MAX_PACKET_BYTES)
    broker.handle(socket)
  })
  server.maxConnections = MAX_CLIENTS
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        broker.close()
      }),
  }
}
