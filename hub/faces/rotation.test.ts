import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rotationOf } from './rotation.ts'
import { distanceBetween } from './template.ts'
import { embeddingOf, ROW } from './test-frames.ts'

const secret = new Uint8Array(32).fill(7)
const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: ROW, maxLength: ROW }).map((values) => Float32Array.from(values))

test('every distance is kept', () => {
  const rotate = rotationOf(secret, 'merchant', ROW)
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      expect(distanceBetween(rotate(a), rotate(b))).toBeCloseTo(distanceBetween(a, b), 3)
    }),
    { numRuns: 20 },
  )
})

test('the same secret gives the same matrix, another secret or merchant one that has nothing to do with it', () => {
  const template = embeddingOf(1)
  const rotated = rotationOf(secret, 'merchant', ROW)(template)
  expect(rotationOf(secret, 'merchant', ROW)(template)).toEqual(rotated)
  // Two unrelated directions of that length: √2 apart, about. The nearest that a stranger's template ever comes is half of that.
  const length = distanceBetween(template, new Float32Array(ROW))
  for (const other of [rotationOf(secret, 'another', ROW), rotationOf(new Uint8Array(32).fill(8), 'merchant', ROW), (same: Float32Array) => same])
    expect(distanceBetween(other(template), rotated)).toBeGreaterThan(length)
})

test('it is a rotation of the whole space: no direction is lost, and none stays where it was', () => {
  const rotate = rotationOf(secret, 'merchant', ROW)
  const axes = Array.from({ length: ROW }, (_, axis) => rotate(Float32Array.from({ length: ROW }, (_value, i) => (i === axis ? 1 : 0))))
  for (const [i, axis] of axes.entries()) {
    expect(Math.abs(axis[i] ?? 1)).toBeLessThan(0.6)
    const along = axes.slice(i + 1).map((other) => Math.abs(axis.reduce((sum, value, k) => sum + value * (other[k] ?? 0), 0)))
    expect(Math.max(0, ...along)).toBeLessThan(1e-5)
  }
})
