import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CONSENT_VERSION } from '#protocol/faces/consent.ts'
import { cautiousCaps } from '#protocol/faces/policy.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, MINUTE, type Clock } from '#protocol/time.ts'
import type { Calibration } from './calibration.ts'
import { createFaceDesk, type Claim, type FaceDesk, type Place } from './desk.ts'
import { openGallery, RETENTION, type Gallery } from './gallery.ts'
import { rotationOf } from './rotation.ts'
import { middleOf } from './template.ts'
import { embeddingOf, frameOf, framesOf, ROW } from './test-frames.ts'

const calibration: Calibration = { engine: 'test', dimensions: ROW, people: 2, images: 8, threshold: 0.55, identifyThreshold: 0.5, margin: 0.05, curve: [] }
const shop: Place = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', store: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', kiosk: 'kiosk 1' }
const elsewhere: Place = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c073991', store: '017f22e2-79b0-7cc3-98c4-dc0c0c073992', kiosk: 'kiosk 2' }
const caps = cautiousCaps('EUR')
const pay = (claim?: Claim, amountMinor = 1000) => ({ amountMinor, currency: 'EUR', ...(claim && { claim }) })
const walletOf = (person: number): string => person.toString(16).padStart(32, 'a')
const consent = { version: CONSENT_VERSION, language: 'en' } as const

let folder = ''
let now = 0
let gallery: Gallery
let desk: FaceDesk
const clock: Clock = { now: () => now, monotonic: () => now }
const warned: string[] = []

function open(): void {
  gallery = openGallery({ folder: join(folder, 'faces'), clock, crypto: nodeCrypto, warn: (line) => void warned.push(line) })
  desk = createFaceDesk({ gallery, calibration, caps, clock })
}
function restart(): void {
  gallery.close()
  open()
}
const newPerson = { merchant: shop.merchant, wallet: walletOf(1), consent: { ...consent, at: 1_800_000_000_000 }, engine: 'test' }
const enrolled = (person: number, place = shop, digits?: string): Id => {
  const done = desk.enrol(place, { wallet: walletOf(person), consent, ...(digits !== undefined && { digits }) }, framesOf(person))
  if (!done.ok) throw new Error(done.code)
  return done.value.person
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faces-'))
  now = 1_800_000_000_000
  warned.length = 0
  open()
})
afterEach(() => {
  gallery.close()
  rmSync(folder, { recursive: true })
})

/** Every file below `folder`, by its path. */
function filesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile())
}
/** Which of `traces` are in which file: as bytes, in hex and in base64. */
function tracesIn(files: readonly string[], traces: Readonly<Record<string, Uint8Array>>): readonly string[] {
  return files.flatMap((path) => {
    const bytes = readFileSync(path)
    const isIn = (trace: Buffer): boolean =>
      [trace, trace.toString('hex'), trace.toString('base64').slice(0, -4), trace.toString('base64url').slice(0, -4)].some((form) => bytes.includes(form))
    return Object.entries(traces).flatMap(([name, trace]) => (isIn(Buffer.from(trace)) ? [`${name} in ${path.slice(folder.length)}`] : []))
  })
}
const floats = (vector: Float32Array): Uint8Array => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

describe('erasure', () => {
  test('of a person who is deleted no trace is left in database, files and memory, and what a backup has cannot be read', async () => {
    const person = enrolled(1, shop, '4711')
    enrolled(2)
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 9)).ok).toBe(true)
    const template = middleOf(framesOf(1).flatMap(({ embedding }) => embedding ?? []))
    const key = Buffer.from(readFileSync(join(folder, 'faces/keys', `${person}.key`), 'utf8'), 'hex')
    const inside = {
      embedding: floats(embeddingOf(1)),
      template: floats(template),
      rotated: floats(rotationOf(gallery.rotationSecret(), shop.merchant, ROW)(template)),
      wallet: Buffer.from(walletOf(1)),
      digits: Buffer.from('"4711"'),
    }
    await gallery.backup(join(folder, 'backup.db'))
    // While the person is there, all of this is sealed; only the key is a file.
    expect(tracesIn(filesBelow(folder), inside)).toEqual([])
    expect(tracesIn(filesBelow(folder), { key })).toEqual([`key in /faces/keys/${person}.key`])

    expect(desk.forget(person)).toBe(true)
    const everywhere = { ...inside, key, id: Buffer.from(person) }
    expect(tracesIn(filesBelow(join(folder, 'faces')), everywhere)).toEqual([])
    // An older copy has the sealed row. Its key is nowhere.
    expect(tracesIn(filesBelow(folder), everywhere)).toEqual(['id in /backup.db'])
    expect(readFileSync(join(folder, 'backup.db')).includes(key)).toBe(false)

    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 9))).toMatchObject({ ok: false, code: 'face.not_recognised' })
    expect(desk.recognise(shop, pay(), framesOf(1, 1, 9))).toMatchObject({ ok: false, code: 'face.not_recognised' })
    expect(desk.history(person, shop.store)).toMatchObject({ ok: false, code: 'face.unknown_person' })
    restart()
    expect(desk.size).toBe(1)
    expect(tracesIn(filesBelow(join(folder, 'faces')), everywhere)).toEqual([])
    expect(warned).toEqual([])
  })

  test('a backup of the database that is put back without keys brings nobody back', async () => {
    const person = enrolled(1)
    await gallery.backup(join(folder, 'backup.db'))
    desk.forget(person)
    gallery.close()
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `faces/gallery.db${end}`), { force: true })
    copyFileSync(join(folder, 'backup.db'), join(folder, 'faces/gallery.db'))
    open()
    expect(desk.size).toBe(0)
    expect(warned.join()).toMatch(/has no key any more/)
    expect(tracesIn(filesBelow(join(folder, 'faces')), { id: Buffer.from(person) })).toEqual([])
  })

  test('whoever was not there for a year is erased, and whoever pays now and then is not', () => {
    const [stale, fresh] = [enrolled(1), enrolled(2)]
    now += RETENTION - MINUTE
    expect(desk.recognise(shop, pay({ wallet: walletOf(2) }), framesOf(2, 1, 5)).ok).toBe(true)
    now += 2 * MINUTE
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
    expect(desk.sweep()).toBe(1)
    expect(desk.size).toBe(1)
    expect(tracesIn(filesBelow(join(folder, 'faces')), { stale: Buffer.from(stale) })).toEqual([])
    restart()
    expect(desk.enrolledFor(shop.merchant, walletOf(2))).toBe(fresh)
  })

  test('a key whose enrolment never reached the disk is destroyed at the next start', () => {
    const orphan = '017f22e2-79b0-7cc3-98c4-dc0c0c0739aa'
    enrolled(1)
    gallery.close()
    writeFileSync(join(folder, 'faces/keys', `${orphan}.key`), '00'.repeat(32))
    open()
    expect(filesBelow(join(folder, 'faces/keys')).some((path) => path.includes(orphan))).toBe(false)
    expect(desk.size).toBe(1)
  })
})

describe('enrolment', () => {
  test('needs three good pictures of one person, and consent to the text of today', () => {
    const ask = { wallet: walletOf(1), consent }
    expect(desk.enrol(shop, ask, framesOf(1, 2))).toMatchObject({ ok: false, code: 'face.poor' })
    expect(desk.enrol(shop, ask, [...framesOf(1, 2), frameOf(1, 3, { sharpness: 0.001 })])).toMatchObject({ code: 'face.poor', hints: ['blurred'] })
    expect(desk.enrol(shop, ask, [...framesOf(1, 2), frameOf(2)])).toMatchObject({ code: 'face.frames_differ' })
    expect(desk.enrol(shop, ask, [])).toMatchObject({ code: 'face.none' })
    expect(desk.enrol(shop, { ...ask, consent: { ...consent, version: CONSENT_VERSION + 1 } }, framesOf(1))).toMatchObject({ code: 'face.no_consent' })
    expect(desk.size).toBe(0)
    expect(desk.enrol(shop, ask, framesOf(1)).ok).toBe(true)
  })

  test('the same face is not enrolled for two wallets of a merchant; for the same wallet it replaces the first', () => {
    const first = enrolled(1)
    expect(desk.enrol(shop, { wallet: walletOf(2), consent }, framesOf(1, 3, 20))).toMatchObject({ ok: false, code: 'face.duplicate' })
    const second = enrolled(1)
    expect(second).not.toBe(first)
    expect(desk.enrolledFor(shop.merchant, walletOf(1))).toBe(second)
    expect(desk.size).toBe(1)
    // What is known of its use is not lost with the older one.
    const uses = desk.history(second, shop.store)
    expect(uses.ok && uses.value.map(({ did }) => did)).toEqual(['enrolled', 'enrolled'])
    // Another merchant has another matrix, and knows nothing of it.
    expect(desk.enrol(elsewhere, { wallet: walletOf(2), consent }, framesOf(1)).ok).toBe(true)
  })

  test('a crash between the new enrolment and the end of the old one leaves one of them', () => {
    const old = enrolled(1)
    now += MINUTE
    const added = gallery.add({ ...newPerson, template: rotationOf(gallery.rotationSecret(), shop.merchant, ROW)(embeddingOf(1)) }, shop.store, [])
    restart()
    expect(desk.size).toBe(1)
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5))).toMatchObject({ value: { person: added.id } })
    expect(tracesIn(filesBelow(join(folder, 'faces')), { old: Buffer.from(old) })).toEqual([])
  })

  test('it survives a restart, to the letter', () => {
    const person = enrolled(1, shop, '1234')
    restart()
    expect(desk.enrolledFor(shop.merchant, walletOf(1))).toBe(person)
    expect(desk.recognise(shop, pay({ digits: '1234' }), framesOf(1, 1, 7))).toEqual({
      ok: true,
      value: { person, wallet: walletOf(1), factor: 'face_and_digits' },
    })
    // An engine of another name made other numbers.
    gallery.close()
    gallery = openGallery({ folder: join(folder, 'faces'), clock, crypto: nodeCrypto, warn: () => undefined })
    desk = createFaceDesk({ gallery, calibration: { ...calibration, engine: 'another' }, caps, clock })
    expect(desk.recognise(shop, pay({ digits: '1234' }), framesOf(1, 1, 7))).toMatchObject({ code: 'face.not_recognised' })
  })
})

describe('recognising', () => {
  test('one to one: the owner and nobody else, at this merchant and at no other', () => {
    const person = enrolled(1)
    enrolled(2)
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5))).toEqual({
      ok: true,
      value: { person, wallet: walletOf(1), factor: 'face_and_code' },
    })
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(2, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
    expect(desk.recognise(elsewhere, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), [frameOf(1), frameOf(2)])).toMatchObject({ code: 'face.frames_differ' })
  })

  test('one to many: among those who were in this store lately, and not where two are alike', () => {
    const person = enrolled(1)
    enrolled(2)
    expect(desk.recognise(shop, pay(), framesOf(1, 1, 5))).toEqual({ ok: true, value: { person, wallet: walletOf(1), factor: 'face' } })
    expect(desk.recognise({ ...shop, store: elsewhere.store }, pay(), framesOf(1, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
    expect(desk.recognise(shop, pay(), framesOf(3, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
    // A face between two people: near enough to both.
    const between = middleOf([embeddingOf(1), embeddingOf(2)])
    desk = createFaceDesk({ gallery, calibration: { ...calibration, identifyThreshold: 1 }, caps, clock })
    expect(desk.recognise(shop, pay(), [{ ...frameOf(1), embedding: between }])).toMatchObject({ code: 'face.unsure' })
  })

  test('two with the same last digits are told apart by their faces', () => {
    const [first, second] = [enrolled(1, shop, '0000'), enrolled(2, shop, '0000')]
    expect(desk.recognise(shop, pay({ digits: '0000' }), framesOf(1, 1, 5))).toMatchObject({ value: { person: first } })
    expect(desk.recognise(shop, pay({ digits: '0000' }), framesOf(2, 1, 5))).toMatchObject({ value: { person: second } })
    expect(desk.recognise(shop, pay({ digits: '9999' }), framesOf(2, 1, 5))).toMatchObject({ code: 'face.not_recognised' })
  })

  test('whoever tries as somebody else is slowed down, then locked out; a bad picture costs nothing', () => {
    enrolled(1)
    const tries = (ms: number) => ((now += ms), desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(2, 1, 5)))
    for (let i = 0; i < 20; i++)
      expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), [frameOf(2, 5, { light: 5 })])).toMatchObject({ code: 'face.poor', hints: ['too_dark'] })
    for (let i = 0; i < 3; i++) expect(tries(1)).toMatchObject({ code: 'face.not_recognised' })
    const locked = tries(1)
    expect(locked).toMatchObject({ code: 'face.locked' })
    expect('waitMs' in locked && locked.waitMs).toBeGreaterThan(0)
    const answers = Array.from({ length: 600 }, () => tries(1000))
    expect(answers.filter((answer) => !answer.ok && answer.code === 'face.not_recognised').length).toBeLessThan(4)
    // Also for the owner, and only for a while.
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5))).toMatchObject({ code: 'face.locked' })
    now += 61 * MINUTE
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(1, 1, 5)).ok).toBe(true)
  })

  test('no more than the caps: refused before anybody is looked at, and over the day also after many small sums', () => {
    const person = enrolled(1)
    expect(desk.recognise(shop, pay(undefined, caps.perPaymentMinor.face + 1), [])).toEqual({ ok: false, code: 'face.over_cap', needs: 'face_and_digits' })
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }, caps.perPaymentMinor.face_and_code + 1), [])).toEqual({ ok: false, code: 'face.over_cap' })
    expect(desk.recognise(shop, { ...pay(), currency: 'USD' }, framesOf(1, 1, 5))).toEqual({ ok: false, code: 'face.over_cap' })
    const small = Array.from({ length: 12 }, () => desk.recognise(shop, pay(undefined, 2000), framesOf(1, 1, 5)))
    expect(small.filter(({ ok }) => ok)).toHaveLength(10)
    expect(small.at(-1)).toEqual({ ok: false, code: 'face.over_cap', needs: 'face_and_code' })
    // Nor after so much reading that nothing else would be kept.
    for (let n = 0; n < 600; n++) desk.history(person, shop.store)
    restart()
    expect(desk.recognise(shop, pay(undefined, 2000), framesOf(1, 1, 5))).toMatchObject({ code: 'face.over_cap' })
    expect(desk.recognise(shop, pay({ wallet: walletOf(1) }, 2000), framesOf(1, 1, 5)).ok).toBe(true)
    now += DAY
    expect(desk.recognise(shop, pay(undefined, 2000), framesOf(1, 1, 5)).ok).toBe(true)
  })

  test('everybody can read every time that the face was used', () => {
    const person = enrolled(1)
    now += MINUTE
    desk.recognise(shop, pay(), framesOf(1, 1, 5))
    desk.recognise(shop, pay({ wallet: walletOf(1) }), framesOf(2, 1, 5))
    desk.history(person, shop.store)
    const uses = desk.history(person, shop.store)
    expect(uses.ok && uses.value.map(({ did, at }) => `${did} ${at - 1_800_000_000_000}`)).toEqual([
      'enrolled 0',
      'recognised 60000',
      'refused 60000',
      'read 60000',
    ])
  })
})
