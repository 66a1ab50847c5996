import { beforeEach, expect, it } from 'vitest'
import { makeRig, sale, type Rig, type TestTill, type TestWallet } from './test-rig.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { EXPORT_ROLE, openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { sealJournal } from '#protocol/node/sealed-journal.ts'
import { downTopic } from '#protocol/topics.ts'

/** Two neighbours of a till that is gone: they bring what they kept of it. */

let rig: Rig
let gone: TestTill
let neighbour: TestTill
let other: TestTill
let wallet: TestWallet
beforeEach(async () => {
  rig = await makeRig()
  gone = await rig.till()
  neighbour = await rig.till()
  other = await rig.till()
  wallet = await rig.wallet()
})

async function copyOf(till: TestTill, from: number, to: number): Promise<Uint8Array> {
  const set = openSigned(nodeCrypto, rig.keys.keySet(), signedTypes.keySet, () => unhex(rig.keys.root.publicKey))
  const key = set.ok ? set.value.keys.find(({ role }) => role === EXPORT_ROLE) : undefined
  const parts: Uint8Array[] = []
  const batch = { bytes: till.batch(from, to), entries: to - from + 1 }
  for await (const part of sealJournal(unhex(key?.publicKey ?? '') ?? new Uint8Array(0), till.id, [batch])) parts.push(part)
  return Buffer.concat(parts)
}

/** The files of which a till was told that the hub has them safe. */
const told = (till: TestTill): string[] =>
  rig.carrier.sent
    .filter(({ topic }) => topic === downTopic(till.id, 'copied'))
    .map(({ payload }) => {
      const signer = rig.keys.signer('ack')
      const opened = openSigned(nodeCrypto, payload, signedTypes.copied, () => signer.publicKey)
      return opened.ok && opened.value.till === till.id && opened.value.of === gone.id ? opened.value.answers : 'not for this till'
    })
const nameOf = (file: Uint8Array): string => hex(nodeCrypto.sha256(file))

function sells(amountMinor: number): void {
  const one = sale(amountMinor, wallet.show())
  for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) gone.write(fact)
}

const books = async () => {
  const { money, counts } = await rig.hub.overview()
  return { balanced: money.balanced, settled: counts.settled, exceptions: counts.exceptions, purse: await rig.purse(wallet) }
}

it('what two neighbours bring of a till that is gone is settled once, and each is told when it is safe', async () => {
  sells(420)
  sells(700)
  const [first, second] = [await copyOf(gone, 1, 5), await copyOf(gone, 6, 9)]
  await rig.send(neighbour, first, second)
  await rig.send(other, second, first, second)
  expect(await books()).toMatchObject({ balanced: true, settled: 2, exceptions: 0 })
  expect(told(neighbour)).toEqual([first, second].map(nameOf))
  expect(new Set(told(other))).toEqual(new Set([first, second].map(nameOf)))
  // It was not gone at all, and sends what it has.
  await rig.send(gone, gone.batch())
  expect(await books()).toMatchObject({ balanced: true, settled: 2, exceptions: 0 })
})

it('a piece before which something is missing is not taken, and nobody is told that it is safe', async () => {
  sells(420)
  sells(700)
  await rig.send(neighbour, await copyOf(gone, 6, 9))
  expect(told(neighbour)).toEqual([])
  expect((await books()).settled).toBe(0)
})

it('a neighbour cannot make up entries: what he signs himself is not his neighbour’s', async () => {
  sells(420)
  const forged = gone.batch(1, 5, neighbour.signer)
  const set = openSigned(nodeCrypto, rig.keys.keySet(), signedTypes.keySet, () => unhex(rig.keys.root.publicKey))
  const key = set.ok ? set.value.keys.find(({ role }) => role === EXPORT_ROLE) : undefined
  const parts: Uint8Array[] = []
  for await (const part of sealJournal(unhex(key?.publicKey ?? '') ?? new Uint8Array(0), gone.id, [{ bytes: forged, entries: 5 }])) parts.push(part)
  await rig.send(neighbour, Buffer.concat(parts))
  expect(told(neighbour)).toEqual([])
  expect((await books()).settled).toBe(0)
})

it('bytes that only begin like a copy do no harm', async () => {
  await rig.send(neighbour, Buffer.concat([Buffer.from('SPJ1'), nodeCrypto.randomBytes(400)]))
  expect(told(neighbour)).toEqual([])
})

it('what a till wrote before it was revoked comes to the hub by its neighbours, what was written later by nobody', async () => {
  sells(420)
  const before = await copyOf(gone, 1, 5)
  await rig.hub.revokeTill(gone.id)
  rig.clock.advance(60_000)
  const later = sale(700, wallet.show())
  for (const fact of [later.intended, later.acceptedOffline, later.captured, later.completed]) gone.write(fact, rig.clock.now())
  const after = await copyOf(gone, 6, 9)
  await rig.send(neighbour, before, after)
  expect(await books()).toMatchObject({ balanced: true, settled: 1 })
  expect(told(neighbour)).toEqual([before, after].map(nameOf))
  const codes = (await rig.hub.overview()).exceptions.map(({ code }) => code)
  expect(codes).toContain('custody.revoked')
  // A piece before which something is missing is kept on, though its till is revoked.
  const other = await rig.till()
  gone = other
  sells(100)
  sells(200)
  const second = await copyOf(gone, 6, 9)
  await rig.hub.revokeTill(gone.id)
  await rig.send(neighbour, second)
  expect(told(neighbour)).not.toContain(nameOf(second))
})

it('a till that is revoked brings nothing, not even for others', async () => {
  sells(420)
  await rig.hub.revokeTill(neighbour.id)
  await rig.send(neighbour, await copyOf(gone, 1, 5))
  expect(told(neighbour)).toEqual([])
  expect((await books()).settled).toBe(0)
})
