import { z } from 'zod'
import { amount, currency, epochMs, errorCode, id } from '../journal/entry.ts'
import { walletId } from '../wallet-api/ask.ts'
import { challengeFailures, faceActions } from './challenge.ts'
import { consentLanguages } from './consent.ts'
import { faceFactors } from './policy.ts'
import { hints } from './quality.ts'

/**
 * Hub ⇄ face service: JSON over HTTP on one machine, `POST /faces/QUESTION` with `Authorization: Bearer TOKEN`. Pictures are files (JPEG, PNG, WebP) in base64.
 * No answer has an embedding, a distance or a picture in it.
 */
export const MAX_PICTURES = 12
/** Of one picture's file. */
export const MAX_PICTURE_BYTES = 2 * 1024 * 1024
/** Of one request: what a challenge sends, in base64. */
export const MAX_FACE_REQUEST_BYTES = 12 * 1024 * 1024

export const pictureText = z
  .base64()
  .min(4)
  .max(4 * Math.ceil(MAX_PICTURE_BYTES / 3))

/** Where somebody stands. `kiosk` is the machine: failures are counted for each. */
export const facePlace = z.strictObject({ merchant: id, store: id, kiosk: z.string().min(1).max(80) })
export const phoneDigits = z.string().regex(/^\d{4}$/)
/** Whom the shopper says that he is: the wallet that a payment code named, or the last four digits of the phone's number. */
export const faceClaim = z.union([z.strictObject({ wallet: walletId }), z.strictObject({ digits: phoneDigits })])
export const faceConsent = z.strictObject({ version: z.int().positive(), language: z.enum(consentLanguages) })

/** One use of a face, as its owner reads it. */
export const faceUse = z.strictObject({
  at: epochMs,
  store: id,
  did: z.enum(['enrolled', 'recognised', 'refused', 'read']),
  /** Where it was recognised: for a payment of so much, confirmed by that. */
  paying: z.strictObject({ amountMinor: amount, currency, factor: z.enum(faceFactors) }).optional(),
})
export type FaceUse = z.infer<typeof faceUse>

/** Where a challenge stands. `awaited`: what to do next, nothing before the neutral face and at the end. */
export const challengeState = z.strictObject({
  state: z.enum(['going', 'passed', 'failed']),
  awaited: z.enum(faceActions).optional(),
  done: z.int().nonnegative(),
  /** Of the picture that was sent. */
  hints: z.array(z.enum(hints)).max(hints.length),
  why: z.enum(challengeFailures).optional(),
})
export type ChallengeState = z.infer<typeof challengeState>

/** COSE_Sign1 of typ `sp.face` by the face service's key over JSON as `challengeEvidence` has it, base64url: for the journal its hash is enough. */
export const evidence = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[A-Za-z0-9_-]+$/)
export const challengeEvidence = z.strictObject({
  v: z.literal(1),
  challenge: id,
  nonce: z.string(),
  purpose: z.enum(['enrol', 'pay']),
  place: facePlace,
  actions: z.array(z.enum(faceActions)),
  /** How many pictures, and SHA-256 over the SHA-256 of each of their files, one after the other, hex. */
  pictures: z.int().positive(),
  picturesHash: z.string(),
  engine: z.string(),
  beganAt: epochMs,
  endedAt: epochMs,
  /** Who it was found to be. */
  person: id,
})
export type ChallengeEvidence = z.infer<typeof challengeEvidence>

export const faceQuestions = {
  /** What is wrong with a picture, before it is used for anything. Nothing is kept of it. */
  look: z.strictObject({ picture: pictureText, use: z.enum(['look', 'enrol']) }),
  enrolled: z.strictObject({ merchant: id, wallet: walletId }),
  /** A challenge for whoever stands at `place`. `nonce`: of the hub, fresh; it is in the evidence. */
  begin: z.strictObject({ place: facePlace, purpose: z.enum(['enrol', 'pay']), nonce: z.string().regex(/^[0-9a-f]{32,64}$/) }),
  frame: z.strictObject({ challenge: id, picture: pictureText }),
  /** After a passed challenge that was begun for it. Whoever is enrolled for the wallet is replaced. */
  enrol: z.strictObject({ challenge: id, wallet: walletId, digits: phoneDigits.optional(), consent: faceConsent }),
  /** After a passed challenge: who pays. It may be asked three times, with another claim each time. */
  recognise: z.strictObject({ challenge: id, claim: faceClaim.optional(), amountMinor: amount.positive(), currency }),
  /** Consent is withdrawn. */
  forget: z.strictObject({ person: id }),
  history: z.strictObject({ person: id, store: id }),
} as const
export type FaceQuestion = keyof typeof faceQuestions
export type FaceQuestionBody<Q extends FaceQuestion> = z.infer<(typeof faceQuestions)[Q]>

export const faceAnswers = {
  look: z.strictObject({ hints: z.array(z.enum(hints)).max(hints.length) }),
  enrolled: z.strictObject({ person: id.optional() }),
  /** `word`: with it the page that has the camera may send pictures for this challenge itself, and nothing else. */
  begin: z.strictObject({ challenge: id, word: z.string().regex(/^[0-9a-f]{64}$/), actions: z.int().positive() }),
  frame: challengeState,
  enrol: z.strictObject({ person: id, evidence }),
  recognise: z.strictObject({ person: id, wallet: walletId, factor: z.enum(faceFactors), evidence }),
  forget: z.strictObject({ forgotten: z.boolean() }),
  history: z.strictObject({
    uses: z.array(faceUse).max(500),
  }),
} as const satisfies Readonly<Record<FaceQuestion, z.ZodType>>
export type FaceAnswer<Q extends FaceQuestion> = z.infer<(typeof faceAnswers)[Q]>

/** What is answered in place of an answer, with a status of 4xx or 503. */
export const faceRefusal = z.strictObject({
  code: errorCode,
  hints: z.array(z.enum(hints)).max(hints.length).optional(),
  /** With face.locked: when it is worth trying again. */
  waitMs: z.number().nonnegative().optional(),
  /** With face.over_cap: what would be enough. Absent where no face is. */
  needs: z.enum(faceFactors).optional(),
})
export type FaceRefusal = z.infer<typeof faceRefusal>
