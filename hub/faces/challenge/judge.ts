import { ACTION_TIME, CHALLENGE_FRAMES, CHALLENGE_TIME, type ChallengeFailure, type FaceAction } from '#protocol/faces/challenge.ts'
import type { Box, Point } from '#protocol/faces/geometry.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { Calibration } from '../calibration.ts'
import { parallaxOf, shapeOf, type Shape } from './shape.ts'

/**
 * Whether a person did what was asked, judged picture by picture: pure, and of landmarks and embeddings only. The service decides with it; a page may guide with
 * it and decides nothing.
 */
export type Frame = {
  /** When the service had it, ms of a monotonic clock: never what a page says. */
  readonly at: DurationMs
  /** Faces that could be meant. */
  readonly near: number
  readonly box: Box
  readonly landmarks: readonly Point[]
  /** How far it is from the neutral pictures' embedding; undefined for those themselves. */
  readonly distance?: number
}

export type Rules = {
  /** Of a face that looks straight ahead, as calibrated. */
  readonly sameWithin: number
  /** Of a turned one, whose embedding is further from the same person's. */
  readonly sameTurnedWithin: number
}

/** A turned face may be as much further away as the next person must be. */
export const rulesOf = ({ threshold, margin }: Pick<Calibration, 'threshold' | 'margin'>): Rules => ({
  sameWithin: threshold,
  sameTurnedWithin: threshold + margin,
})

export type Progress = {
  readonly actions: readonly FaceAction[]
  readonly startedAt: DurationMs
  readonly frames: number
  readonly last: Frame | undefined
  /** Undefined until enough neutral pictures have come. */
  readonly neutral: Neutral | undefined
  readonly calm: readonly Frame[]
  /** How many of the actions are done. */
  readonly done: number
  /** When the action that is waited for was asked. */
  readonly since: DurationMs
  /** For the blink: the eyes were open since it was asked for, and shut after that. */
  readonly opened: boolean
  readonly shut: boolean
  readonly failed: ChallengeFailure | undefined
}
type Neutral = Shape & { readonly width: number; readonly landmarks: readonly Point[] }

/** Pictures of a neutral face before anything is asked. */
export const NEUTRAL_FRAMES = 3
/** A face that looks ahead within this, and does not differ by more than this between its neutral pictures. */
const STRAIGHT = 0.09
const STILL = 0.06
/** Against the same person's neutral face, as measured with the shared photographs: see `npm run evaluate -- faces`. */
const TURNED = 0.12
/**
 * So far the tip of a nose must come out of the plane of eyes and mouth, so much further than its bridge, and so far for how much that plane is squeezed. A head's nose
 * moves early; a sheet must be turned so far, before the landmarks on it seem to move (the net sees a little of the depth that it expects), that it is narrow by
 * then. Of 177 turns of photographs that were bent, rotated and scaled, in steps up to 66 degrees, none has all three; real heads in the shared photographs have
 * them once they are turned far enough.
 */
const STANDS_OUT = 0.14
const OVER_BRIDGE = 0.06
const FOR_ITS_SQUEEZE = 1
/** So far turned, and still nothing stands out: a picture of somebody. */
const FAR_TURNED = 0.3
const SMILED = 0.14
const SHUT = 0.6
const OPEN = 0.82
const CLOSER = 1.3
/** Nobody does what was asked sooner than this after it was; a recording might. */
const REACTION: DurationMs = 150
/** Between two pictures a face moves so many of its own widths, and so many more in a second; and grows or shrinks by so much. */
const JUMP = 0.5
const SPEED = 3
const GROWTH = 1.35
const GROWTH_SPEED = 2
/** Further turned than this a face's embedding is compared with the wider bound. */
const TURNED_FACE = 0.1

export const begin = (actions: readonly FaceAction[], now: DurationMs): Progress => ({
  actions,
  startedAt: now,
  frames: 0,
  last: undefined,
  neutral: undefined,
  calm: [],
  done: 0,
  since: now,
  opened: false,
  shut: false,
  failed: undefined,
})

export const isPassed = ({ failed, done, actions, neutral }: Progress): boolean => failed === undefined && neutral !== undefined && done === actions.length

/** The action that is waited for; undefined before the neutral face and at the end. */
export const awaited = ({ neutral, actions, done }: Progress): FaceAction | undefined => (neutral === undefined ? undefined : actions[done])

/** Time alone can end it. */
export function waited(progress: Progress, now: DurationMs): Progress {
  if (isOver(progress)) return progress
  const isLate = now - progress.startedAt > CHALLENGE_TIME || (progress.neutral !== undefined && now - progress.since > ACTION_TIME)
  return isLate ? { ...progress, failed: 'too_late' } : progress
}

/** What is known after one more picture. What has failed stays failed: a new challenge has another order. */
export function see(before: Progress, frame: Frame, rules: Rules): Progress {
  const progress = waited(before, frame.at)
  if (isOver(progress)) return progress
  const failed = wrongWith(progress, frame, rules)
  const seen: Progress = { ...progress, frames: progress.frames + 1, last: frame, failed }
  if (failed !== undefined) return seen
  return seen.neutral === undefined ? settle(seen, frame) : act(seen, seen.neutral, frame)
}

const isOver = (progress: Progress): boolean => progress.failed !== undefined || isPassed(progress)

function wrongWith({ frames, last }: Progress, frame: Frame, { sameWithin, sameTurnedWithin }: Rules): ChallengeFailure | undefined {
  if (frames >= CHALLENGE_FRAMES) return 'too_many_frames'
  if (frame.near === 0) return 'nobody'
  if (frame.near > 1) return 'several'
  const within = Math.abs(shapeOf(frame.landmarks).turn) > TURNED_FACE ? sameTurnedWithin : sameWithin
  if (frame.distance !== undefined && !(frame.distance <= within)) return 'someone_else'
  return last !== undefined && isJump(last, frame) ? 'jumped' : undefined
}

/** Another picture put before the camera is somewhere else, of another size, or both. */
function isJump(before: Frame, after: Frame): boolean {
  const seconds = (after.at - before.at) / 1000
  const width = Math.max(before.box.width, after.box.width)
  const way = Math.hypot(
    after.box.x + after.box.width / 2 - before.box.x - before.box.width / 2,
    after.box.y + after.box.height / 2 - before.box.y - before.box.height / 2,
  )
  const growth = width / Math.max(1, Math.min(before.box.width, after.box.width))
  return way > width * (JUMP + SPEED * seconds) || growth > GROWTH + GROWTH_SPEED * seconds
}

/** Neutral pictures: straight ahead and alike. One that is not begins them anew. */
function settle(progress: Progress, frame: Frame): Progress {
  const { turn } = shapeOf(frame.landmarks)
  if (Math.abs(turn) > STRAIGHT) return { ...progress, calm: [] }
  const calm = [...progress.calm, frame].slice(-NEUTRAL_FRAMES)
  const shapes = calm.map(({ landmarks }) => shapeOf(landmarks))
  const spread = (of: (shape: Shape) => number): number => Math.max(...shapes.map(of)) - Math.min(...shapes.map(of))
  if (spread((shape) => shape.turn) > STILL || spread((shape) => shape.smile) > 2 * STILL) return { ...progress, calm: [frame] }
  if (calm.length < NEUTRAL_FRAMES) return { ...progress, calm }
  const neutral = {
    turn: median(shapes.map((shape) => shape.turn)),
    smile: median(shapes.map(({ smile }) => smile)),
    eyes: median(shapes.map(({ eyes }) => eyes)),
    width: median(calm.map(({ box }) => box.width)),
    landmarks: frame.landmarks,
  }
  return { ...progress, calm, neutral, since: frame.at }
}

function act(progress: Progress, neutral: Neutral, frame: Frame): Progress {
  const action = progress.actions[progress.done]
  if (action === undefined || frame.at - progress.since < REACTION) return progress
  const shape = shapeOf(frame.landmarks)
  const next = (): Progress => ({ ...progress, done: progress.done + 1, since: frame.at, opened: false, shut: false })
  switch (action) {
    case 'turn_left':
    case 'turn_right': {
      const side = action === 'turn_left' ? 1 : -1
      const turned = side * (shape.turn - neutral.turn)
      if (turned < TURNED) return progress
      const parallax = parallaxOf(neutral.landmarks, frame.landmarks)
      const isSolid = parallax !== undefined && standsOut(side * parallax.tip, side * parallax.overBridge, parallax.squeeze)
      return isSolid ? next() : turned < FAR_TURNED ? progress : { ...progress, failed: 'flat' }
    }
    case 'smile':
      return shape.smile - neutral.smile >= SMILED ? next() : progress
    case 'blink': {
      const open = shape.eyes >= OPEN * neutral.eyes
      if (progress.shut && open) return next()
      return { ...progress, opened: progress.opened || open, shut: progress.shut || (progress.opened && shape.eyes <= SHUT * neutral.eyes) }
    }
    case 'come_closer':
      return frame.box.width >= CLOSER * neutral.width ? next() : progress
  }
}

const standsOut = (tip: number, overBridge: number, squeeze: number): boolean =>
  tip >= STANDS_OUT && overBridge >= OVER_BRIDGE && tip >= FOR_ITS_SQUEEZE * squeeze

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
