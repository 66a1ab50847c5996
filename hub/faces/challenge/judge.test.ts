import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACTION_TIME, CHALLENGE_ACTIONS, CHALLENGE_FRAMES, CHALLENGE_TIME, chooseActions, faceActions, type FaceAction } from '#protocol/faces/challenge.ts'
import type { Point } from '#protocol/faces/geometry.ts'
import { awaited, begin, isPassed, see, waited, type Frame, type Progress } from './judge.ts'
import { frameOf, head, print, project, type Held } from './test-head.ts'

const RULES = { sameWithin: 0.5, sameTurnedWithin: 0.6 }
const EVERY = 100

/** Ten pictures of each action, as somebody does it who is not in a hurry. `face` makes the landmarks. */
const path: Readonly<Record<FaceAction, (t: number) => Held>> = {
  turn_left: (t) => ({ yaw: 30 * t }),
  turn_right: (t) => ({ yaw: -30 * t }),
  smile: (t) => ({ mood: { smile: t > 0.4 } }),
  blink: (t) => ({ mood: { eyesShut: t > 0.4 && t < 0.7 } }),
  come_closer: (t) => ({ distance: 600 - 200 * t }),
}
type Face = (held: Held) => readonly Point[]
const person: Face = (held) => project(head(held.mood), held)

/** `noise`: of each landmark, in pixels. */
function perform(actions: readonly FaceAction[], face: Face, noise: () => number = () => 0): Progress {
  let [progress, now] = [begin(actions, 0), 0]
  const show = (held: Held): void => {
    now += EVERY
    const landmarks = face(held).map(({ x, y }) => ({ x: x + noise(), y: y + noise() }))
    progress = see(progress, frameOf(landmarks, now, { distance: 0.2 }), RULES)
  }
  for (let n = 0; n < 4; n++) show({})
  for (const action of actions) {
    for (let t = 0.1; t <= 1; t += 0.1) if (awaited(progress) === action) show(path[action](t))
    for (let back = 0.9; back >= 0; back -= 0.1) show(action === 'blink' || action === 'smile' ? {} : path[action](back))
  }
  return progress
}
const straight: Progress = (() => {
  let progress = begin(['turn_left', 'smile', 'blink'], 0)
  for (let n = 1; n <= 3; n++) progress = see(progress, frameOf(person({}), n * EVERY), RULES)
  return progress
})()
const next = (more: Partial<Frame>, landmarks = person({})): Progress => see(straight, frameOf(landmarks, 500, more), RULES)

describe('actions', () => {
  test('are three different ones with a turn among them, and every order of them occurs', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (random) => {
        const actions = chooseActions(random)
        expect(new Set(actions).size).toBe(CHALLENGE_ACTIONS)
        expect(actions.some((action) => action.startsWith('turn'))).toBe(true)
        seen.add(actions.join(' '))
      }),
      { numRuns: 2000, seed: 1 },
    )
    // A turn and two of the other four, in every order; both turns together come about in twice as many ways.
    expect(seen.size).toBe(faceActions.length * 4 * 3 - 3 * 2)
  })
})

describe('a person', () => {
  test.each(['turn_left', 'turn_right', 'smile', 'blink', 'come_closer'] as const)('who does what is asked passes: %s', (action) => {
    const actions: readonly FaceAction[] = action.startsWith('turn') ? [action] : [action, 'turn_left']
    const progress = perform(actions, person)
    expect(progress.failed).toBeUndefined()
    expect(isPassed(progress)).toBe(true)
  })

  test('passes in any order, tilted, nearer or further, with landmarks that are a pixel off', () => {
    const held = fc.record({ roll: fc.integer({ min: -12, max: 12 }), pitch: fc.integer({ min: -8, max: 8 }), distance: fc.integer({ min: 500, max: 800 }) })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), held, fc.integer(), (random, own, seed) => {
        const noise = noiseOf(seed, 0.6)
        const face: Face = (asked) => person({ ...own, ...asked, distance: (own.distance / 600) * (asked.distance ?? 600) })
        const progress = perform(chooseActions(random), face, noise)
        expect([progress.failed, progress.done]).toEqual([undefined, CHALLENGE_ACTIONS])
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  test('who does something else is waited for, and not for ever', () => {
    const turned = next({}, person({ yaw: -30 }))
    expect([turned.failed, turned.done]).toEqual([undefined, 0])
    expect(waited(turned, 300 + ACTION_TIME).failed).toBeUndefined()
    expect(waited(turned, 301 + ACTION_TIME).failed).toBe('too_late')
    expect(waited(begin(['smile'], 0), CHALLENGE_TIME + 1).failed).toBe('too_late')
  })
})

describe('what is no person', () => {
  const kinds: Readonly<Record<string, (n: number) => Face>> = {
    'a flat photograph': () => (held) => project(print(held.mood), held),
    'one that is turned further': () => (held) => project(print(held.mood), { ...held, yaw: (held.yaw ?? 0) * 2 }),
    'one that is turned and tilted': (n) => (held) =>
      project(print(held.mood), { ...held, yaw: (held.yaw ?? 0) * 1.6, pitch: (n % 30) - 15, roll: (n % 20) - 10 }),
    'one that is bent around an upright axis': (n) => (held) =>
      project(print(held.mood, { radius: 60 + (n % 100), axis: 'upright' }), { ...held, yaw: (held.yaw ?? 0) * (1 + (n % 5) / 5) }),
    'one that is bent around a level axis': (n) => (held) =>
      project(print(held.mood, { radius: 80 + (n % 100), axis: 'level' }), { ...held, yaw: (held.yaw ?? 0) * (1 + (n % 5) / 5) }),
    'one that is held nearer': (n) => (held) => project(print(held.mood), { ...held, yaw: (held.yaw ?? 0) * 1.8, distance: 300 + 3 * (n % 100) }),
  }
  test.each(Object.keys(kinds))('%s does not pass, 150 times', (kind) => {
    for (let n = 0; n < 150; n++) {
      const face = kinds[kind]?.(n) ?? person
      expect(isPassed(perform(chooseActions(bytesOf(n)), face, noiseOf(n, 0.6)))).toBe(false)
    }
  })

  test('somebody else, nobody, and two at once end it', () => {
    expect(next({ distance: 0.51 }).failed).toBe('someone_else')
    expect(next({ distance: Number.NaN }).failed).toBe('someone_else')
    expect(next({ distance: 0.55 }, person({ yaw: 25 })).failed).toBeUndefined()
    expect(next({ distance: 0.61 }, person({ yaw: 25 })).failed).toBe('someone_else')
    expect(next({ near: 0 }).failed).toBe('nobody')
    expect(next({ near: 2 }).failed).toBe('several')
  })

  test('another picture that is put in its place is a jump', () => {
    const elsewhere = person({}).map(({ x, y }) => ({ x: x + 260, y }))
    expect(next({}, elsewhere).failed).toBe('jumped')
    expect(next({}, person({ distance: 260 })).failed).toBe('jumped')
  })

  test('what comes too fast after it was asked is not counted, and what failed stays failed', () => {
    expect(see(straight, frameOf(person({ yaw: 30 }), 310), RULES)).toMatchObject({ done: 0, failed: undefined })
    const failed = next({ near: 2 })
    expect(see(failed, frameOf(person({ yaw: 30 }), 900), RULES)).toBe(failed)
  })

  test('a stream without end is ended', () => {
    let progress = begin(['smile', 'turn_left'], 0)
    for (let n = 0; n <= CHALLENGE_FRAMES; n++) progress = see(progress, frameOf(person({}), n * 10), RULES)
    expect(progress.failed).toBe('too_many_frames')
  })
})

const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: 8 }, (_, at) => (n * 37 + at * 101 + ((n * at) % 251)) % 256)

/** Even between -most and most; the same for the same seed. */
function noiseOf(seed: number, most: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 31 - 1) * most
  }
}
