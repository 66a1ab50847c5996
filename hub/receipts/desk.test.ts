import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { outboxIn } from './outbox.ts'
import { subjectKeysIn } from './subject-keys.ts'
import { makeRig, nextId, sale, START, testSeed, type Rig, type TestTill } from '../test-rig.ts'
import { hubKeys, memoryVault } from '../keys.ts'
import { openMemoryStore } from '../store/memory.ts'
import { base64url, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { addressContext, sealAddress } from '#protocol/node/sealed-address.ts'
import { DAY } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'

const ADA = 'ada.lovelace@example.org'

async function rigWithOutbox(over: Parameters<typeof makeRig>[0] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'receipts-'))
  const sending = { subjects: subjectKeysIn(join(folder, 'subjects')), outbox: outboxIn(join(folder, 'outbox')) }
  const rig = await makeRig({ sending, ...over })
  return { ...rig, folder, sending }
}

const letters = (folder: string): string[] => readdirSync(join(folder, 'outbox')).filter((name) => name.endsWith('.eml'))
const letter = (folder: string, id: Id): string => readFileSync(join(folder, 'outbox', `${id}.eml`), 'utf8')
const bodyOf = (text: string): string => Buffer.from(text.split('\r\n\r\n')[1] ?? '', 'base64').toString('utf8')

/** The hub's public export key, as tills find it in the key set. */
function exportPublicKey({ keys }: Pick<Rig, 'keys'>): Uint8Array {
  const set = openSigned(nodeCrypto, keys.keySet(), signedTypes.keySet, () => unhex(keys.root.publicKey))
  const found = set.ok ? set.value.keys.find(({ role }) => role === 'export') : undefined
  return unhex(found?.publicKey ?? '') ?? new Uint8Array(0)
}

async function request(rig: Pick<Rig, 'keys'>, till: TestTill, receiptNumber: string, address = ADA, requestId = nextId()) {
  const { sealed, key } = await sealAddress(exportPublicKey(rig), addressContext(till.id, requestId), address)
  const fact: Fact = { kind: 'receipt.requested', body: { requestId, receiptNumber, sealed: base64url(sealed) } }
  const told = (of = requestId) => encodeSigned(till.signer, signedTypes.addressKey, { v: 1, till: till.id, requestId: of, key: base64url(key) })
  return { requestId, fact, told }
}

async function sold(rig: Rig, amountMinor = 500) {
  const till = await rig.till()
  const wallet = await rig.wallet()
  const made = sale(amountMinor, wallet.show())
  for (const fact of [made.intended, made.acceptedOffline, made.captured, made.completed] as Fact[]) till.write(fact)
  return { till, made, receiptNumber: made.captured.body.receiptNumber }
}

const answers = (rig: Rig, till: TestTill): number => rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'addressed')).length
const statesOf = async (rig: Rig) => (await rig.hub.receipts?.state())?.sendings.map(({ state, code }) => code ?? state)

describe('a receipt that is sent', () => {
  it('is handed over once, however often its key comes, and says what the sale says', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber)
    till.write(asked.fact)
    await rig.send(till, till.batch())
    expect(letters(rig.folder)).toEqual([])
    await rig.send(till, asked.told(), asked.told())
    expect(letters(rig.folder)).toEqual([`${asked.requestId}.eml`])
    const text = letter(rig.folder, asked.requestId)
    expect(text).toContain(`To: <${ADA}>\r\n`)
    expect(text).toContain(`Message-ID: <${asked.requestId}@`)
    expect(text.split('\r\n').every((line) => line.length <= 78)).toBe(true)
    expect(bodyOf(text)).toContain(receiptNumber)
    expect(bodyOf(text)).toContain('Rye loaf: 5.00')
    expect(bodyOf(text)).toContain('TOTAL EUR: 5.00')
    // A mail program fetched it: the key once more brings nothing back.
    rmSync(join(rig.folder, 'outbox', `${asked.requestId}.eml`))
    await rig.send(till, asked.told(), till.batch())
    expect(letters(rig.folder)).toEqual([])
    expect(answers(rig, till)).toBe(3)
    expect(await rig.hub.receipts?.state()).toMatchObject({ sendings: [{ receiptNumber, state: 'sent', to: 'a…@example.org' }] })
  })

  it('goes to a phone without a To', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber, '+4930123456')
    till.write(asked.fact)
    await rig.send(till, till.batch(), asked.told())
    await rig.send(till, asked.told())
    expect(letter(rig.folder, asked.requestId)).toMatch(/^Stillpoint-Phone: \+4930123456\r$/m)
    expect(letter(rig.folder, asked.requestId)).not.toMatch(/^To:/m)
  })

  it('does not wait for an answer to a key that came before its request was settled', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber)
    till.write(asked.fact)
    await rig.send(till, asked.told())
    expect(answers(rig, till)).toBe(0)
    await rig.send(till, till.batch())
    await rig.send(till, asked.told())
    expect(answers(rig, till)).toBe(1)
  })
})

describe('a rogue till', () => {
  it('sends nothing for a sale of another, nor more than three times, nor under an id twice', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const thief = await rig.till()
    await rig.send(till, till.batch())
    const stolen = await request(rig, thief, receiptNumber)
    thief.write(stolen.fact)
    await rig.send(thief, thief.batch())
    await rig.send(thief, stolen.told())
    const all = await Promise.all([1, 2, 3, 4].map(() => request(rig, till, receiptNumber)))
    for (const { fact } of all) till.write(fact)
    const [first] = all
    if (first === undefined) throw new Error('four were made')
    const again = await request(rig, till, receiptNumber, 'eve@example.org', first.requestId)
    till.write(again.fact)
    await rig.send(till, till.batch())
    await rig.send(till, ...all.map(({ told }) => told()))
    // The ciphertext of the second under the first one's id, and a key of another request for this one.
    await rig.send(till, again.told(), all[1]?.told(first.requestId) ?? again.told())
    expect(letters(rig.folder)).toHaveLength(3)
    expect(await statesOf(rig)).toEqual(['receipt.too_many', 'sent', 'sent', 'sent', 'receipt.no_sale'])
    expect((await rig.exceptions()).map(([, , code]) => code)).toEqual(['receipt.no_sale', 'receipt.too_many', 'entry.conflict'])
  })

  it('gets an address that is none nowhere, and cannot speak for another till', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const other = await rig.till()
    const asked = await request(rig, till, receiptNumber, 'eve@example.org\r\nBcc: all@example.org')
    till.write(asked.fact)
    await rig.send(till, till.batch())
    await rig.send(other, asked.told())
    expect(answers(rig, other)).toBe(0)
    await rig.send(till, asked.told())
    expect(letters(rig.folder)).toEqual([])
    expect(await statesOf(rig)).toEqual(['receipt.unreadable'])
  })

  it('has so many sent in a day', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber)
    const day = new Date(START).toISOString().slice(0, 10)
    await rig.ports.store.commit({ counters: [{ id: `sendings/${till.id}/${day}`, version: 0, value: 500 }] })
    till.write(asked.fact)
    await rig.send(till, till.batch())
    expect(await statesOf(rig)).toEqual(['receipt.over_cap'])
  })
})

describe('after a kill', () => {
  it.each(['staged', 'handed over', 'fetched'])('a letter that was %s is out once', async (moment) => {
    const keys = hubKeys(memoryVault(testSeed), { now: () => START, monotonic: () => 0 })
    const folder = mkdtempSync(join(tmpdir(), 'receipts-'))
    const subjects = subjectKeysIn(join(folder, 'subjects'))
    const real = outboxIn(join(folder, 'outbox'))
    let released = 0
    const release = (id: Id): void => {
      released += 1
      if (moment !== 'staged') real.release(id)
      if (moment === 'fetched') rmSync(join(folder, 'outbox', `${id}.eml`))
      throw new Error('killed')
    }
    const rig = await makeRig({ keys, sending: { subjects, outbox: { ...real, release } } })
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber)
    till.write(asked.fact)
    await rig.send(till, till.batch())
    await rig.send(till, asked.told())
    expect(released).toBe(1)
    const again = await makeRig({ keys, store: openMemoryStore(rig.disk), copy: rig.ports.copy, sending: { subjects, outbox: real } })
    await again.hub.idle()
    expect(letters(folder)).toEqual(moment === 'fetched' ? [] : [`${asked.requestId}.eml`])
    expect(await statesOf(again)).toEqual(['sent'])
  })
})

describe('erasing an address', () => {
  it('destroys the keys of every request to it, and what was not fetched; nothing of it is anywhere', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const [first, second, waiting] = await Promise.all([ADA, ADA.toUpperCase(), ADA].map((address) => request(rig, till, receiptNumber, address)))
    if (first === undefined || second === undefined || waiting === undefined) throw new Error('three were made')
    for (const { fact } of [first, second, waiting]) till.write(fact)
    await rig.send(till, till.batch())
    await rig.send(till, first.told(), second.told())
    expect(letters(rig.folder)).toHaveLength(2)
    expect(await rig.hub.receipts?.erase(first.requestId)).toEqual({ ok: true, value: { erased: 2 } })
    expect(await rig.hub.receipts?.erase(waiting.requestId)).toEqual({ ok: true, value: { erased: 1 } })
    // Its key comes late, and is not taken.
    rig.clock.advance(DAY)
    await rig.send(till, first.told(), waiting.told())
    expect(rig.sending.subjects.ids()).toEqual([])
    expect(await statesOf(rig)).toEqual(['erased', 'erased', 'erased'])
    expect(JSON.stringify(await rig.hub.receipts?.state())).not.toContain('example.org')
    const everything = JSON.stringify([Object.values(rig.disk.rows).map((rows) => [...rows]), [...rig.disk.exceptions]], bigints)
    const files = readdirSync(rig.folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    const journal = till.entries.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join()
    for (const text of [everything, journal, rig.warnings.join(), ...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))])
      expect(text.toLowerCase()).not.toContain('lovelace')
    expect(files).toEqual([])
    expect(existsSync(join(rig.folder, 'outbox', 'staged'))).toBe(true)
  })

  it('by the address itself, whoever asks', async () => {
    const rig = await rigWithOutbox()
    const { till, receiptNumber } = await sold(rig)
    const asked = await request(rig, till, receiptNumber)
    till.write(asked.fact)
    await rig.send(till, till.batch())
    await rig.send(till, asked.told())
    expect(await rig.hub.receipts?.eraseAddress('eve@example.org')).toEqual({ ok: true, value: { erased: 0 } })
    expect(await rig.hub.receipts?.eraseAddress('nobody')).toMatchObject({ ok: false, code: 'receipt.bad_address' })
    expect(await rig.hub.receipts?.eraseAddress(` ${ADA}`)).toEqual({ ok: true, value: { erased: 1 } })
    expect(letters(rig.folder)).toEqual([])
  })
})

const bigints = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
