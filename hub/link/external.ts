import { connect, type IClientOptions } from 'mqtt'
import type { Carrier } from './carrier.ts'
import { allLinkFilter, allUpFilter } from '#protocol/topics.ts'

const RECONNECT_MS = 2000

/**
 * A broker of its own: Mosquitto, EMQX, HiveMQ, a cloud's. `address` is `mqtt(s)://user:password@host[:port]`, the hub's own login. Who may do
 * what there is the broker's to enforce: give each till a login, and the rules of `tillMay` in `protocol/topics.ts`. The hub runs
 * whether or not the broker can be reached.
 */
export function openExternalCarrier(address: string, warn: (line: string) => void): Carrier {
  const url = new URL(address)
  const login: IClientOptions = {
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    resubscribe: false,
  }
  url.username = ''
  url.password = ''
  const client = connect(url.href, login)
  client.on('error', (error) => warn(`broker: ${error.message}`))
  return {
    url: url.href.replace(/\/$/, ''),
    publish(topic, payload, retain) {
      // Not queued while there is no connection: what it says will be asked for again, and said anew.
      if (client.connected) client.publish(topic, Buffer.from(payload), { qos: 1, retain })
    },
    onMessage(listener) {
      client.on('message', (topic, payload) => listener(topic, payload))
    },
    onConnect(listener) {
      const subscribe = () => {
        client.subscribeAsync([allUpFilter, allLinkFilter], { qos: 1 }).then(listener, (error: unknown) => warn(`broker: ${String(error)}`))
      }
      client.on('connect', subscribe)
      if (client.connected) subscribe()
    },
    close: () => client.endAsync(),
  }
}
