import { rootCertificates } from 'node:tls'
import { connect, type IClientOptions } from 'mqtt'
import type { Carrier } from './carrier.ts'
import type { CertificateAuthority } from '../certificates.ts'
import { freshSeed, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { allHealthFilter, allLinkFilter, allUpFilter } from '#protocol/topics.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

const RECONNECT_MS = 2000

/**
 * A broker of its own: Mosquitto, EMQX, HiveMQ, a cloud's. `address` is `mqtt(s)://[user:password@]host[:port]`, the hub's own login. Who may do
 * what there is the broker's to enforce: give each till a login, and the rules of `tillMay` in `protocol/topics.ts`. The hub runs
 * whether or not the broker can be reached.
 *
 * Over `mqtts:` the hub shows a certificate of its own authority, named `hub`, and tills theirs, named for their ids: a broker that asks for them and
 * takes their names for user names needs no passwords. Tills believe only a server certificate of that authority (hub/broker-certificate.ts makes it).
 */
export function openExternalCarrier(address: string, authority: CertificateAuthority, warn: (line: string) => void): Carrier {
  const url = new URL(address)
  const isTls = url.protocol === 'mqtts:'
  const login = {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    resubscribe: false,
    ...(isTls ? tlsOf(authority) : {}),
  } satisfies IClientOptions
  url.username = ''
  url.password = ''
  const client = connect(url.href, login)
  client.on('error', (error) => warn(`broker: ${error.message}`))
  return {
    url: url.href.replace(/\/$/, ''),
    certificatesFor: isTls ? (till, publicKey) => ({ authority: authority.certificate, certificate: authority.forClient(till, publicKey) }) : undefined,
    publish(topic, payload, retain) {
      // Not queued while there is no connection: what it says will be asked for again, and said anew.
      if (client.connected) client.publish(topic, Buffer.from(payload), { qos: 1, retain })
    },
    onMessage(listener) {
      client.on('message', (topic, payload) => listener(topic, payload))
    },
    onConnect(listener) {
      const subscribe = () => {
        client.subscribeAsync([allUpFilter, allHealthFilter, allLinkFilter], { qos: 1 }).then(listener, (error: unknown) => warn(`broker: ${String(error)}`))
      }
      client.on('connect', subscribe)
      if (client.connected) subscribe()
    },
    close: () => client.endAsync(),
  }
}

/** The key is made for this process: what it is, the authority's signature says. A cloud's broker has a certificate that everybody trusts instead. */
function tlsOf(authority: CertificateAuthority) {
  const seed = freshSeed()
  return {
    key: privateKeyPem(seed),
    cert: certificatePem(authority.forClient('hub', signerFromSeed(seed).publicKey)),
    ca: [...rootCertificates, certificatePem(authority.certificate)],
    minVersion: 'TLSv1.2' as const,
  }
}
