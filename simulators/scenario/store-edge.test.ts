import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type LaneSettings } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { edgeSetup } from '#protocol/lanes/edge-setup.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'
import type { Timers } from '#protocol/time.ts'
import { certificateAuthority } from '../../hub/certificates.ts'
import { configureEdge, readEdge } from '../../hub/edge-setup.ts'
import { fileVault } from '../../hub/keys.ts'
import { until } from '../../hub/test-wait.ts'
import { openLaneLink } from '../../terminal/core/lane-link.ts'
import { openEdgeBroker, type EdgeBroker } from '../../terminal/store-edge/broker.ts'
import { Members } from '../../terminal/store-edge/members.ts'

/** A store's edge and the links of its tills, over real TLS. Who is not of the store hears nothing and says nothing, whatever certificate he has. */

const NOW = 1_800_000_000_000
const STORE = makeId(NOW, new Uint8Array(10).fill(77))
const hasty: Timers = { ...systemTimers, after: (delay, run) => systemTimers.after(delay / 20, run) }
const hub = mkdtempSync(join(tmpdir(), 'edge-hub-'))
const machine = mkdtempSync(join(tmpdir(), 'edge-'))
// Any port: where the edge is said to be is not where it is in this test.
configureEdge(hub, { host: 'edge.shop.example', port: 7430, mdns: false }, machine)
const setup = edgeSetup.parse(JSON.parse(readFileSync(join(machine, 'edge.json'), 'utf8')))
const { root } = fileVault(join(hub, 'keys'), () => nodeCrypto.randomBytes(32))
const authority = certificateAuthority(root, nodeCrypto)
const policyKey = signerFromSeed(new Uint8Array(32).fill(3))

const signedKeys = encodeSigned(root, signedTypes.keySet, {
  v: 1,
  version: 1,
  keys: [{ role: 'policy', keyId: hex(policyKey.keyId), publicKey: hex(policyKey.publicKey), notBefore: 1, notAfter: 2 * NOW }],
})

const tillOf = (n: number) => {
  const seed = new Uint8Array(32).fill(40 + n)
  return { till: makeId(NOW, new Uint8Array(10).fill(n)), seed, publicKey: signerFromSeed(seed).publicKey }
}
type Member = ReturnType<typeof tillOf>

function settingsOf(version: number, members: readonly Member[]): { readonly settings: LaneSettings; readonly signed: Uint8Array } {
  const edge = readEdge(hub)?.edge
  const tills = members.map(({ till, publicKey }) => ({ till, name: 'A till', publicKey: hex(publicKey) }))
  const settings: LaneSettings = { v: 1, version, store: STORE, tills, ...(edge && { edge }) }
  return { settings, signed: encodeSigned(policyKey, signedTypes.lanes, settings) }
}

let broker: EdgeBroker | undefined
const links: { close(): void }[] = []
afterEach(async () => {
  for (const link of links.splice(0)) link.close()
  await broker?.close()
})

async function openEdge(seed = unhex(setup.seed) ?? new Uint8Array(0)): Promise<EdgeBroker> {
  const pem = (der: string): string => certificatePem(unbase64url(der) ?? new Uint8Array(0))
  const cert = certificatePem(authority.forServer(['edge.shop.example'], signerFromSeed(seed).publicKey))
  const members = new Members(nodeCrypto, unhex(setup.rootPublicKey) ?? new Uint8Array(0), () => {})
  broker = await openEdgeBroker({ key: privateKeyPem(seed), cert, ca: pem(setup.authority) }, { host: '127.0.0.1', port: 0 }, members, () => {})
  return broker
}

function enter(port: number, { till, seed, publicKey }: Member, documents: ReturnType<typeof settingsOf>, as: Id = till) {
  const heard: string[] = []
  let up = false
  const tls = { ca: [certificatePem(authority.certificate)], cert: certificatePem(authority.forClient(till, publicKey)), key: privateKeyPem(seed) }
  const link = openLaneLink({
    till: as,
    tls: { ...tls, minVersion: 'TLSv1.3' },
    url: `mqtts://127.0.0.1:${port}`,
    timers: hasty,
    random: () => 0.5,
    log: () => {},
    connected: () => (up = true),
    disconnected: () => (up = false),
    heard: (channel, bytes) => heard.push(`${channel} ${Buffer.from(bytes).toString()}`),
  })
  links.push(link)
  link.configure(documents.settings.edge, { store: documents.settings.store, keys: signedKeys, lanes: documents.signed })
  return { link, heard, up: () => up }
}

const holds = (check: () => boolean): Promise<void> => until(() => expect(check()).toBe(true))
const bytes = (text: string): Uint8Array => Buffer.from(text)
/** Long enough for several attempts of a hasty link. */
const severalAttempts = (): Promise<void> => new Promise((resolve) => void systemTimers.after(600, resolve))

test('lanes hear what the others say to all, and copies that are for them', async () => {
  const { port } = await openEdge()
  const [a, b, c] = [tillOf(1), tillOf(2), tillOf(3)]
  const documents = settingsOf(1, [a, b, c])
  const lanes = [a, b, c].map((member) => enter(port, member, documents))
  await holds(() => lanes.every(({ up }) => up()))
  lanes[0]?.link.say(bytes('spent'))
  lanes[0]?.link.copy(b.till, bytes('sealed'))
  await holds(() => lanes[1]?.heard.length === 2 && lanes[2]?.heard.length === 1)
  expect(lanes.map(({ heard }) => heard)).toEqual([[], ['lane spent', 'copy sealed'], ['lane spent']])
})

test('a till that the store does not have, or has no more, is not let in; one that comes later brings its own letter', async () => {
  const { port } = await openEdge()
  const [a, b, gone] = [tillOf(1), tillOf(2), tillOf(4)]
  const first = enter(port, a, settingsOf(2, [a, gone]))
  const lost = enter(port, gone, settingsOf(2, [a, gone]))
  await holds(() => first.up() && lost.up())
  // The hub has revoked one and enrolled another.
  const late = enter(port, b, settingsOf(3, [a, b]))
  await holds(() => late.up())
  late.link.say(bytes('hello'))
  await holds(() => first.heard.length === 1)
  lost.link.say(bytes('I am still here'))
  await severalAttempts()
  expect(lost.up()).toBe(false)
  expect([first.heard, late.heard, lost.heard]).toEqual([['lane hello'], [], []])
})

test('nobody comes under another name, or with a letter that he wrote himself', async () => {
  const { port } = await openEdge()
  const [a, b] = [tillOf(1), tillOf(2)]
  const documents = settingsOf(1, [a])
  const honest = enter(port, a, documents)
  await holds(() => honest.up())
  const impostor = enter(port, b, documents, a.till)
  const own = { ...settingsOf(9, [a, b]), signed: encodeSigned(signerFromSeed(b.seed), signedTypes.lanes, settingsOf(9, [a, b]).settings) }
  const forger = enter(port, b, own)
  await severalAttempts()
  expect([impostor.up(), forger.up(), honest.up()]).toEqual([false, false, true])
})

test('a till speaks to no other machine than the one that the hub has signed, even with a certificate of the root', async () => {
  const { port } = await openEdge(new Uint8Array(32).fill(99))
  const a = tillOf(1)
  const lane = enter(port, a, settingsOf(1, [a]))
  await severalAttempts()
  expect(lane.up()).toBe(false)
})
