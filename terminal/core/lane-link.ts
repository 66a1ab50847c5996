import { X509Certificate } from 'node:crypto'
import mqtt, { type MqttClient } from 'mqtt'
import { hex, unhex } from '#protocol/bytes.ts'
import { keyIdOf } from '#protocol/crypto.ts'
import type { LaneSettings } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { MAX_COPY_BYTES } from '#protocol/lanes/messages.ts'
import { copyTopic, laneFilters, laneTopic, parseLaneTopic, settingsTopic } from '#protocol/lanes/topics.ts'
import { nodeCrypto, rawPublicKey } from '#protocol/node/crypto.ts'
import { sealJournal } from '#protocol/node/sealed-journal.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { searchEdge } from './edge-search.ts'
import type { HubTls } from './hub-access.ts'
import type { LanePort } from './ports.ts'

export type LaneLinkOptions = {
  readonly till: Id
  /** As whom this till comes to the hub, and so to the edge. Without it this till has no other lanes. */
  readonly tls: HubTls | undefined
  /** Where the edge is reached from here, if not where the hub says. */
  readonly url: string | undefined
  readonly timers: Timers
  readonly random: () => number
  readonly log: (line: string) => void
  connected(): void
  disconnected(): void
  heard(channel: 'lane' | 'copy', bytes: Uint8Array): void
}

const KEEP_ALIVE_S = 4
const CONNECT_TIMEOUT: DurationMs = 4 * SECOND
const FIRST_RETRY: DurationMs = 250
const LONGEST_RETRY: DurationMs = 10 * SECOND
/** Attempts in vain, after which the network is asked where the edge may be. */
const SEARCH_AFTER = 3

type Edge = NonNullable<LaneSettings['edge']>
type Documents = NonNullable<Parameters<LanePort['configure']>[1]>

/**
 * The way to the store's edge: MQTT 3.1.1 over TLS with the same certificate as to the hub. What is lost on it is asked for again by those who use it, so messages go
 * at QoS 0, and nothing is queued while there is no connection. Which machine the edge is says the hub's signature over its key; an address, wherever it comes from, is
 * only where to try.
 */
export function openLaneLink(options: LaneLinkOptions): LanePort & { close(): void } {
  const { till, tls, timers, log } = options
  let edge: Edge | undefined
  let documents: Documents | undefined
  let client: MqttClient | undefined
  let isUp = false
  let closed = false
  let failures = 0
  let retry = FIRST_RETRY
  let found: string | undefined
  let cancelRetry: () => void = () => {}
  let stopSearch: () => void = () => {}

  const isEdge = (der: Buffer | undefined): boolean => {
    const key = der === undefined ? undefined : rawPublicKey(new X509Certificate(der).publicKey)
    return key !== undefined && edge !== undefined && hex(key) === edge.publicKey
  }

  /** In place of the name that it was reached by. */
  const byKey = {
    checkServerIdentity: (_host: string, shown: { readonly raw?: Buffer }) =>
      isEdge(shown.raw) ? undefined : new Error('not the edge that the hub has signed'),
  }

  const connect = (): void => {
    if (edge === undefined || tls === undefined || closed) return
    const url = options.url ?? (failures % 2 === 1 ? found : undefined) ?? edge.url
    const mine = mqtt.connect(url, {
      ...tls,
      ...byKey,
      protocolVersion: 4,
      clientId: till,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      reschedulePings: false,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT,
      resubscribe: false,
      queueQoSZero: false,
    })
    client = mine
    mine.on('connect', () => void enter(mine))
    mine.on('message', (topic, payload) => {
      const parsed = parseLaneTopic(topic)
      if (mine !== client || parsed === undefined || parsed.channel === 'settings' || payload.length > MAX_COPY_BYTES) return
      if (parsed.from !== till) options.heard(parsed.channel, payload)
    })
    mine.on('error', (error) => log(`edge: ${error.message}`))
    mine.on('close', () => drop(mine))
  }

  /** Brings the documents that say who belongs here, and then asks to hear the others. */
  const enter = async (mine: MqttClient): Promise<void> => {
    if (documents === undefined) return drop(mine)
    try {
      await mine.publishAsync(settingsTopic(documents.store, till, 'keys'), Buffer.from(documents.keys), { qos: 1 })
      await mine.publishAsync(settingsTopic(documents.store, till, 'lanes'), Buffer.from(documents.lanes), { qos: 1 })
      const granted = await mine.subscribeAsync([...laneFilters(documents.store, till)], { qos: 0 })
      if (granted.some(({ qos }) => qos >= 128)) throw new Error('the edge does not know this till')
    } catch (error) {
      log(`edge: ${error instanceof Error ? error.message : String(error)}`)
      return drop(mine)
    }
    if (mine !== client) return
    isUp = true
    failures = 0
    retry = FIRST_RETRY
    stopSearch()
    options.connected()
  }

  const drop = (which: MqttClient): void => {
    which.end(true)
    if (which !== client) return
    client = undefined
    if (isUp) options.disconnected()
    else failures += 1
    isUp = false
    if (closed || edge === undefined) return
    if (failures === SEARCH_AFTER && edge.mdns) search(edge)
    const delay = retry * (0.5 + options.random())
    retry = Math.min(LONGEST_RETRY, retry * 2)
    cancelRetry = timers.after(delay, connect)
  }

  const search = ({ publicKey }: Edge): void => {
    stopSearch()
    const stop = searchEdge(hex(keyIdOf(nodeCrypto, unhex(publicKey) ?? new Uint8Array(0))), (url) => (found = url), log)
    stopSearch = () => {
      stop()
      stopSearch = () => {}
    }
  }

  const leave = (): void => {
    cancelRetry()
    stopSearch()
    const last = client
    client = undefined
    last?.end(true)
    if (isUp) options.disconnected()
    isUp = false
  }

  const publish = (topic: string, message: Uint8Array): void => {
    if (isUp && client?.connected === true) client.publish(topic, Buffer.from(message), { qos: 0 })
  }

  return {
    configure(nextEdge, nextDocuments) {
      const sameEdge = nextEdge?.url === edge?.url && nextEdge?.publicKey === edge?.publicKey
      edge = nextEdge
      documents = nextDocuments
      if (closed || tls === undefined) return
      if (sameEdge && client !== undefined && isUp && documents !== undefined) {
        // The edge learns at once who has come, and who has gone.
        client.publish(settingsTopic(documents.store, till, 'keys'), Buffer.from(documents.keys), { qos: 1 })
        client.publish(settingsTopic(documents.store, till, 'lanes'), Buffer.from(documents.lanes), { qos: 1 })
        return
      }
      if (sameEdge && client !== undefined) return
      leave()
      failures = 0
      found = undefined
      if (edge !== undefined) cancelRetry = timers.after(0, connect)
    },
    say: (message) => documents && publish(laneTopic(documents.store, till), message),
    copy: (to, message) => documents && publish(copyTopic(documents.store, till, to), message),
    seal(exportKey, from, batch, done) {
      sealed(exportKey, from, batch).then(done, (error: unknown) => {
        log(`a copy could not be sealed: ${error instanceof Error ? error.message : String(error)}`)
        done(undefined)
      })
    },
    close() {
      closed = true
      leave()
    },
  }
}

async function sealed(exportKey: Uint8Array, till: Id, batch: { readonly bytes: Uint8Array; readonly entries: number }): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of sealJournal(exportKey, till, [batch])) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}
