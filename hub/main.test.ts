import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { demoShop } from './demo-shop.ts'
import { enrolmentRequest, sale, testSeed, TestTill, TestWallet } from './test-rig.ts'
import { until } from './test-wait.ts'
import { hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { enrolAnswer, openSigned, packed, type Ack, type Decision } from '#protocol/hub/messages.ts'
import type { NewTill, Overview } from '#protocol/hub-api/overview.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { downFilter, downTopic, parseTopic, upTopic } from '#protocol/topics.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

/** The real hub in a process of its own: SQLite, files, MQTT and HTTP, and a till that is one MQTT client. */
type Running = { readonly process: ChildProcess; readonly http: string; readonly mqtt: string; readonly errors: () => string }

let folder = ''
const processes: ChildProcess[] = []
const clients: MqttClient[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hub-main-'))
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  for (const child of processes.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  rmSync(folder, { recursive: true })
})

function launch(...args: string[]): { child: ChildProcess; errors: () => string } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  processes.push(child)
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return { child, errors: () => errors }
}
async function start(data = join(folder, 'data'), ...args: string[]): Promise<Running> {
  const { child, errors } = launch('--data', data, '--demo', ...(args.length === 0 ? ['--http-port', '0', '--mqtt-port', '0'] : args))
  const lines: string[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line))
  await until(() => expect(lines.length > 0 || child.exitCode !== null, errors()).toBe(true))
  const { ready, http, mqtt: broker } = JSON.parse(lines[0] ?? '{}') as { ready?: boolean; http: string; mqtt: string }
  if (ready !== true) throw new Error(`the hub did not start: ${errors()}`)
  return { process: child, http, mqtt: broker, errors }
}
async function end(running: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  running.process.kill(signal)
  const [code] = (await once(running.process, 'exit')) as [number | null]
  return code
}
async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
const overview = async (hub: Running) => (await (await fetch(`${hub.http}/api/overview`)).json()) as Overview

async function enrolTill(hub: Running) {
  const seed = testSeed()
  const signer = signerFromSeed(seed)
  const { till: id, code } = await post<NewTill>(`${hub.http}/api/tills`, { name: 'Counter 1' })
  const answer = enrolAnswer.parse(await post(`${hub.http}/enrol`, enrolmentRequest(signer, code)))
  const root = unhex(answer.rootPublicKey) ?? new Uint8Array(0)
  const keys = openSigned(nodeCrypto, unbase64url(answer.keySet) ?? new Uint8Array(0), signedTypes.keySet, () => root)
  if (!keys.ok) throw new Error(keys.code)
  const ackKey = unhex(keys.value.keys.find(({ role }) => role === 'ack')?.publicKey ?? '') ?? new Uint8Array(0)
  const till = new TestTill(id, signer)
  till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, systemClock.now())
  const { authority = '', certificate = '' } = answer.mqtt.tls ?? {}
  const tls = { ca: certificatePem(packed.bytes(authority)), cert: certificatePem(packed.bytes(certificate)), key: privateKeyPem(seed) }
  return { till, password: answer.mqtt.password, ackKey, tls, webSocketUrl: answer.mqtt.webSocketUrl }
}
type Enrolled = Awaited<ReturnType<typeof enrolTill>>

async function connectTill(hub: Running, { till, password, ackKey, tls }: Enrolled, url = hub.mqtt) {
  const acks: Ack[] = []
  const decisions: Decision[] = []
  const kinds = new Set<string>()
  const client = mqtt.connect(url, {
    ...(url.startsWith('mqtts:') ? tls : {}),
    protocolVersion: 4,
    clientId: till.id,
    username: till.id,
    password,
    reconnectPeriod: 0,
  })
  clients.push(client)
  client.on('error', () => undefined)
  client.on('message', (topic, bytes) => {
    kinds.add(parseTopic(topic)?.channel ?? topic)
    const ack = openSigned(nodeCrypto, bytes, signedTypes.ack, () => ackKey)
    if (topic === downTopic(till.id, 'ack') && ack.ok) acks.push(ack.value)
    const decision = openSigned(nodeCrypto, bytes, signedTypes.decision, () => ackKey)
    if (topic === downTopic(till.id, 'decision') && decision.ok) decisions.push(decision.value)
  })
  await client.subscribeAsync(downFilter(till.id), { qos: 1 })
  return { acks, decisions, kinds, send: (batch: Uint8Array) => client.publishAsync(upTopic(till.id), Buffer.from(batch), { qos: 1 }) }
}
async function openWallet(hub: Running): Promise<TestWallet> {
  const device = signerFromSeed(testSeed())
  const { wallet, credential } = await post<{ wallet: string; credential: string }>(`${hub.http}/demo/wallets`, { publicKey: hex(device.publicKey) })
  return new TestWallet(device, wallet, unhex(credential) ?? new Uint8Array(0))
}

describe('the hub as a program', () => {
  it('enrols a till, holds and settles its payment, and is there again after it was killed', async () => {
    const hub = await start()
    const enrolled = await enrolTill(hub)
    const { till } = enrolled
    const wallet = await openWallet(hub)
    const link = await connectTill(hub, enrolled)
    await until(() => expect([...link.kinds].toSorted()).toEqual(['catalogue', 'keys', 'lanes', 'policy', 'watch']))

    const now = systemClock.now()
    const one = sale(420, wallet.show(now))
    const intended = till.write(one.intended, now)
    await link.send(till.batch())
    await until(() => expect(link.decisions).toMatchObject([{ paymentId: one.paymentId, intended: hex(intended.hash), verdict: { type: 'held' } }]))
    await until(() => expect(link.acks.at(-1)).toMatchObject({ received: { n: 2, head: hex(intended.hash) }, safe: 2 }))
    for (const fact of [one.held, one.captured, one.completed]) till.write(fact, now)
    await link.send(till.batch(3))
    await until(async () => expect((await overview(hub)).counts).toMatchObject({ settled: 1, held: 0, exceptions: 0, unsettledEntries: 0 }))

    // Offline payments arrive, and the hub is killed the moment it has acknowledged them.
    const sales = Array.from({ length: 100 }, () => sale(10, wallet.show(now)))
    for (const each of sales) for (const fact of [each.intended, each.acceptedOffline, each.captured, each.completed]) till.write(fact, now)
    await link.send(till.batch(6))
    await until(() => expect(link.acks.at(-1)?.safe).toBe(till.entries.length), { interval: 1 })
    await end(hub, 'SIGKILL')

    const again = await start()
    await until(async () => expect((await overview(again)).counts).toMatchObject({ settled: 101, held: 0, exceptions: 0, unsettledEntries: 0 }))
    const relinked = await connectTill(again, enrolled)
    await relinked.send(till.batch())
    await until(() =>
      expect(relinked.acks.at(-1)).toMatchObject({ received: { n: till.entries.length, head: hex(till.head) }, safe: till.entries.length, hubEpoch: 1 }),
    )
    const { money, counts, payments } = await overview(again)
    expect(counts.settled).toBe(101)
    expect(money.balanced).toBe(true)
    // Less what the demo's terms take of each: 4 in a thousand and 2, and tax on that.
    expect(money.accounts.find(({ label }) => label === demoShop.merchant.name)?.posted).toBe(String(420 + 100 * 10 - (5 + 100 * 2)))
    expect(payments).toHaveLength(100)
    expect(await end(again, 'SIGTERM')).toBe(0)
    expect(again.errors()).toBe('')
  }, 40_000)

  it('takes a till over WebSocket on the port of its console', async () => {
    const hub = await start()
    const enrolled = await enrolTill(hub)
    expect(enrolled.webSocketUrl).toBe(`${hub.http.replace('http', 'ws')}/mqtt`)
    const link = await connectTill(hub, enrolled, enrolled.webSocketUrl)
    await link.send(enrolled.till.batch())
    await until(() => expect(link.acks.at(-1)).toMatchObject({ received: { n: 1 } }))
  })

  it('keeps its secrets to itself', async () => {
    const hub = await start()
    await end(hub, 'SIGTERM')
    const keys = join(folder, 'data', 'keys')
    for (const file of readdirSync(keys)) expect(statSync(join(keys, file)).mode & 0o077).toBe(0)
  })

  it('says what is the matter when it cannot start', async () => {
    const hub = await start()
    const refusals: [string[], RegExp][] = [
      [['--data', join(folder, 'data'), '--demo'], /another hub is using/],
      [['--demo'], /--data is missing/],
      [['--data', join(folder, 'other'), '--http-port', '99999'], /not a port/],
      [['--data', join(folder, 'other'), '--colour', 'red'], /--colour/],
      [['--data', join(folder, 'other')], /shop\.json is not a shop/],
    ]
    const refused = refusals.map(async ([args, expected]) => {
      const { child, errors } = launch(...args)
      const [code] = (await once(child, 'close')) as [number]
      return { code, errors: errors(), expected }
    })
    for (const { code, errors, expected } of await Promise.all(refused)) {
      expect(code).toBe(1)
      expect(errors).toMatch(expected)
      expect(errors).not.toMatch(/\n {4}at /)
    }
    expect((await overview(hub)).tills).toEqual([])
  }, 40_000)

  it('takes other ports when its own are taken, and a shop from a file', async () => {
    const first = await start()
    const ports = ['--http-port', new URL(first.http).port, '--mqtt-port', new URL(first.mqtt).port]
    const second = await start(join(folder, 'second'), ...ports)
    expect(second.http).not.toBe(first.http)
    expect(second.errors()).toContain('is in use by another program')
    await end(second, 'SIGTERM')

    writeFileSync(join(folder, 'second', 'shop.json'), JSON.stringify({ ...demoShop, merchant: { ...demoShop.merchant, name: 'A real shop' } }))
    const { child, errors } = launch('--data', join(folder, 'second'), '--http-port', '0', '--mqtt-port', '0')
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    const { http } = JSON.parse(line.toString()) as { http: string }
    expect((await fetch(`${http}/demo/wallets`, { method: 'POST' })).status, errors()).toBe(405)
  }, 40_000)
})
