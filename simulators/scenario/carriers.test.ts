import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import type { MqttAccess } from '#protocol/hub/messages.ts'
import { makeId } from '#protocol/ids.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import type { Timers } from '#protocol/time.ts'
import { downTopic, linkTopic } from '#protocol/topics.ts'
import { certificateAuthority } from '../../hub/certificates.ts'
import { LOOPBACK_NAMES, openEmbeddedCarrier, type EmbeddedCarrier } from '../../hub/link/embedded.ts'
import { listen } from '../../hub/listen.ts'
import { until } from '../../hub/test-wait.ts'
import { hubCarriers, type TlsIdentity } from '../../terminal/core/hub-access.ts'
import { carrierAfter, openHubLink } from '../../terminal/core/hub-link.ts'
import { startCable, type Cable } from '../bench/cable.ts'

/** The till's own link and the hub's own broker: two carriers, one of which somebody pulls. */

const till = makeId(1_800_000_000_000, new Uint8Array(10).fill(1))
const seed = new Uint8Array(32).fill(2)
const PASSWORD = 'p'.repeat(43)
const root = signerFromSeed(new Uint8Array(32).fill(1))
const authority = certificateAuthority(root, nodeCrypto)
const identity: TlsIdentity = { till, seed, publicKey: signerFromSeed(seed).publicKey, rootPublicKey: root.publicKey }
const tls = { authority: base64url(authority.certificate), certificate: base64url(authority.forClient(till, identity.publicKey)) }
/** What takes a till minutes takes a test moments. */
const hasty: Timers = { ...systemTimers, after: (delay, run) => systemTimers.after(delay / 100, run) }

describe('what a till believes about its hub', () => {
  const access: MqttAccess = { url: 'mqtts://hub.shop.example:7401', password: PASSWORD, tls, webSocketUrl: 'wss://hub.shop.example/mqtt' }
  const outcome = (changes: Partial<MqttAccess>, who = identity) => {
    const carriers = hubCarriers({ ...access, ...changes }, who)
    return carriers.ok ? carriers.value.map(({ url, tls: options }) => `${url} ${options?.key === undefined ? 'password' : 'certificate'}`) : carriers.code
  }
  const stranger = certificateAuthority(signerFromSeed(new Uint8Array(32).fill(9)), nodeCrypto)

  it('both carriers, its certificate for the first', () => {
    expect(outcome({})).toEqual(['mqtts://hub.shop.example:7401 certificate', 'wss://hub.shop.example/mqtt password'])
  })
  it('on its own machine also a hub without TLS', () => {
    const plain: MqttAccess = { url: 'mqtt://127.0.0.1:7401', password: PASSWORD }
    expect(hubCarriers(plain, identity)).toEqual({ ok: true, value: [{ url: 'mqtt://127.0.0.1:7401' }] })
  })
  it.each<[string, Partial<MqttAccess>]>([
    ['plain MQTT over a network', { url: 'mqtt://192.0.2.7:1883' }],
    ['a plain WebSocket over a network', { webSocketUrl: 'ws://192.0.2.7/mqtt' }],
    ['a name that only looks like this machine', { url: 'mqtt://127.0.0.1.example:1883' }],
    ['something that is no carrier', { url: 'https://hub.shop.example' }],
    ['TLS without certificates', { tls: undefined }],
    ['what is no certificate', { tls: { ...tls, certificate: base64url(seed) } }],
  ] as [string, Partial<MqttAccess>][])('never %s', (_, changes) => expect(outcome(changes)).toBe('wire.malformed'))
  it.each<[string, MqttAccess['tls']]>([
    ['another authority', { authority: base64url(stranger.certificate), certificate: base64url(stranger.forClient(till, identity.publicKey)) }],
    ['a certificate by another', { ...tls, certificate: base64url(stranger.forClient(till, identity.publicKey)) }],
    ['a certificate for another key', { ...tls, certificate: base64url(authority.forClient(till, root.publicKey)) }],
    ['a certificate for another till', { ...tls, certificate: base64url(authority.forClient(makeId(1, new Uint8Array(10)), identity.publicKey)) }],
    ['a till’s certificate as the authority', { ...tls, authority: tls.certificate }],
  ])('never %s', (_, offered) => expect(outcome({ tls: offered })).toBe('wire.bad_signature'))
})

describe('which carrier comes next', () => {
  it('the first a few times, then each in turn', () => {
    expect(Array.from({ length: 9 }, (_, failures) => carrierAfter(failures, 2))).toEqual([0, 0, 0, 0, 1, 0, 1, 0, 1])
    expect(Array.from({ length: 9 }, (_, failures) => carrierAfter(failures, 1))).toEqual(Array.from({ length: 9 }, () => 0))
  })
})

describe('a till with two carriers', () => {
  let ends: (() => void | Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
    ends = []
  })

  async function shop() {
    const heard: string[] = []
    const carrier: EmbeddedCarrier = await openEmbeddedCarrier({
      port: 0,
      tls: { authority, hosts: LOOPBACK_NAMES },
      isTill: ({ password, publicKey }) => Promise.resolve(password === PASSWORD && (publicKey === undefined || hex(publicKey) === hex(identity.publicKey))),
      warn: () => undefined,
    })
    ends.push(() => carrier.close())
    carrier.onMessage((topic, payload) => heard.push(`${topic} ${Buffer.from(payload).toString()}`))
    const http = createServer()
    const port = await listen(http, '127.0.0.1', 0, 'HTTP', () => undefined)
    ends.push(() => void http.close())
    carrier.serveWebSockets(http, `ws://127.0.0.1:${port}/mqtt`)
    const plug = async (at = 0): Promise<Cable> => {
      const cable = await startCable({ to: { host: '127.0.0.1', port: Number(new URL(carrier.url).port) }, port: at })
      ends.push(() => cable.close())
      return cable
    }
    const cable = await plug()
    return { carrier, cable, plug, heard, url: `mqtts://127.0.0.1:${cable.port}` }
  }

  it('goes over to the second when the first is gone, and comes back to the first', async () => {
    const { carrier, cable, plug, heard, url } = await shop()
    const carriers = hubCarriers({ url, password: PASSWORD, tls, webSocketUrl: carrier.webSocketUrl }, identity)
    if (!carriers.ok) throw new Error(carriers.code)
    const words: string[] = []
    const link = openHubLink({
      carriers: carriers.value,
      till,
      password: PASSWORD,
      timers: hasty,
      random: () => 0.5,
      log: () => undefined,
      connected: () => words.push('up'),
      disconnected: () => words.push('down'),
      received: (_kind, bytes) => words.push(Buffer.from(bytes).toString()),
    })
    ends.push(() => link.close())
    const delivers = async (text: string): Promise<void> => {
      await until(() => {
        carrier.publish(downTopic(till, 'ack'), Buffer.from(text), false)
        expect(words).toContain(text)
      })
    }
    await until(() => expect(words).toEqual(['up']))
    await delivers('over TLS')

    // Its port is closed: whoever connects is refused at once.
    await cable.close()
    await until(() => expect(words.filter((word) => word === 'up').length).toBe(2), { interval: 50 })
    expect(words.filter((word) => word === 'down').length).toBe(1)
    await delivers('over WebSocket')
    link.send(new Uint8Array([0x61]))
    await until(() => expect(heard.some((line) => line.endsWith('/up a'))).toBe(true))

    await plug(cable.port)
    await until(() => expect(words.filter((word) => word === 'up').length).toBe(3), { interval: 50 })
    await delivers('over TLS again')
    expect(heard.at(-1)).toBe(`${linkTopic(till)} online`)
  }, 60_000)
})
