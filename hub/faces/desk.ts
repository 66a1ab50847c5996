import { afterAttempt, kioskRules, noAttempts, personRules, waitBefore, type AttemptRules, type Attempts } from '#protocol/faces/attempts.ts'
import { CONSENT_VERSION, type ConsentLanguage } from '#protocol/faces/consent.ts'
import type { FaceUse } from '#protocol/faces/messages.ts'
import { factorFor, type FaceCaps, type FaceFactor } from '#protocol/faces/policy.ts'
import { enrolGate, hintsFor, lookGate, type Gate, type Hint } from '#protocol/faces/quality.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, HOUR, type Clock } from '#protocol/time.ts'
import type { Calibration } from './calibration.ts'
import type { Gallery, Person } from './gallery.ts'
import type { Looked } from './looking.ts'
import { rotationOf, type Rotation } from './rotation.ts'
import { distanceBetween, middleOf } from './template.ts'
import { TemplateIndex } from './template-index.ts'

/**
 * Who is it. Pictures come in as what the engine saw of them, after a passed challenge; out go a person and a wallet, or a code and nothing else: no distance
 * leaves, since whoever sees how near he was comes nearer. Templates are compared rotated, and only within one merchant.
 */
export type Place = { readonly merchant: Id; readonly store: Id; readonly kiosk: string }
export type Claim = { readonly wallet: string } | { readonly digits: string }
/** What for. `claim`: whom the shopper says that he is; without one he is looked for among the store's recent visitors. */
export type Paying = { readonly claim?: Claim; readonly amountMinor: number; readonly currency: string }
export type Recognised = { readonly person: Id; readonly wallet: string; readonly factor: FaceFactor }
export type Enrolling = {
  readonly wallet: string
  readonly digits?: string
  readonly consent: { readonly version: number; readonly language: ConsentLanguage }
}

/** What `faceRefusal` (protocol/faces/messages.ts) says of it. */
export type Refusal<Code extends string> = {
  readonly ok: false
  readonly code: Code
  readonly detail?: string
  readonly hints?: readonly Hint[]
  readonly waitMs?: number
  readonly needs?: FaceFactor
}
type FrameCode = 'face.none' | 'face.poor' | 'face.frames_differ'
export type EnrolCode = FrameCode | 'face.no_consent' | 'face.duplicate'
export type RecogniseCode = FrameCode | 'face.over_cap' | 'face.locked' | 'face.not_recognised' | 'face.unsure'

/** A template is of at least so many pictures: misses fall about fourfold against one. */
export const ENROL_FRAMES = 3
/** One to many: among so many of a store's recent visitors at most. Each more is one more chance to be wrong. */
export const MAX_VISITORS = 200

export type DeskPorts = { readonly gallery: Gallery; readonly calibration: Calibration; readonly caps: FaceCaps; readonly clock: Clock }
export type FaceDesk = ReturnType<typeof createFaceDesk>

export function createFaceDesk({ gallery, calibration, caps, clock }: DeskPorts) {
  const secret = gallery.rotationSecret()
  const people = new Map<Id, Person>()
  const merchants = new Map<Id, { readonly rotate: Rotation; readonly index: TemplateIndex }>()
  const attempts = new Map<string, Attempts>()

  const merchantOf = (merchant: Id): { readonly rotate: Rotation; readonly index: TemplateIndex } => {
    const known = merchants.get(merchant)
    if (known) return known
    const made = { rotate: rotationOf(secret, merchant, calibration.dimensions), index: new TemplateIndex(calibration.dimensions) }
    merchants.set(merchant, made)
    return made
  }
  const keep = (person: Person): void => {
    people.set(person.id, person)
    // One of another engine cannot be compared with anything: its owner can delete it, or enrols again.
    if (person.engine === calibration.engine) merchantOf(person.merchant).index.set(person.id, person.template)
  }
  function forget(person: Id): void {
    const known = people.get(person)
    if (known) merchantOf(known.merchant).index.delete(person)
    known?.template.fill(0)
    people.delete(person)
    gallery.forget(person)
  }

  const newest = new Map<string, Id>()
  for (const person of gallery.load().toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    // Of two for one wallet, which a crash between the new one and the end of the old one leaves, the newer counts.
    const account = `${person.merchant} ${person.wallet}`
    const older = newest.get(account)
    if (older !== undefined) forget(older)
    newest.set(account, person.id)
    keep(person)
  }

  const isLive = (person: Person): boolean => person.expiresAt > clock.now()
  const claimed = (merchant: Id, claim: Claim): readonly Person[] =>
    [...people.values()].filter(
      (person) => person.merchant === merchant && ('wallet' in claim ? person.wallet === claim.wallet : person.digits === claim.digits),
    )
  const visitorsOf = ({ merchant, store }: Place): readonly Person[] =>
    gallery
      .recentVisitors(store, MAX_VISITORS)
      .flatMap((id) => people.get(id) ?? [])
      .filter((person) => person.merchant === merchant)

  const waitOf = (key: string, rules: AttemptRules): number => waitBefore(attempts.get(key) ?? noAttempts, rules, clock.monotonic())
  function count(key: string, succeeded: boolean, rules: AttemptRules): void {
    const after = afterAttempt(attempts.get(key) ?? noAttempts, succeeded, rules, clock.monotonic())
    attempts.delete(key)
    if (after.failures === 0) return
    attempts.set(key, after)
    // The oldest go first: whoever fills this has been waiting long.
    if (attempts.size > MAX_COUNTED) attempts.delete(attempts.keys().next().value ?? '')
  }

  /** The nearest of the candidates, if it is near enough and no other one nearly as near. */
  function nearest(candidates: readonly Person[], rotated: Float32Array, within: number): Outcome<Person, 'face.not_recognised' | 'face.unsure'> {
    const [best, next] = candidates
      .filter((person) => isLive(person) && person.engine === calibration.engine)
      .map((person) => ({ person, distance: distanceBetween(rotated, person.template) }))
      .toSorted((a, b) => a.distance - b.distance)
    if (best === undefined || best.distance > within) return fail('face.not_recognised')
    return next !== undefined && next.distance - best.distance < calibration.margin ? fail('face.unsure') : ok(best.person)
  }

  /** By face without a code, in the last day. */
  const spentToday = (person: Id, currency: string): number =>
    gallery
      .history(person)
      .filter(({ at, paying }) => at > clock.now() - DAY && paying?.currency === currency && paying.factor !== 'face_and_code')
      .reduce((sum, { paying }) => sum + (paying?.amountMinor ?? 0), 0)

  return {
    get size(): number {
      return people.size
    },

    /** `frames` of one person, after a passed challenge. Whoever is enrolled for the same wallet is replaced. */
    enrol(place: Place, { wallet, digits, consent }: Enrolling, frames: readonly Looked[]): Outcome<{ person: Id }, never> | Refusal<EnrolCode> {
      if (consent.version !== CONSENT_VERSION) return fail('face.no_consent', `version ${consent.version}`)
      const probe = probeOf(frames, enrolGate, ENROL_FRAMES, calibration.threshold)
      if (!probe.ok) return probe
      const { rotate, index } = merchantOf(place.merchant)
      const template = rotate(probe.value)
      const [other] = index.nearest(template, calibration.threshold, 8).filter(({ key }) => people.get(key)?.wallet !== wallet)
      if (other !== undefined) return fail('face.duplicate')
      const before = claimed(place.merchant, { wallet })
      const person = gallery.add(
        {
          merchant: place.merchant,
          wallet,
          ...(digits !== undefined && { digits }),
          consent: { ...consent, at: clock.now() },
          engine: calibration.engine,
          template,
        },
        place.store,
        before.flatMap(({ id }) => gallery.history(id)),
      )
      for (const { id } of before) forget(id)
      keep(person)
      return ok({ person: person.id })
    },

    /**
     * Who pays, and by what that is confirmed. One to one where the shopper claimed to be somebody, else one of the store's recent visitors: never the whole gallery.
     * What a face may not pay is refused before anybody is looked at. Whoever is recognised has used up that much of the day, whatever comes of the payment.
     */
    recognise(place: Place, { claim, amountMinor, currency }: Paying, frames: readonly Looked[]): Outcome<Recognised, never> | Refusal<RecogniseCode> {
      const factor: FaceFactor = claim === undefined ? 'face' : 'wallet' in claim ? 'face_and_code' : 'face_and_digits'
      const overCap = (spentTodayMinor: number): Refusal<'face.over_cap'> | undefined => {
        const needs = factorFor({ factor, amountMinor, currency, spentTodayMinor }, caps)
        return needs === factor ? undefined : { ...fail('face.over_cap'), ...(needs !== undefined && { needs }) }
      }
      const atAll = overCap(0)
      if (atAll !== undefined) return atAll
      const claimKey = claim && `${place.merchant} ${'wallet' in claim ? claim.wallet : `${kioskOf(place)} ${claim.digits}`}`
      const waitMs = Math.max(waitOf(kioskOf(place), kioskRules), claimKey === undefined ? 0 : waitOf(claimKey, personRules))
      if (waitMs > 0) return { ...fail('face.locked'), waitMs }
      // A bad picture is nobody's failure: nothing was compared.
      const probe = probeOf(frames, lookGate, 1, calibration.threshold)
      if (!probe.ok) return probe
      const candidates = claim === undefined ? visitorsOf(place) : claimed(place.merchant, claim)
      const found = nearest(
        candidates,
        merchantOf(place.merchant).rotate(probe.value),
        claim === undefined ? calibration.identifyThreshold : calibration.threshold,
      )
      if (claimKey !== undefined) count(claimKey, found.ok, personRules)
      if (!found.ok) {
        count(kioskOf(place), false, kioskRules)
        if (claim !== undefined) for (const { id } of candidates) gallery.note(id, place.store, 'refused')
        return found
      }
      const { id, wallet } = found.value
      const today = overCap(spentToday(id, currency))
      if (today !== undefined) return today
      people.set(id, { ...found.value, expiresAt: gallery.used(id, place.store, { amountMinor, currency, factor }) })
      return ok({ person: id, wallet, factor })
    },

    /** How long until somebody is looked at there again; 0 for now. */
    waitAt: (place: Place): number => waitOf(kioskOf(place), kioskRules),
    /** Somebody knew there what was asked, and did something else. */
    failedChallenge: (place: Place): void => count(kioskOf(place), false, kioskRules),

    /** The person who is enrolled for this wallet. */
    enrolledFor: (merchant: Id, wallet: string): Id | undefined => claimed(merchant, { wallet })[0]?.id,

    /** Every use of this face that is kept. Reading it is one, again after an hour: more of them would push out what was paid. */
    history(person: Id, store: Id): Outcome<readonly FaceUse[], 'face.unknown_person'> {
      if (!people.has(person)) return fail('face.unknown_person')
      const uses = gallery.history(person)
      const last = uses.at(-1)
      if (last?.did !== 'read' || last.store !== store || clock.now() - last.at >= HOUR) gallery.note(person, store, 'read')
      return ok(uses)
    },

    /** Consent is withdrawn, or an account ended: durable, and unusable from now on. True when there was somebody. */
    forget(person: Id): boolean {
      const was = people.has(person)
      forget(person)
      return was
    },

    /** Erases those whose time is over; to be called now and then. Answers how many. */
    sweep(): number {
      const over = [...people.values()].filter((person) => !isLive(person))
      for (const { id } of over) forget(id)
      return over.length
    },
  }
}

/** A kiosk of the same name in another store is another one. */
const kioskOf = ({ store, kiosk }: Place): string => `${store} ${kiosk}`

/** Wallets and kiosks whose failures are counted. */
const MAX_COUNTED = 10_000

/** The pictures as one template, if they are good enough and all of one person. */
function probeOf(frames: readonly Looked[], gate: Gate, least: number, threshold: number): Outcome<Float32Array, never> | Refusal<FrameCode> {
  const judged = frames.map((frame) => ({ frame, hints: hintsOf(frame, gate) }))
  const good = judged.flatMap(({ frame, hints }) => (hints.length === 0 && frame.embedding !== undefined ? [frame.embedding] : []))
  if (good.length < least) {
    const hints = [...new Set(judged.flatMap((one) => one.hints))]
    return { ...fail(frames.every(({ faces }) => faces.length === 0) ? 'face.none' : 'face.poor'), hints }
  }
  if (spreadOf(good) > threshold) return fail('face.frames_differ')
  return ok(middleOf(good))
}

/** The greatest distance between two of them. Not from the middle of all: of two people that is only half of it. */
const spreadOf = (embeddings: readonly Float32Array[]): number =>
  Math.max(0, ...embeddings.flatMap((a, i) => embeddings.slice(i + 1).map((b) => distanceBetween(a, b))))

/** What is wrong with a picture for this use, in the order in which people are told. */
export function hintsOf({ faces, near, quality, width, height }: Looked, gate: Gate): readonly Hint[] {
  const [largest] = faces
  return largest === undefined ? ['none'] : hintsFor(quality, near, { width, height }, largest.box, gate)
}
