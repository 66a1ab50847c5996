import { createHash, timingSafeEqual } from 'node:crypto'
import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import { sign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { CHALLENGE_FRAMES, CHALLENGE_TIME, chooseActions } from '#protocol/faces/challenge.ts'
import type { ChallengeEvidence, ChallengeState } from '#protocol/faces/messages.ts'
import { enrolGate, lookGate, type Hint } from '#protocol/faces/quality.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MINUTE, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { hintsOf, type Enrolling, type EnrolCode, type FaceDesk, type Paying, type Place, type Recognised, type RecogniseCode, type Refusal } from '../desk.ts'
import type { Looked } from '../looking.ts'
import type { LookCode, Looker } from '../pool.ts'
import { distanceBetween, middleOf } from '../template.ts'
import { awaited, begin, isPassed, see, waited, type Frame, type Progress, type Rules } from './judge.ts'

/**
 * Challenges under way. Each is begun by the hub with a nonce, gets pictures one after the other, and is used once it is passed, soon and at most a few times. What is
 * kept of its pictures are embeddings of the good ones and one hash; both go with it.
 */
export type ChallengeDesk = ReturnType<typeof createChallengeDesk>
export type ChallengePorts = {
  readonly desk: FaceDesk
  readonly looker: Looker
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly signer: Signer
  readonly rules: Rules
}
export type Begun = { readonly challenge: Id; readonly word: string; readonly actions: number }
export type Purpose = ChallengeEvidence['purpose']
type OverCode = 'face.challenge_over'

type Challenge = {
  readonly id: Id
  readonly word: Buffer
  readonly place: Place
  readonly purpose: Purpose
  readonly nonce: string
  readonly beganAt: EpochMs
  readonly began: DurationMs
  progress: Progress
  pictures: number
  readonly hash: ReturnType<typeof createHash>
  /** Of the neutral pictures, in the order of `progress.calm`. */
  embeddings: Map<Frame, Looked>
  neutral: Float32Array | undefined
  /** Good enough to be recognised or enrolled by. */
  readonly good: Looked[]
  /** One picture after the other, in the order in which they came. */
  line: Promise<unknown>
  waiting: number
  endedAt: EpochMs | undefined
  uses: number
}

/** After a challenge was passed: for typing four digits, or reading a text about consent. */
const USABLE_FOR: DurationMs = 3 * MINUTE
const MAX_USES = 3
/** Under way at once. Each kiosk has one. */
const MAX_CHALLENGES = 256
/** Pictures of one challenge that wait: a page sends the next when it has the answer to the last. */
const MAX_WAITING = 3
const MAX_GOOD = 6
/** Also those that cannot be read, or show nobody yet. */
const MAX_PICTURES = 2 * CHALLENGE_FRAMES

export function createChallengeDesk({ desk, looker, clock, crypto, signer, rules }: ChallengePorts) {
  const challenges = new Map<Id, Challenge>()

  function forgetOld(): void {
    const now = clock.monotonic()
    for (const challenge of challenges.values()) if (now - challenge.began > CHALLENGE_TIME + USABLE_FOR) leave(challenge)
  }

  /** It has failed: what is known of its face goes. Whoever knew what was asked is counted, whatever he did instead; whoever never stood still is not. */
  function end({ neutral, place, good, embeddings }: Challenge): void {
    if (neutral !== undefined) desk.failedChallenge(place)
    good.length = 0
    embeddings.clear()
  }

  /** Nobody comes back to it. Left with the action known and not done, it counts as failed: else one would begin anew until an easy one is asked. */
  function leave(challenge: Challenge): void {
    challenges.delete(challenge.id)
    if (challenge.progress.failed === undefined && !isPassed(challenge.progress)) end(challenge)
  }

  /** What one more picture says, once it has been looked at. */
  function judge(challenge: Challenge, looked: Looked, at: DurationMs): void {
    // Pictures that were looked at when it failed.
    if (challenge.progress.failed !== undefined) return
    const [face] = looked.faces
    const { neutral } = challenge
    const distance = neutral && looked.embedding ? { distance: distanceBetween(looked.embedding, neutral) } : {}
    const frame: Frame = { at, near: looked.near, box: face?.box ?? NOWHERE, landmarks: face?.landmarks ?? [], ...distance }
    challenge.progress = see(challenge.progress, frame, rules)
    const { calm, failed, neutral: settled } = challenge.progress
    if (failed !== undefined) return end(challenge)
    if (neutral === undefined) {
      challenge.embeddings = new Map(calm.flatMap((one) => (one === frame ? [[one, looked] as const] : [...entryOf(challenge.embeddings, one)])))
      if (settled === undefined) return
      const kept = [...challenge.embeddings.values()]
      challenge.neutral = middleOf(kept.flatMap(({ embedding }) => embedding ?? []))
      challenge.good.push(...kept.filter(isGood))
      challenge.embeddings.clear()
    } else if (challenge.good.length < MAX_GOOD && isGood(looked)) challenge.good.push(looked)
    if (isPassed(challenge.progress)) challenge.endedAt ??= clock.now()
  }

  function stateOf({ progress }: Challenge, hints: readonly Hint[]): ChallengeState {
    const next = awaited(progress)
    const { failed, done } = progress
    return {
      state: failed !== undefined ? 'failed' : isPassed(progress) ? 'passed' : 'going',
      ...(failed === undefined && next !== undefined && { awaited: next }),
      done,
      hints: [...hints],
      ...(failed !== undefined && { why: failed }),
    }
  }

  /** A passed challenge that was begun for this, and may still be used. */
  function usable(id: Id, purpose: Purpose): Outcome<Challenge, OverCode> {
    forgetOld()
    const challenge = challenges.get(id)
    if (challenge === undefined || challenge.purpose !== purpose || !isPassed(challenge.progress) || challenge.uses >= MAX_USES)
      return fail('face.challenge_over')
    challenge.uses += 1
    return ok(challenge)
  }

  /** Signed, and with it the challenge is over. */
  function evidenceOf({ id, place, purpose, nonce, progress, pictures, hash, beganAt, endedAt }: Challenge, person: Id): string {
    challenges.delete(id)
    const content: ChallengeEvidence = {
      v: 1,
      challenge: id,
      nonce,
      purpose,
      place,
      actions: [...progress.actions],
      pictures,
      picturesHash: hash.digest('hex'),
      engine: looker.engine,
      beganAt,
      endedAt: endedAt ?? beganAt,
      person,
    }
    return base64url(sign1(signer, signedTypes.face, utf8(JSON.stringify(content))))
  }

  return {
    begin(place: Place, purpose: Purpose, nonce: string): Outcome<Begun, 'face.busy'> | Refusal<'face.locked'> {
      forgetOld()
      // Of one kiosk the last one counts.
      for (const other of challenges.values()) if (other.place.kiosk === place.kiosk && other.place.store === place.store) leave(other)
      const waitMs = desk.waitAt(place)
      if (waitMs > 0) return { ...fail('face.locked'), waitMs }
      if (challenges.size >= MAX_CHALLENGES) return fail('face.busy')
      const [now, began] = [clock.now(), clock.monotonic()]
      const actions = chooseActions(crypto.randomBytes(8))
      const word = Buffer.from(crypto.randomBytes(32))
      const challenge: Challenge = {
        id: makeId(now, crypto.randomBytes(10)),
        word,
        place,
        purpose,
        nonce,
        beganAt: now,
        began,
        progress: begin(actions, began),
        pictures: 0,
        hash: createHash('sha256'),
        embeddings: new Map(),
        neutral: undefined,
        good: [],
        line: Promise.resolve(),
        waiting: 0,
        endedAt: undefined,
        uses: 0,
      }
      challenges.set(challenge.id, challenge)
      return ok({ challenge: challenge.id, word: hex(word), actions: actions.length })
    },

    /** Whether a page that says this word may send pictures for that challenge. */
    admits(id: string, word: string): boolean {
      const challenge = challenges.get(id)
      return challenge !== undefined && /^[0-9a-f]{64}$/.test(word) && timingSafeEqual(challenge.word, Buffer.from(word, 'hex'))
    },

    /** One more picture; its bytes are gone afterwards. `at` is when it came, whatever a page says. */
    async frame(id: Id, picture: Uint8Array): Promise<Outcome<ChallengeState, OverCode | LookCode>> {
      const challenge = challenges.get(id)
      if (challenge === undefined) return fail('face.challenge_over')
      if (challenge.waiting >= MAX_WAITING) return fail('face.busy')
      if (challenge.pictures >= MAX_PICTURES) return fail('face.challenge_over')
      const at = clock.monotonic()
      const isGoing = challenge.progress.failed === undefined
      challenge.progress = waited(challenge.progress, at)
      if (isGoing && challenge.progress.failed !== undefined) end(challenge)
      if (challenge.progress.failed !== undefined || isPassed(challenge.progress)) return ok(stateOf(challenge, []))
      challenge.pictures += 1
      challenge.hash.update(createHash('sha256').update(picture).digest())
      challenge.waiting += 1
      const before = challenge.line
      const looking = looker.look(picture, { embed: true })
      const judged = (async (): Promise<Outcome<ChallengeState, OverCode | LookCode>> => {
        const looked = await looking
        await before
        if (!looked.ok) return looked
        const hints = [...hintsOf(looked.value, challenge.purpose === 'enrol' ? enrolGate : lookGate)]
        // Until there is a neutral face, somebody may still be stepping before the camera, or away from it.
        if (challenge.neutral !== undefined || looked.value.near === 1) judge(challenge, looked.value, at)
        return ok(stateOf(challenge, hints))
      })()
      challenge.line = judged
      return await judged.finally(() => {
        challenge.waiting -= 1
      })
    },

    enrol(id: Id, enrolling: Enrolling): Outcome<{ person: Id; evidence: string }, OverCode> | Refusal<EnrolCode> {
      const challenge = usable(id, 'enrol')
      if (!challenge.ok) return challenge
      const enrolled = desk.enrol(challenge.value.place, enrolling, challenge.value.good)
      return enrolled.ok ? ok({ ...enrolled.value, evidence: evidenceOf(challenge.value, enrolled.value.person) }) : enrolled
    },

    recognise(id: Id, paying: Paying): Outcome<Recognised & { evidence: string }, OverCode> | Refusal<RecogniseCode> {
      const challenge = usable(id, 'pay')
      if (!challenge.ok) return challenge
      const recognised = desk.recognise(challenge.value.place, paying, challenge.value.good)
      return recognised.ok ? ok({ ...recognised.value, evidence: evidenceOf(challenge.value, recognised.value.person) }) : recognised
    },
  }
}

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 }
const isGood = (looked: Looked): boolean => looked.embedding !== undefined && hintsOf(looked, lookGate).length === 0

function* entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): Generator<readonly [K, V]> {
  const value = map.get(key)
  if (value !== undefined) yield [key, value]
}
