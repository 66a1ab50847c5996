import mqtt, { type MqttClient } from 'mqtt'
import type { Id } from '#protocol/ids.ts'
import { MAX_MESSAGE_BYTES } from '#protocol/hub/messages.ts'
import { MINUTE, SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { downFilter, healthTopic, linkTopic, parseTopic, upTopic, type DownKind } from '#protocol/topics.ts'
import type { HubCarrier } from './hub-access.ts'
import type { Link } from './ports.ts'

export type HubLinkOptions = {
  /** First choice first. Without any this till is offline for good. */
  readonly carriers: readonly HubCarrier[]
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
/** So many attempts in vain, 4 to 20 seconds of them, and the next carrier has its turn. */
const ATTEMPTS_BEFORE_NEXT = 4
/** How often a till that came by another carrier looks whether the first one is back. */
const FIRST_AGAIN: DurationMs = 2 * MINUTE

/** Which carrier the next attempt takes: the first has several in a row, then all have one after the other. */
export const carrierAfter = (failures: number, carriers: number): number =>
  failures < ATTEMPTS_BEFORE_NEXT ? 0 : (failures - ATTEMPTS_BEFORE_NEXT + 1) % carriers

/**
 * MQTT 3.1.1, QoS 1, clean sessions: the broker is a wire and remembers nothing for us. Each connection is a new client, so that nothing which the library still
 * queues for a dead one is sent later. Retries for ever with backoff and jitter, so that a thousand tills do not come back in the same instant.
 *
 * When the first carrier cannot connect, the others are tried; over another one the till works on and tries the first beside it now and then. One client id
 * is one connection at a broker, so the new connection ends the old one by itself.
 */
export function openHubLink(options: HubLinkOptions): Link & { report(message: Uint8Array): void; close(): void } {
  const { carriers, till, timers } = options
  /** The connection that is up or is coming up, and the attempt at the first carrier beside it. */
  let client: MqttClient | undefined
  let beside: MqttClient | undefined
  let isUp = false
  let failures = 0
  let retry = FIRST_RETRY
  let closed = false
  let cancelRetry: () => void = () => {}
  let cancelFirstAgain: () => void = () => {}

  const attempt = (index: number): MqttClient => {
    const carrier = carriers[index]
    const mine = mqtt.connect(carrier?.url ?? '', {
      ...carrier?.tls,
      protocolVersion: 4,
      clientId: till,
      username: till,
      password: options.password,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      reschedulePings: false,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: linkTopic(till), payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    mine.on('connect', () => {
      mine.subscribe(downFilter(till), { qos: 1 }, (error, granted) => {
        const refused = error !== null || granted?.some((grant) => grant.qos >= 128) === true
        if (refused) mine.end(true)
        else up(mine, index)
      })
    })
    mine.on('message', (topic, payload) => {
      const parsed = parseTopic(topic)
      if (mine !== client || parsed?.till !== till || parsed.channel === 'up' || parsed.channel === 'health' || parsed.channel === 'link') return
      if (payload.length <= MAX_MESSAGE_BYTES) options.received(parsed.channel, payload)
    })
    mine.on('error', (error) => options.log(`hub link: ${error.message}`))
    mine.on('close', () => drop(mine))
    return mine
  }

  const connect = (): void => {
    client = attempt(carrierAfter(failures, carriers.length))
  }

  const up = (mine: MqttClient, index: number): void => {
    if (mine === beside) {
      beside = undefined
      takeOver(mine)
    }
    if (mine !== client) return
    isUp = true
    retry = FIRST_RETRY
    // What worked is what is tried first when it breaks.
    failures = index === 0 ? 0 : ATTEMPTS_BEFORE_NEXT + index - 1
    mine.publish(linkTopic(till), 'online', { qos: 1, retain: true })
    options.connected()
    if (index !== 0) cancelFirstAgain = timers.after(FIRST_AGAIN, tryFirstAgain)
  }

  /** The broker has ended the other connection already, unless it is another broker. */
  const takeOver = (mine: MqttClient): void => {
    const other = client
    client = mine
    cancelRetry()
    other?.end(true)
    if (isUp) options.disconnected()
  }

  const tryFirstAgain = (): void => {
    if (beside === undefined && isUp) beside = attempt(0)
  }

  const drop = (which: MqttClient): void => {
    which.end(true)
    if (which === beside) {
      beside = undefined
      if (isUp) cancelFirstAgain = timers.after(FIRST_AGAIN, tryFirstAgain)
      else if (client === undefined) connectLater()
    }
    if (which !== client) return
    client = undefined
    cancelFirstAgain()
    if (isUp) options.disconnected()
    else failures++
    isUp = false
    // While the first carrier is coming up beside, another attempt would only end it: one client id, one connection.
    if (beside === undefined) connectLater()
  }

  const connectLater = (): void => {
    if (closed) return
    const delay = retry * (0.5 + options.random())
    retry = Math.min(LONGEST_RETRY, retry * 2)
    cancelRetry = timers.after(delay, connect)
  }

  if (carriers.length > 0) connect()
  return {
    send: (batch) => {
      if (client?.connected === true) client.publish(upTopic(till), Buffer.from(batch), { qos: 1 })
    },
    report: (message) => {
      if (client?.connected === true) client.publish(healthTopic(till), Buffer.from(message), { qos: 1 })
    },
    reconnect: () => {
      if (isUp && client !== undefined) drop(client)
      else if (client === undefined && beside === undefined && !closed) {
        // Somebody does not want to wait for the next attempt.
        cancelRetry()
        connect()
      }
    },
    close: () => {
      closed = true
      cancelRetry()
      cancelFirstAgain()
      beside?.end(true)
      const last = client
      if (last?.connected === true) last.publish(linkTopic(till), 'offline', { qos: 1, retain: true }, () => last.end(true))
      else last?.end(true)
    },
  }
}
