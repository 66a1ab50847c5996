import { expect, test } from 'vitest'
import type { Picture } from '../../hub/faces/engine.ts'
import { flatKinds, shownFlat, type Subject } from './flat-pictures.ts'

/** Brighter to the right and downwards, and nowhere as bright as elsewhere. */
const shade = (x: number, y: number): number => 30 + 0.2 * x + 0.15 * y
const picture: Picture = {
  width: 600,
  height: 400,
  data: Uint8Array.from({ length: 600 * 400 * 3 }, (_, i) => Math.round(shade(Math.floor(i / 3) % 600, Math.floor(i / 3 / 600)))),
}
const subject: Subject = { picture, x: 300, y: 200, width: 150 }
const greenAt = ({ data, width }: Picture, x: number, y: number): number => data[(y * width + x) * 3 + 1] ?? 0
const green = (kind: (typeof flatKinds)[number], yaw: number, x: number, y: number): number => greenAt(shownFlat(subject, { kind, yaw, variant: 0 }), x, y)

test('the middle of the face is in the middle, however the sheet is held', () => {
  for (const kind of ['rotated', 'bent', 'rolled', 'scaled'] as const)
    for (const yaw of [-44, 0, 26]) expect(Math.abs(green(kind, yaw, 160, 120) - shade(300, 200))).toBeLessThan(2)
})

test('straight ahead a sheet is the photograph, scaled', () => {
  const scale = 150 / 105
  for (const [x, y] of [
    [100, 60],
    [160, 120],
    [220, 200],
  ] as const)
    expect(Math.abs(green('rotated', 0, x, y) - shade(300 + scale * (x - 160), 200 + scale * (y - 120)))).toBeLessThan(2)
  // Nearer, less of it is seen.
  expect(green('scaled', 0, 260, 120)).toBeLessThan(green('rotated', 0, 260, 120))
  // Bent away, more.
  expect(green('bent', 0, 220, 120)).toBeGreaterThan(green('rotated', 0, 220, 120))
})

test('turned to its own left, its left side, on the right of the picture, is further away: more of the sheet is in as many pixels', () => {
  const span = (yaw: number, from: number, to: number): number => green('rotated', yaw, to, 120) - green('rotated', yaw, from, 120)
  expect(span(40, 160, 210)).toBeGreaterThan(span(0, 160, 210))
  expect(span(40, 160, 210)).toBeGreaterThan(span(40, 110, 160))
})
