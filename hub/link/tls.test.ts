import { createConnection } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { once } from 'node:events'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedCarrier, LOOPBACK_NAMES, type EmbeddedCarrier } from './embedded.ts'
import { certificateAuthority } from '../certificates.ts'
import { nextId } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

const [one, two] = [nextId(), nextId()]
const seedOf = (n: number) => new Uint8Array(32).fill(n)
const root = signerFromSeed(seedOf(1))
const authority = certificateAuthority(root, nodeCrypto)
const foreign = certificateAuthority(signerFromSeed(seedOf(9)), nodeCrypto)
const PASSWORD = 'the same for everybody here: it is not what this is about'
/** What the hub knows: tills and their present keys. */
const enrolled = new Map<string, Uint8Array>()

let carrier: EmbeddedCarrier
const clients: MqttClient[] = []
beforeEach(async () => {
  enrolled.clear()
  enrolled.set(one, signerFromSeed(seedOf(2)).publicKey)
  carrier = await openEmbeddedCarrier({
    port: 0,
    tls: { authority, hosts: LOOPBACK_NAMES },
    isTill: ({ till, password, publicKey }) => {
      const key = enrolled.get(till)
      return Promise.resolve(password === PASSWORD && key !== undefined && publicKey !== undefined && hex(publicKey) === hex(key))
    },
    warn: () => undefined,
  })
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  await carrier.close()
})

type Shown = { readonly by?: typeof authority; readonly name?: Id; readonly seed?: number; readonly keySeed?: number }
const shown = ({ by = authority, name = one, seed = 2, keySeed = seed }: Shown = {}) => ({
  ca: certificatePem(authority.certificate),
  cert: certificatePem(by.forClient(name, signerFromSeed(seedOf(seed)).publicKey)),
  key: privateKeyPem(seedOf(keySeed)),
})
const port = () => Number(new URL(carrier.url).port)

/** 'in', or 'refused' for every way in which a connection can end before MQTT has accepted it. */
async function comes(tls: IClientOptions, till: string = one, url = carrier.url): Promise<'in' | 'refused'> {
  const client = mqtt.connect(url, { ...tls, protocolVersion: 4, clientId: till, username: till, password: PASSWORD, reconnectPeriod: 0, connectTimeout: 3000 })
  clients.push(client)
  client.on('error', () => undefined)
  return await new Promise((resolve) => {
    client.once('connect', () => resolve('in'))
    client.once('close', () => resolve('refused'))
  })
}

describe('the broker over TLS', () => {
  it('lets a till in by its own certificate, under every name of the hub', async () => {
    expect(carrier.url).toBe(`mqtts://127.0.0.1:${port()}`)
    expect(await comes(shown())).toBe('in')
    expect(await comes(shown(), one, `mqtts://localhost:${port()}`)).toBe('in')
  })

  it('speaks TLS 1.3 and nothing older', async () => {
    const handshake = async (options: ConnectionOptions): Promise<string> => {
      const socket = connectTls({ ...shown(), host: '127.0.0.1', port: port(), ...options })
      socket.on('error', () => undefined)
      const word = await new Promise<string>((resolve) => {
        socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''))
        socket.once('close', () => resolve('refused'))
      })
      socket.destroy()
      return word
    }
    expect(await handshake({})).toBe('TLSv1.3')
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toBe('refused')
  })

  it.each<[string, () => IClientOptions]>([
    ['who shows no certificate', () => ({ ca: certificatePem(authority.certificate) })],
    ['a certificate of another authority', () => shown({ by: foreign })],
    ['a certificate that the till made itself', () => shown({ by: certificateAuthority(signerFromSeed(seedOf(2)), nodeCrypto) })],
    [
      'a certificate of the broker in place of a till’s',
      () => ({ ...shown(), cert: certificatePem(authority.forServer([one], signerFromSeed(seedOf(2)).publicKey)) }),
    ],
  ])('refuses %s', async (_, tls) => expect(await comes(tls())).toBe('refused'))

  it('refuses a till under the certificate of another, and a till that it does not know', async () => {
    enrolled.set(two, signerFromSeed(seedOf(3)).publicKey)
    expect(await comes(shown({ name: two, seed: 3 }), one)).toBe('refused')
    expect(await comes(shown({ name: two, seed: 3 }), two)).toBe('in')
    enrolled.delete(two)
    expect(await comes(shown({ name: two, seed: 3 }), two)).toBe('refused')
  })

  it('refuses the old certificate of a till that was enrolled again', async () => {
    enrolled.set(one, signerFromSeed(seedOf(4)).publicKey)
    expect(await comes(shown())).toBe('refused')
    expect(await comes(shown({ seed: 4 }))).toBe('in')
  })

  it('ends the connection of a till that is cut off, and of no other', async () => {
    enrolled.set(two, signerFromSeed(seedOf(3)).publicKey)
    expect(await comes(shown())).toBe('in')
    expect(await comes(shown({ name: two, seed: 3 }), two)).toBe('in')
    const [first, second] = clients
    const gone = new Promise<void>((resolve) => first?.once('close', resolve))
    enrolled.delete(one)
    carrier.cutOff?.(one)
    await gone
    expect(second?.connected).toBe(true)
    expect(await comes(shown())).toBe('refused')
    carrier.cutOff?.(nextId())
  })

  it('answers nothing to who speaks without TLS', async () => {
    const socket = createConnection(port(), '127.0.0.1')
    const heard: Buffer[] = []
    socket.on('data', (chunk) => heard.push(chunk))
    socket.on('error', () => undefined)
    // CONNECT of MQTT 3.1.1 without anything.
    socket.write(Uint8Array.of(0x10, 0x0c, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0))
    await once(socket, 'close')
    // At most an alert of TLS, never a CONNACK (0x20).
    expect(Buffer.concat(heard)[0]).not.toBe(0x20)
  })

  it('is not believed by a till that pinned another root', async () => {
    expect(await comes({ ...shown(), ca: certificatePem(foreign.certificate) })).toBe('refused')
  })
})
