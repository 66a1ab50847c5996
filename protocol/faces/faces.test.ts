import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterAttempt, kioskRules, noAttempts, personRules, waitBefore } from './attempts.ts'
import { cautiousCaps, faceFactors, factorFor } from './policy.ts'
import { fivePoints, LANDMARKS, moved, poseOf, similarityTo, type Point } from './geometry.ts'
import { CHIP, enrolGate, hintsFor, lookGate, measureQuality } from './quality.ts'

/** A level face that looks straight ahead: eyes, nose and mouth where they are in most people, everything else in between. */
const face: readonly Point[] = Array.from({ length: LANDMARKS }, (_, i) => {
  if (i >= 36 && i < 42) return { x: 70 + 6 * Math.cos(i), y: 80 + 2 * Math.sin(i) }
  if (i >= 42 && i < 48) return { x: 130 + 6 * Math.cos(i), y: 80 + 2 * Math.sin(i) }
  if (i === 36 + 9) return { x: 140, y: 80 }
  if (i === 30) return { x: 100, y: 116 }
  if (i === 48) return { x: 80, y: 148 }
  if (i === 54) return { x: 120, y: 148 }
  return { x: 60 + i, y: 80 + i }
}).map((point, i) => (i === 36 ? { x: 60, y: 80 } : i === 45 ? { x: 140, y: 80 } : point))

describe('geometry', () => {
  const map = fc.record({
    angle: fc.double({ min: -1, max: 1, noNaN: true }),
    scale: fc.double({ min: 0.1, max: 8, noNaN: true }),
    dx: fc.integer({ min: -500, max: 500 }),
    dy: fc.integer({ min: -500, max: 500 }),
  })

  test('a similarity is found again from what it moved', () => {
    fc.assert(
      fc.property(map, ({ angle, scale, dx, dy }) => {
        const truth = { a: scale * Math.cos(angle), b: scale * Math.sin(angle), dx, dy }
        const five = fivePoints(face)
        const found = similarityTo(
          five,
          five.map((point) => moved(point, truth)),
        )
        for (const key of ['a', 'b', 'dx', 'dy'] as const) expect(found?.[key]).toBeCloseTo(truth[key], 6)
      }),
      { numRuns: 50 },
    )
  })

  test('there is none for points that are all one, or no numbers', () => {
    const one = face.map(() => ({ x: 3, y: 4 }))
    expect(similarityTo(one, face)).toBeUndefined()
    expect(similarityTo([{ x: Number.NaN, y: 0 }, ...face.slice(1)], face)).toBeUndefined()
  })

  test('how a head is held does not depend on where and how large it is in the picture', () => {
    fc.assert(
      fc.property(map, ({ angle, scale, dx, dy }) => {
        const held = poseOf(face.map((point) => moved(point, { a: scale * Math.cos(angle), b: scale * Math.sin(angle), dx, dy })))
        expect(held.turn).toBeCloseTo(poseOf(face).turn, 6)
        expect(held.nod).toBeCloseTo(poseOf(face).nod, 6)
        expect(held.roll - poseOf(face).roll).toBeCloseTo((angle * 180) / Math.PI, 6)
      }),
      { numRuns: 50 },
    )
  })

  test('a nose that moves to one side is a head that turns', () => {
    const turned = (by: number): number => poseOf(face.map((point, i) => (i === 30 ? { x: point.x + by, y: point.y } : point))).turn
    expect(turned(20)).toBeGreaterThan(0.2)
    expect(turned(-20)).toBeLessThan(-0.2)
    expect(Math.abs(turned(0))).toBeLessThan(0.05)
  })
})

describe('quality', () => {
  const straight = { turn: 0, roll: 0, nod: 0 }
  const box = { x: 200, y: 100, width: 200, height: 200 }
  const picture = { width: 640, height: 480 }
  const chip = (shade: (x: number, y: number) => number): Float32Array =>
    Float32Array.from({ length: CHIP * CHIP * 3 }, (_, i) => shade(Math.floor(i / 3) % CHIP, Math.floor(i / 3 / CHIP)))
  /** Detail of many sizes, as faces have. */
  const lively = (x: number, y: number): number => 128 + 30 * Math.sin(x / 9) * Math.cos(y / 13) + 12 * Math.sin(x * 1.9 + y * 0.3) + 12 * Math.sin(y * 2.3)
  const told = (shade: (x: number, y: number) => number, pose = straight, faces = 1, at = box) =>
    hintsFor(measureQuality(chip(shade), at, pose), faces, picture, at, lookGate)

  test('a good picture has no hint', () => {
    expect(told(lively)).toEqual([])
  })

  test.each([
    ['too_dark', told((x, y) => lively(x, y) / 6)],
    ['too_bright', told((x, y) => Math.min(255, lively(x, y) + 120))],
    ['uneven_light', told((x, y) => (x < CHIP / 2 ? lively(x, y) / 5 : lively(x, y)))],
    ['blurred', told((x, y) => 128 + 60 * Math.sin(x / 25) * Math.cos(y / 25))],
    ['look_straight', told(lively, { ...straight, turn: 0.3 })],
    ['look_straight', told(lively, { ...straight, nod: -0.4 })],
    ['tilted', told(lively, { ...straight, roll: -40 })],
    ['several', told(lively, straight, 2)],
    ['too_far', told(lively, straight, 1, { x: 300, y: 200, width: 50, height: 50 })],
    ['too_close', told(lively, straight, 1, { x: 90, y: 10, width: 460, height: 460 })],
    ['off_centre', told(lively, straight, 1, { x: -100, y: 100, width: 200, height: 200 })],
  ])('%s is told, and nothing else', (hint, found) => {
    expect(found).toEqual([hint])
  })

  test('without a face that is the only thing to say', () => {
    expect(hintsFor(undefined, 0, picture, box, lookGate)).toEqual(['none'])
  })

  test('enrolment asks for no less than a look at a kiosk', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.4, noNaN: true }), fc.integer({ min: 20, max: 300 }), (turn, size) => {
        const at = { x: 200, y: 100, width: size, height: size }
        const quality = measureQuality(chip(lively), at, { ...straight, turn })
        const looking = hintsFor(quality, 1, picture, at, lookGate)
        expect(hintsFor(quality, 1, picture, at, enrolGate)).toEqual(expect.arrayContaining([...looking]))
      }),
      { numRuns: 20 },
    )
  })
})

describe('what a face may pay for', () => {
  const caps = cautiousCaps('EUR')
  const ask = fc.record({
    factor: fc.constantFrom(...faceFactors),
    amountMinor: fc.integer({ min: -5, max: 60_000 }),
    spentTodayMinor: fc.nat({ max: 30_000 }),
  })

  test('never more than the cap of what confirms it, nor of the day, nor in another currency', () => {
    fc.assert(
      fc.property(ask, (asked) => {
        const enough = factorFor({ ...asked, currency: 'EUR' }, caps)
        if (enough === undefined) {
          expect(asked.amountMinor <= 0 || asked.amountMinor > caps.perPaymentMinor.face_and_code).toBe(true)
          return
        }
        expect(asked.amountMinor).toBeLessThanOrEqual(caps.perPaymentMinor[enough])
        expect(faceFactors.indexOf(enough)).toBeGreaterThanOrEqual(faceFactors.indexOf(asked.factor))
        if (enough !== 'face_and_code') expect(asked.amountMinor + asked.spentTodayMinor).toBeLessThanOrEqual(caps.perDayMinor)
        expect(factorFor({ ...asked, currency: 'USD' }, caps)).toBeUndefined()
      }),
    )
  })

  test('many small sums by face alone end at the day’s cap', () => {
    let [spent, count] = [0, 0]
    while (factorFor({ factor: 'face', amountMinor: 1999, currency: 'EUR', spentTodayMinor: spent }, caps) === 'face')
      [spent, count] = [spent + 1999, count + 1]
    expect(spent).toBeLessThanOrEqual(caps.perDayMinor)
    expect(count).toBe(10)
  })
})

describe('attempts', () => {
  const failed = (times: number, every: number) => {
    let [attempts, now, looked] = [noAttempts, 0, 0]
    for (let i = 0; i < times; i++, now += every) {
      if (waitBefore(attempts, personRules, now) > 0) continue
      looked += 1
      attempts = afterAttempt(attempts, false, personRules, now)
    }
    return { attempts, looked }
  }

  test('whoever tries every second for an hour gets few tries', () => {
    expect(failed(3600, 1000).looked).toBeLessThan(15)
  })

  test('a mistake or two cost nothing, a success forgives, and time does', () => {
    expect(waitBefore(failed(2, 1000).attempts, personRules, 2000)).toBe(0)
    expect(waitBefore(failed(3, 1000).attempts, personRules, 2001)).toBeGreaterThan(0)
    expect(afterAttempt(failed(5, 1000).attempts, true, personRules, 9999)).toEqual(noAttempts)
    const { attempts } = failed(100, 100_000)
    expect(waitBefore(attempts, personRules, attempts.lastFailure + personRules.forgetAfter)).toBe(0)
  })

  test('the wait is never negative and never shorter after another failure', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.nat({ max: 10_000_000 }), (failures, now) => {
        for (const rules of [personRules, kioskRules]) {
          const wait = (count: number): number => waitBefore({ failures: count, lastFailure: now }, rules, now)
          expect(wait(failures)).toBeGreaterThanOrEqual(0)
          expect(wait(failures + 1)).toBeGreaterThanOrEqual(wait(failures))
        }
      }),
    )
  })
})
