import type { Box, Point } from '#protocol/faces/geometry.ts'
import type { Frame } from './judge.ts'

/**
 * A head without anybody's face, for tests: 68 points in millimetres, x to the picture's right, y down, z towards the camera; between the eyes is the origin.
 * Proportions are those of textbooks on anthropometry, rounded.
 */
type Solid = Point & { readonly z: number }
export type Mood = { readonly smile?: boolean; readonly eyesShut?: boolean }
export type Held = { readonly yaw?: number; readonly pitch?: number; readonly roll?: number; readonly distance?: number; readonly mood?: Mood }

const eye = (x: number, eyesShut: boolean): readonly Solid[] =>
  [
    [-15, 0],
    [-5, -5],
    [5, -5],
    [15, 0],
    [5, 4],
    [-5, 4],
  ].map(([dx = 0, dy = 0]) => ({ x: x + dx, y: eyesShut ? dy / 6 : dy, z: -4 + Math.abs(dx + x) * -0.12 }))

export function head({ smile = false, eyesShut = false }: Mood = {}): readonly Solid[] {
  const jaw = Array.from({ length: 17 }, (_, i): Solid => {
    const angle = (Math.PI * i) / 16
    return { x: -72 * Math.cos(angle), y: 10 + 108 * Math.sin(angle) ** 1.3, z: -70 + 78 * Math.sin(angle) }
  })
  const brows = [-50, -40, -30, -20, -12, 12, 20, 30, 40, 50].map((x) => ({ x, y: -22, z: 4 - Math.abs(x) * 0.2 }))
  const nose: readonly Solid[] = [
    { x: 0, y: 0, z: 8 },
    { x: 0, y: 14, z: 15 },
    { x: 0, y: 27, z: 23 },
    { x: 0, y: 38, z: 30 },
    ...[-14, -7, 0, 7, 14].map((x) => ({ x, y: 48, z: 18 - Math.abs(x) * 0.4 })),
  ]
  const [half, corner] = smile ? [33, 66] : [25, 72]
  const mouth = Array.from({ length: 20 }, (_, i): Solid => {
    const angle = Math.PI + (2 * Math.PI * (i < 12 ? i : (i - 12) * 1.5)) / 12
    const [wide, high] = i < 12 ? [half, 9] : [half - 6, 3]
    const x = wide * Math.cos(angle)
    return { x, y: (corner - 72) * Math.abs(Math.cos(angle)) ** 4 + 72 + high * Math.sin(angle), z: 14 - Math.abs(x) * 0.35 }
  })
  return [...jaw, ...brows, ...nose, ...eye(-32, eyesShut), ...eye(32, eyesShut), ...mouth]
}

/** A print of a picture of that head: everything in one plane. `bend`: around an upright axis (cylinder) or a level one, of so many millimetres radius. */
export const print = (mood?: Mood, bend?: { readonly radius: number; readonly axis: 'upright' | 'level' }): readonly Solid[] =>
  project(head(mood), {}).map(({ x, y }) => {
    const [u, v] = [(x - 320) / 1.2, (y - 240) / 1.2]
    if (bend === undefined) return { x: u, y: v, z: 0 }
    const along = (bend.axis === 'upright' ? u : v - 30) / bend.radius
    const [across, z] = [bend.radius * Math.sin(along), bend.radius * (Math.cos(along) - 1)]
    return bend.axis === 'upright' ? { x: across, y: v, z } : { x: u, y: across + 30, z }
  })

/** As a camera of 640x480 sees it; angles in degrees, positive yaw is a turn to the person's own left, distance in mm. */
export function project(solid: readonly Solid[], { yaw = 0, pitch = 0, roll = 0, distance = 600 }: Held): readonly Point[] {
  const [sinYaw, cosYaw] = [Math.sin((yaw * Math.PI) / 180), Math.cos((yaw * Math.PI) / 180)]
  const [sinPitch, cosPitch] = [Math.sin((pitch * Math.PI) / 180), Math.cos((pitch * Math.PI) / 180)]
  const [sinRoll, cosRoll] = [Math.sin((roll * Math.PI) / 180), Math.cos((roll * Math.PI) / 180)]
  return solid.map(({ x, y, z }) => {
    const [x1, z1] = [x * cosYaw + z * sinYaw, z * cosYaw - x * sinYaw]
    const [y2, z2] = [y * cosPitch + z1 * sinPitch, z1 * cosPitch - y * sinPitch]
    const [x3, y3] = [x1 * cosRoll - y2 * sinRoll, x1 * sinRoll + y2 * cosRoll]
    const scale = 720 / (distance - z2)
    return { x: 320 + scale * x3, y: 240 + scale * y3 }
  })
}

export const boxOf = (points: readonly Point[]): Box => {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

export const frameOf = (landmarks: readonly Point[], at: number, more: Partial<Frame> = {}): Frame => ({
  at,
  near: 1,
  box: boxOf(landmarks),
  landmarks,
  ...more,
})
