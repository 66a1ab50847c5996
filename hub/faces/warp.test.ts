import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Picture } from './engine.ts'
import { warp } from './warp.ts'

/** A smooth picture, whose pixel values are known everywhere. */
const shade = (x: number, y: number): number => 20 + 0.25 * x + 0.5 * y
const picture = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.round(shade(Math.floor(i / 3) % width, Math.floor(i / 3 / width)))),
})

test('a pixel of the chip is the pixel of the picture that the map says, however large, turned and small it gets', () => {
  const source = picture(240, 200)
  fc.assert(
    fc.property(fc.double({ min: 0.18, max: 3, noNaN: true }), fc.double({ min: -0.5, max: 0.5, noNaN: true }), (scale, angle) => {
      const SIZE = 21
      const [a, b] = [scale * Math.cos(angle), scale * Math.sin(angle)]
      // The picture's middle onto the chip's.
      const map = { a, b, dx: SIZE / 2 - (a * 120 - b * 100), dy: SIZE / 2 - (b * 120 + a * 100) }
      const chip = warp(source, map, SIZE, 'nearest')
      for (const [x, y] of [
        [10, 10],
        [4, 10],
        [10, 4],
        [14, 12],
      ] as const) {
        const [u, v] = [x - map.dx, y - map.dy]
        const at = { x: (a * u + b * v) / (scale * scale), y: (a * v - b * u) / (scale * scale) }
        if (at.x < 8 || at.y < 8 || at.x > 230 || at.y > 190) continue
        expect(Math.abs((chip[(y * SIZE + x) * 3] ?? 0) - shade(at.x, at.y))).toBeLessThan(1.5)
      }
    }),
    { numRuns: 60 },
  )
})

test('beyond the border is black, or the border goes on', () => {
  const map = { a: 1, b: 0, dx: 5, dy: 0 }
  expect(warp(picture(20, 20), map, 10, 'black')[0]).toBe(0)
  expect(warp(picture(20, 20), map, 10, 'nearest')[0]).toBe(20)
})
