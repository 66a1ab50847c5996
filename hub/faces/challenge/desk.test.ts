import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unbase64url, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes, verifySign1 } from '#protocol/cose.ts'
import { CHALLENGE_TIME, type FaceAction } from '#protocol/faces/challenge.ts'
import { CONSENT_VERSION } from '#protocol/faces/consent.ts'
import { challengeEvidence, type ChallengeState } from '#protocol/faces/messages.ts'
import { cautiousCaps } from '#protocol/faces/policy.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { MINUTE, type Clock } from '#protocol/time.ts'
import type { Calibration } from '../calibration.ts'
import { createFaceDesk, type Place } from '../desk.ts'
import { openGallery, type Gallery } from '../gallery.ts'
import type { Looked } from '../looking.ts'
import type { Looker } from '../pool.ts'
import { frameOf as goodFrameOf, ROW } from '../test-frames.ts'
import { createChallengeDesk, type Begun, type ChallengeDesk, type Purpose } from './desk.ts'
import { evidenceSigner } from './evidence-key.ts'
import { rulesOf } from './judge.ts'
import { boxOf, head, print, project, type Held } from './test-head.ts'

const calibration: Calibration = { engine: 'test', dimensions: ROW, people: 2, images: 8, threshold: 0.55, identifyThreshold: 0.5, margin: 0.05, curve: [] }
const place: Place = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', store: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', kiosk: 'kiosk 1' }
const wallet = 'ab'.repeat(16)
const NONCE = 'cd'.repeat(16)
const enrolling = { wallet, consent: { version: CONSENT_VERSION, language: 'en' } } as const
const paying = { amountMinor: 1000, currency: 'EUR' }

let folder = ''
let now = 1_800_000_000_000
let gallery: Gallery
let desk: ChallengeDesk
let signer: ReturnType<typeof evidenceSigner>
const clock: Clock = { now: () => now, monotonic: () => now }
/** A camera: what was pictured lies in a list, and a picture is its number. */
const pictured: Looked[] = []
const fileOf = (picture: number): Uint8Array => Uint8Array.of(picture >> 8, picture & 255)
const looker: Looker = {
  engine: 'test',
  look: ([high = 255, low = 255]) => {
    const looked = pictured[256 * high + low]
    return Promise.resolve(looked === undefined ? fail('face.image_unreadable') : ok(looked))
  },
  close: () => Promise.resolve(),
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faces-'))
  now = 1_800_000_000_000
  pictured.length = 0
  gallery = openGallery({ folder, clock, crypto: nodeCrypto, warn: () => undefined })
  signer = evidenceSigner(folder)
  const faces = createFaceDesk({ gallery, calibration, caps: cautiousCaps('EUR'), clock })
  desk = createChallengeDesk({ desk: faces, looker, clock, crypto: nodeCrypto, signer, rules: rulesOf(calibration) })
})
afterEach(() => {
  gallery.close()
  rmSync(folder, { recursive: true })
})

const begun = (purpose: Purpose = 'pay'): Begun => {
  const answer = desk.begin(place, purpose, NONCE)
  if (!answer.ok) throw new Error(answer.code)
  return answer.value
}
type Show = (held: Held, more?: Partial<Looked>) => Promise<ChallengeState>
/** Pictures of that person, one every tenth of a second, as a head or as a print of it. */
const camera =
  (challenge: string, person = 1, solid: typeof head | typeof print = head): Show =>
  async (held, more) => {
    now += 100
    const landmarks = project(solid(held.mood), held)
    const good = goodFrameOf(person, pictured.length)
    const { quality } = good
    pictured.push({
      ...good,
      faces: [{ box: boxOf(landmarks), score: 0.9, landmarks }],
      ...(quality && { quality: { ...quality, turn: Math.sin(((held.yaw ?? 0) * Math.PI) / 180) / 2 } }),
      ...more,
    })
    const answer = await desk.frame(challenge, fileOf(pictured.length - 1))
    if (!answer.ok) throw new Error(answer.code)
    return answer.value
  }
const doing: Readonly<Record<FaceAction, (t: number) => Held>> = {
  turn_left: (t) => ({ yaw: 30 * t }),
  turn_right: (t) => ({ yaw: -30 * t }),
  smile: (t) => ({ mood: { smile: t > 0.4 } }),
  blink: (t) => ({ mood: { eyesShut: t > 0.4 && t < 0.7 } }),
  come_closer: (t) => ({ distance: 600 - 200 * t }),
}
/** Does what is awaited until it is over. */
async function perform(show: Show): Promise<ChallengeState> {
  let state = await show({})
  for (let n = 0; n < 200 && state.state === 'going'; n++) {
    const { awaited } = state
    if (awaited === undefined) state = await show({})
    else {
      for (let t = 0.1; t <= 1 && state.awaited === awaited; t += 0.1) state = await show(doing[awaited](t))
      for (let t = 0.9; t >= 0 && state.state === 'going'; t -= 0.1) state = await show(awaited === 'smile' || awaited === 'blink' ? {} : doing[awaited](t))
    }
  }
  return state
}

test('a person enrols and then pays, and each is signed for with its nonce and its pictures', async () => {
  const first = begun('enrol')
  expect(first.actions).toBe(3)
  expect(await perform(camera(first.challenge))).toMatchObject({ state: 'passed', done: 3 })
  const enrolled = desk.enrol(first.challenge, enrolling)
  if (!enrolled.ok) throw new Error(enrolled.code)

  const from = pictured.length
  const second = begun()
  await perform(camera(second.challenge))
  const paid = desk.recognise(second.challenge, paying)
  if (!paid.ok) throw new Error(paid.code)
  expect(paid.value).toMatchObject({ person: enrolled.value.person, wallet, factor: 'face' })

  const envelope = parseSign1(unbase64url(paid.value.evidence) ?? new Uint8Array(0))
  if (!envelope.ok) throw new Error(envelope.code)
  expect(verifySign1(nodeCrypto, envelope.value, signedTypes.face, evidenceSigner(folder).publicKey)).toBe(true)
  const said = challengeEvidence.parse(JSON.parse(utf8Text(envelope.value.payload)))
  const whole = createHash('sha256')
  for (let n = from; n < from + said.pictures; n++) whole.update(createHash('sha256').update(fileOf(n)).digest())
  expect(said).toMatchObject({
    challenge: second.challenge,
    nonce: NONCE,
    purpose: 'pay',
    place,
    engine: 'test',
    person: enrolled.value.person,
    picturesHash: whole.digest('hex'),
  })
  // No more than once.
  expect(desk.recognise(second.challenge, paying)).toEqual({ ok: false, code: 'face.challenge_over' })
})

test('nothing is decided before a challenge is passed, nor by one of another purpose, nor long after', async () => {
  const { challenge } = begun('enrol')
  const show = camera(challenge)
  await show({})
  expect(desk.enrol(challenge, enrolling)).toMatchObject({ code: 'face.challenge_over' })
  await perform(show)
  expect(desk.recognise(challenge, paying)).toMatchObject({ code: 'face.challenge_over' })
  now += CHALLENGE_TIME + 4 * MINUTE
  expect(desk.enrol(challenge, enrolling)).toMatchObject({ code: 'face.challenge_over' })
  expect(await desk.frame(challenge, fileOf(0))).toMatchObject({ code: 'face.challenge_over' })
})

test('a print fails, as does somebody else who steps in, and who does that often is locked out at that kiosk', async () => {
  for (let n = 0; n < 12; n++) {
    const answer = desk.begin(place, 'pay', NONCE)
    if (!answer.ok) break
    const show = camera(answer.value.challenge, 1, n % 2 === 0 ? print : head)
    if (n % 2 === 0) expect((await perform((held, more) => show({ ...held, yaw: (held.yaw ?? 0) * 2 }, more))).state).toBe('failed')
    else {
      for (let i = 0; i < 4; i++) await show({})
      expect(await camera(answer.value.challenge, 2)({})).toMatchObject({ state: 'failed', why: 'someone_else' })
    }
    expect(desk.recognise(answer.value.challenge, paying)).toMatchObject({ code: 'face.challenge_over' })
    now += 8000
  }
  now -= 8000
  expect(desk.begin(place, 'pay', NONCE)).toMatchObject({ code: 'face.locked' })
  expect(desk.begin({ ...place, kiosk: 'kiosk 2' }, 'pay', NONCE).ok).toBe(true)
})

test('nobody yet, or a picture that cannot be read, is waited for; later, nobody ends it', async () => {
  const { challenge } = begun()
  const show = camera(challenge)
  expect(await show({}, { faces: [], near: 0, quality: undefined, embedding: undefined })).toMatchObject({ state: 'going', hints: ['none'] })
  expect(await show({}, { near: 2 })).toMatchObject({ state: 'going', hints: ['several'] })
  expect(await desk.frame(challenge, fileOf(65_000))).toMatchObject({ code: 'face.image_unreadable' })
  for (let i = 0; i < 3; i++) await show({})
  expect(await show({}, { faces: [], near: 0, quality: undefined, embedding: undefined })).toMatchObject({ state: 'failed', why: 'nobody' })
})

test('a page may send pictures for the challenge whose word it has, and of one kiosk only the last counts', async () => {
  const [first, second] = [begun(), begun()]
  expect(desk.admits(second.challenge, second.word)).toBe(true)
  expect(desk.admits(second.challenge, first.word)).toBe(false)
  expect(desk.admits(first.challenge, first.word)).toBe(false)
  for (const word of ['', 'x', second.word.slice(1), `${second.word}00`]) expect(desk.admits(second.challenge, word)).toBe(false)
})

test('who begins anew, or steps away, once he knows what is asked is counted; before that it costs nothing', async () => {
  const another = { ...place, kiosk: 'kiosk 2' }
  for (let n = 0; n < 20; n++) expect(desk.begin(another, 'pay', NONCE).ok).toBe(true)
  for (let n = 0; n < 12; n++) {
    const answer = desk.begin(place, 'pay', NONCE)
    if (!answer.ok) break
    const show = camera(answer.value.challenge)
    for (let i = 0; i < 4; i++) expect(await show({})).toMatchObject({ state: 'going' })
    if (n % 2 === 0) await show({}, { faces: [], near: 0, quality: undefined, embedding: undefined })
  }
  expect(desk.begin(place, 'pay', NONCE)).toMatchObject({ code: 'face.locked' })
  // A kiosk of that name in another store is another kiosk.
  expect(desk.begin({ ...place, store: '017f22e2-79b0-7cc3-98c4-dc0c0c073991' }, 'pay', NONCE).ok).toBe(true)
})

test('one challenge fails once, however many of its pictures are being looked at', async () => {
  for (let n = 0; n < 5; n++) {
    const { challenge } = begun()
    for (let i = 0; i < 4; i++) await camera(challenge)({})
    const other = camera(challenge, 2)
    const states = await Promise.all([other({}), other({}), other({})])
    expect(states.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed'])
  }
  expect(desk.begin(place, 'pay', NONCE).ok).toBe(true)
})
