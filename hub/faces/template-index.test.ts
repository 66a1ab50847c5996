import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TemplateIndex } from './template-index.ts'
import { ROW } from './test-frames.ts'

const vectorOf = (seed: number): Float32Array => Float32Array.from({ length: ROW }, (_, i) => 0.08 * Math.sin(seed * 12.9898 + i * i * 0.731 + seed * i))
const distance = (a: Float32Array, b: Float32Array): number => Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0))

test('what it finds is what looking at each in turn finds, whatever was added and taken away before', () => {
  const act = fc.record({ key: fc.nat({ max: 40 }), seed: fc.nat({ max: 1000 }), takeAway: fc.boolean() })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), fc.nat({ max: 1000 }), fc.double({ min: 0, max: 1.5, noNaN: true }), (acts, seed, within) => {
      const index = new TemplateIndex(ROW)
      const kept = new Map<string, Float32Array>()
      for (const { key, seed: of, takeAway } of acts) {
        if (takeAway) index.delete(String(key))
        else index.set(String(key), vectorOf(of))
        if (takeAway) kept.delete(String(key))
        else kept.set(String(key), vectorOf(of))
      }
      const query = vectorOf(seed)
      const all = [...kept].map(([key, vector]) => ({ key, distance: distance(query, vector) }))
      const found = index.nearest(query, within, 3)
      const expected = all
        .filter((one) => one.distance <= within)
        .toSorted((a, b) => a.distance - b.distance)
        .slice(0, 3)
      expect(index.size).toBe(kept.size)
      expect(found.map((one) => one.distance.toFixed(4))).toEqual(expected.map((one) => one.distance.toFixed(4)))
    }),
    { numRuns: 60 },
  )
})

test('it grows past what it began with, and finds the one among thousands', () => {
  const index = new TemplateIndex(ROW)
  for (let i = 0; i < 5000; i++) index.set(`p${i}`, vectorOf(i))
  expect(index.size).toBe(5000)
  expect(index.nearest(vectorOf(4321), 0.01, 2)).toEqual([{ key: 'p4321', distance: 0 }])
  index.delete('p4321')
  expect(index.nearest(vectorOf(4321), 0.01, 2)).toEqual([])
})
