import { SECOND, type DurationMs } from '../time.ts'

/**
 * What the face service asks somebody to do before it believes that a person stands there and no photograph: after a neutral face, actions in an order that
 * nobody knew before. "Left" and "right" are the person's own. A virtual camera that is driven by a model of somebody's face can do all of it: that is why
 * caps and second factors are beside it (docs/architecture.md).
 */
export const faceActions = ['turn_left', 'turn_right', 'smile', 'blink', 'come_closer'] as const
export type FaceAction = (typeof faceActions)[number]

/** Actions of one challenge, none of them twice. One is always a turn of the head, which is what tells a head from a flat picture. */
export const CHALLENGE_ACTIONS = 3
/** For one action, from when it was asked for. */
export const ACTION_TIME: DurationMs = 7 * SECOND
/** For all of it, from when the challenge was made. */
export const CHALLENGE_TIME: DurationMs = 40 * SECOND
/** Pictures that one challenge may take: at most some ten a second would be of use, and each costs the service a tenth of a second. */
export const CHALLENGE_FRAMES = 120

/** Why a challenge was not passed. People are told in words what to do; programs of strangers learn nothing that helps them more than a camera would. */
export const challengeFailures = ['too_late', 'too_many_frames', 'nobody', 'several', 'someone_else', 'flat', 'jumped'] as const
export type ChallengeFailure = (typeof challengeFailures)[number]

/**
 * The actions of one challenge from random bytes (at least 8), without preference for any of them or their order beyond that of `value % n` for a 16-bit value.
 */
export function chooseActions(random: Uint8Array): readonly FaceAction[] {
  const left: FaceAction[] = [...faceActions]
  const chosen: FaceAction[] = []
  const pick = (from: readonly FaceAction[], at: number): FaceAction =>
    from[(((random[2 * at] ?? 0) << 8) | (random[2 * at + 1] ?? 0)) % from.length] ?? 'turn_left'
  // The turn is chosen first, and put anywhere.
  for (let at = 0; at < CHALLENGE_ACTIONS; at++) {
    const action = at === 0 ? pick(['turn_left', 'turn_right'], 0) : pick(left, at)
    left.splice(left.indexOf(action), 1)
    chosen.push(action)
  }
  const [turn = 'turn_left', ...others] = chosen
  const place = (random[6] ?? 0) % CHALLENGE_ACTIONS
  return [...others.slice(0, place), turn, ...others.slice(place)]
}
