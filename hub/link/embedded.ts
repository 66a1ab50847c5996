import { createServer, type Server } from 'node:net'
import type { Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { Aedes, type Client } from 'aedes'
import type { Carrier } from './carrier.ts'
import { acceptWebSockets } from './web-socket.ts'
import type { CertificateAuthority } from '../certificates.ts'
import type { TillClaim } from '../enrolment.ts'
import { listen } from '../listen.ts'
import { MAX_BATCH_BYTES } from '#protocol/hub/messages.ts'
import { isId } from '#protocol/ids.ts'
import { limitPackets } from '#protocol/node/packet-gauge.ts'
import { certificatePem, mutualTlsServer } from '#protocol/node/mutual-tls.ts'
import { freshSeed, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { allHealthFilter, allLinkFilter, allUpFilter, linkTopic, parseTopic, tillMay } from '#protocol/topics.ts'

export type EmbeddedOptions = {
  /** 0 for any. */
  readonly port: number
  /** Undefined: MQTT without TLS, and then only on this machine. */
  readonly tls?: BrokerTls | undefined
  isTill(claim: TillClaim): Promise<boolean>
  warn(line: string): void
}

export type BrokerTls = {
  readonly authority: CertificateAuthority
  /** Names and addresses by which tills reach this hub; they connect to the first. With one that is not of this machine, every interface is listened on. */
  readonly hosts: readonly string[]
}

export type EmbeddedCarrier = Carrier & {
  /** Takes MQTT over WebSocket from this server's `/mqtt` as well; `url` is where tills find it, undefined if they cannot reach it. */
  serveWebSockets(server: HttpServer, url: string | undefined): void
}

export const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '::1']
const HOST = '127.0.0.1'
/** A batch and what MQTT puts around it. */
export const MAX_PACKET_BYTES = MAX_BATCH_BYTES + 1024
const MAX_CLIENTS = 2000
const MAX_WILL_BYTES = 64
const CONNECT_TIMEOUT_MS = 10_000
const DRAIN_TIMEOUT_MS = 10_000

/**
 * A broker inside the hub's process, for TLS with the tills' own certificates (TLS 1.3, RFC 8446), and without TLS on the loopback only. Aedes acknowledges
 * a PUBLISH (QoS 1) before anybody has stored it, so its PUBACK means nothing here.
 */
export async function openEmbeddedCarrier({ port, tls, isTill, warn }: EmbeddedOptions): Promise<EmbeddedCarrier> {
  const broker = await Aedes.createBroker({ connectTimeout: CONNECT_TIMEOUT_MS, drainTimeout: DRAIN_TIMEOUT_MS, maxInflightInbound: 1, maxTopicLevels: 8 })
  /** The public key in the certificate of each connection that came over TLS. */
  const keys = new WeakMap<object, Uint8Array>()
  const accept = (connection: Duplex): void => {
    limitPackets(connection, MAX_PACKET_BYTES)
    broker.handle(connection)
  }

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
    isTill({ till: username, password: password.toString('utf8'), publicKey: keys.get(client.conn) }).then(
      (right) => done(null, right),
      (error: unknown) => {
        warn(`a till could not be checked: ${String(error)}`)
        done(null, false)
      },
    )
  }
  broker.authorizePublish = (client, packet, done) => {
    const channel = parseTopic(packet.topic)?.channel
    // A client that is gone is null: then this is its will, whose topic was checked when it came.
    const allowed =
      client === null ? channel === 'link' : tillMay(client.id, 'publish', packet.topic) && packet.qos < 2 && !(packet.retain && channel !== 'link')
    done(allowed ? null : new Error('not a topic of this till'))
  }
  broker.authorizeSubscribe = (client, subscription, done) => done(null, tillMay(client.id, 'subscribe', subscription.topic) ? subscription : null)

  const connected = new Map<string, Client>()
  broker.on('client', (client) => void connected.set(client.id, client))
  broker.on('clientDisconnect', (client) => {
    if (connected.get(client.id) === client) connected.delete(client.id)
  })

  const server = tls === undefined ? createServer(accept) : createTls(tls, keys, accept)
  server.maxConnections = MAX_CLIENTS
  const bound = await listen(server, interfaceFor(tls?.hosts ?? []), port, 'MQTT', warn)

  let heard: (topic: string, payload: Uint8Array) => void = () => undefined
  for (const filter of [allUpFilter, allHealthFilter, allLinkFilter]) {
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
  let webSockets: { readonly url: string | undefined; close(): void } | undefined
  return {
    url: tls === undefined ? `mqtt://${HOST}:${bound}` : `mqtts://${inUrl(tls.hosts[0] ?? HOST)}:${bound}`,
    get webSocketUrl() {
      return webSockets?.url
    },
    certificatesFor: tls && ((till, publicKey) => ({ authority: tls.authority.certificate, certificate: tls.authority.forClient(till, publicKey) })),
    serveWebSockets(http, url) {
      webSockets = { url, close: acceptWebSockets(http, MAX_PACKET_BYTES, accept) }
    },
    publish(topic, payload, retain) {
      broker.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false }, () => undefined)
    },
    cutOff: (till) => connected.get(till)?.close(),
    onMessage(listener) {
      heard = listener
    },
    onConnect: (listener) => listener(),
    close: () =>
      new Promise((resolve) => {
        webSockets?.close()
        server.close(() => resolve())
        broker.close()
      }),
  }
}

/** The loopback for names of this machine, otherwise every interface; of IPv6 too only where a name needs it, since not every machine has it. */
function interfaceFor(hosts: readonly string[]): string {
  if (hosts.every((host) => LOOPBACK_NAMES.includes(host))) return HOST
  return hosts.some((host) => host.includes(':')) ? '::' : '0.0.0.0'
}

/** An address of IPv6 in a URL (RFC 3986 §3.2.2). */
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The broker's key is made for this process and never leaves its memory; tills know it by the authority's signature on it. */
function createTls({ authority, hosts }: BrokerTls, keys: WeakMap<object, Uint8Array>, accept: (connection: Duplex) => void): Server {
  const seed = freshSeed()
  const cert = certificatePem(authority.forServer(hosts, signerFromSeed(seed).publicKey))
  return mutualTlsServer({ key: privateKeyPem(seed), cert, ca: certificatePem(authority.certificate) }, (socket, publicKey) => {
    keys.set(socket, publicKey)
    accept(socket)
  })
}
