import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONSENT_VERSION } from '#protocol/faces/consent.ts'
import { MAX_PICTURE_BYTES } from '#protocol/faces/messages.ts'
import { cautiousCaps } from '#protocol/faces/policy.ts'
import { poseOf } from '#protocol/faces/geometry.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { readCalibration } from './calibration.ts'
import { createChallengeDesk } from './challenge/desk.ts'
import { evidenceSigner } from './challenge/evidence-key.ts'
import { createFaceDesk, type FaceDesk, type Place } from './desk.ts'
import { openGallery, type Gallery } from './gallery.ts'
import { openPool, type Looker } from './pool.ts'
import { createFaceService } from './service.ts'
import { distanceBetween } from './template.ts'
import { framesOf } from './test-frames.ts'

/** The engine itself, on the photographs that its package comes with. */
const samples = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
const photograph = (n: number): Uint8Array => new Uint8Array(readFileSync(join(samples, `sample${n}.jpg`)))
const shop: Place = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', store: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', kiosk: 'kiosk 1' }
const TOKEN = 'a token of at least thirty-two letters'

let folder = ''
let looker: Looker
let gallery: Gallery
let desk: FaceDesk
let service: ReturnType<typeof createFaceService>
const warned: string[] = []
const warn = (line: string): void => void warned.push(line)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faces-'))
  looker = await openPool({ workers: 1, timers: systemTimers, warn })
  gallery = openGallery({ folder, clock: systemClock, crypto: nodeCrypto, warn })
  desk = createFaceDesk({
    gallery,
    calibration: readCalibration(join(import.meta.dirname, 'calibration.json'), looker.engine),
    caps: cautiousCaps('EUR'),
    clock: systemClock,
  })
  const rules = { sameWithin: 0.55, sameTurnedWithin: 0.6 }
  const challenges = createChallengeDesk({ desk, looker, clock: systemClock, crypto: nodeCrypto, signer: evidenceSigner(folder), rules })
  service = createFaceService({ desk, challenges, looker, token: TOKEN, warn })
}, 60_000)
afterAll(async () => {
  await service.close()
  await looker.close()
  gallery.close()
  rmSync(folder, { recursive: true })
})

const post = (question: string, body: unknown, token = TOKEN) =>
  service.inject({ method: 'POST', url: `/faces/${question}`, headers: { authorization: `Bearer ${token}` }, payload: body as object })

test('it finds a face, its landmarks and the same numbers each time', async () => {
  const [first, again] = [await looker.look(photograph(1), { embed: true }), await looker.look(photograph(1), { embed: true })]
  if (!first.ok || !again.ok) throw new Error('no picture')
  const [face] = first.value.faces
  expect(face?.landmarks.length).toBe(68)
  expect(first.value.quality?.size).toBeGreaterThan(64)
  expect(Math.abs(poseOf(face?.landmarks ?? []).roll)).toBeLessThan(45)
  expect(first.value.embedding).toEqual(again.value.embedding)
  const other = await looker.look(photograph(2), { embed: true })
  if (!other.ok || !first.value.embedding || !other.value.embedding) throw new Error('no face')
  expect(distanceBetween(first.value.embedding, other.value.embedding)).toBeGreaterThan(0.5)
})

test('a picture without a face is told so, and one that cannot be read does not end the worker', async () => {
  const { default: sharp } = await import('sharp')
  const empty = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#667788' } })
    .jpeg()
    .toBuffer()
  expect((await post('look', { picture: empty.toString('base64'), use: 'look' })).json()).toEqual({ hints: ['none'] })
  const cut = Buffer.from(photograph(1).subarray(0, 5000)).toString('base64')
  const refused = await post('look', { picture: cut, use: 'look' })
  expect([refused.statusCode, refused.json()]).toEqual([422, { code: 'face.image_unreadable' }])
  expect((await looker.look(photograph(1), { embed: false })).ok).toBe(true)
})

test('whoever does not know the token learns nothing, and nothing malformed or too large gets in', async () => {
  expect((await post('enrolled', { merchant: shop.merchant, wallet: 'ab'.repeat(16) }, 'another')).statusCode).toBe(401)
  expect((await service.inject({ method: 'GET', url: '/faces/health' })).statusCode).toBe(401)
  for (const body of [{}, [], 'x', { picture: 'no base64!', use: 'look' }, { picture: 'AAAA', use: 'sell' }, { picture: 'AAAA', use: 'look', more: 1 }])
    expect((await post('look', body)).statusCode).toBe(typeof body === 'string' ? 415 : 400)
  expect((await post('look', { picture: 'A'.repeat(4 * MAX_PICTURE_BYTES), use: 'look' })).statusCode).toBe(400)
  expect((await post('look', { picture: 'A'.repeat(16 * 1024 * 1024), use: 'look' })).json()).toEqual({ code: 'face.image_too_large' })
  expect(warned).toEqual([])
})

test('a page sends its pictures itself, with the word of one challenge and for nothing else', async () => {
  const begun = (await post('begin', { place: shop, purpose: 'pay', nonce: 'ab'.repeat(16) })).json<{ challenge: string; word: string; actions: number }>()
  expect(begun.actions).toBe(3)
  const capture = (word: string, url = '/capture/frame', type = 'image/jpeg') =>
    service.inject({
      method: 'POST',
      url,
      headers: { authorization: `Capture ${begun.challenge} ${word}`, 'content-type': type },
      payload: Buffer.from(photograph(3)),
    })
  expect((await capture(begun.word)).json()).toMatchObject({ state: 'going', done: 0, hints: [] })
  expect((await capture('0'.repeat(64))).statusCode).toBe(401)
  expect((await capture(begun.word, '/faces/look')).statusCode).toBe(401)
  expect((await capture(begun.word, '/capture/frame', 'text/plain')).statusCode).toBe(400)
  expect((await post('recognise', { challenge: begun.challenge, amountMinor: 100, currency: 'EUR' })).json()).toEqual({ code: 'face.challenge_over' })
  expect((await post('frame', { challenge: begun.challenge, picture: 'AAAA' })).json()).toEqual({ code: 'face.image_unreadable' })
})

test('a person reads every use, and deletes the face', async () => {
  const wallet = 'ab'.repeat(16)
  const done = desk.enrol(shop, { wallet, consent: { version: CONSENT_VERSION, language: 'zh' } }, framesOf(1))
  const person = done.ok ? done.value.person : ''
  expect((await post('enrolled', { merchant: shop.merchant, wallet })).json()).toEqual({ person })
  expect((await post('history', { person, store: shop.store })).json()).toMatchObject({ uses: [{ did: 'enrolled', store: shop.store }] })
  expect((await post('forget', { person })).json()).toEqual({ forgotten: true })
  expect((await post('forget', { person })).json()).toEqual({ forgotten: false })
  expect((await post('history', { person, store: shop.store })).json()).toEqual({ code: 'face.unknown_person' })
  expect((await post('enrolled', { merchant: shop.merchant, wallet })).json()).toEqual({})
})
