import mqtt, { type MqttClient } from 'mqtt'
import type { Id } from '#protocol/ids.ts'
import { MAX_MESSAGE_BYTES } from '#protocol/hub/messages.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { downFilter, linkTopic, parseTopic, upTopic, type DownKind } from '#protocol/topics.ts'
import type { Link } from './ports.ts'

export type HubLinkOptions = {
  readonly url: string
  readonly till: Id
  readonly password: string
  readonly timers: Timers
  readonly random: () => number
  readonly log: (line: string) => void
  connected(): void
  disconnected(): void
  received(kind: DownKind, bytes: Uint8Array): void
}

/** Pings go out this often (seconds); a link that is quiet for one and a half times as long is dead. */
const KEEP_ALIVE_S = 4
const CONNECT_TIMEOUT: DurationMs = 4 * SECOND
const FIRST_RETRY: DurationMs = 250
const LONGEST_RETRY: DurationMs = 10 * SECOND

/**
 * MQTT 3.1.1, QoS 1, clean sessions: the broker is a wire and remembers nothing for us. Each connection is a new client, so that nothing which the library still
 * queues for a dead one is sent later. Retries for ever with backoff and jitter, so that a thousand tills do not come back in the same instant.
 */
export function openHubLink(options: HubLinkOptions): Link & { close(): void } {
  let client: MqttClient | undefined
  let retry = FIRST_RETRY
  let closed = false
  let cancelRetry: () => void = () => {}

  const connect = (): void => {
    const mine = mqtt.connect(options.url, {
      protocolVersion: 4,
      clientId: options.till,
      username: options.till,
      password: options.password,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      reschedulePings: false,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: linkTopic(options.till), payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    client = mine
    mine.on('connect', () => {
      mine.subscribe(downFilter(options.till), { qos: 1 }, (error, granted) => {
        const refused = error !== null || granted?.some((grant) => grant.qos >= 128) === true
        if (mine !== client) return
        if (refused) {
          mine.end(true)
          return
        }
        retry = FIRST_RETRY
        mine.publish(linkTopic(options.till), 'online', { qos: 1, retain: true })
        options.connected()
      })
    })
    mine.on('message', (topic, payload) => {
      const parsed = parseTopic(topic)
      if (mine !== client || parsed?.till !== options.till || parsed.channel === 'up' || parsed.channel === 'link') return
      if (payload.length <= MAX_MESSAGE_BYTES) options.received(parsed.channel, payload)
    })
    mine.on('error', (error) => options.log(`hub link: ${error.message}`))
    mine.on('close', () => drop(mine))
  }

  const drop = (which: MqttClient): void => {
    if (which !== client) return
    client = undefined
    which.end(true)
    options.disconnected()
    if (closed) return
    const delay = retry * (0.5 + options.random())
    retry = Math.min(LONGEST_RETRY, retry * 2)
    cancelRetry = options.timers.after(delay, connect)
  }

  connect()
  return {
    send: (batch) => {
      if (client?.connected === true) client.publish(upTopic(options.till), Buffer.from(batch), { qos: 1 })
    },
    reconnect: () => {
      if (client !== undefined) drop(client)
    },
    close: () => {
      closed = true
      cancelRetry()
      const last = client
      if (last?.connected === true) last.publish(linkTopic(options.till), 'offline', { qos: 1, retain: true }, () => last.end(true))
      else last?.end(true)
    },
  }
}
