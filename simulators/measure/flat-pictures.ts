import type { Picture } from '../../hub/faces/engine.ts'

/**
 * A photograph of somebody as an attacker holds it before the camera: on paper or on a screen, turned about its upright axis, bent, nearer. What a camera of
 * 320x240 sees of it, by a pinhole model. Light and focus are better than any attacker's.
 */
export const flatKinds = ['rotated', 'bent', 'rolled', 'scaled', 'screen', 'printed'] as const
export type FlatKind = (typeof flatKinds)[number]

export type Shown = {
  readonly kind: FlatKind
  /** Degrees about the upright axis. */
  readonly yaw: number
  /** From 0 on: another bend, another distance. */
  readonly variant: number
}
/** The middle of the face in the photograph, and its width: it is shown so large that the face is a third of the picture. */
export type Subject = { readonly picture: Picture; readonly x: number; readonly y: number; readonly width: number }

const [WIDTH, HEIGHT] = [320, 240]
const FACE = 105
const FOCAL = 360
const DISTANCE = 300

/** Where on the sheet the camera sees what is at a point of its picture: from the middle of the face, in units of which the face has FACE. */
type SheetAt = (toX: number, toY: number) => { readonly u: number; readonly v: number } | undefined

export function shownFlat({ picture, x: faceX, y: faceY, width }: Subject, { kind, yaw, variant }: Shown): Picture {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 3).fill(BEYOND)
  const turned: Turned = {
    sin: Math.sin((yaw * Math.PI) / 180),
    cos: Math.cos((yaw * Math.PI) / 180),
    distance: DISTANCE * (kind === 'scaled' ? 0.65 + 0.1 * (variant % 3) : 1),
  }
  // From a sheet around a bottle to one around a large tin.
  const radius = 90 + 30 * (variant % 4)
  const sheetAt = kind === 'bent' ? bentAt(turned, radius) : kind === 'rolled' ? rolledAt(turned, radius) : flatAt(turned, 0)
  const scale = (width / FACE) * (FOCAL / DISTANCE)
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const place = sheetAt(column - WIDTH / 2, row - HEIGHT / 2)
      if (place === undefined) continue
      const at = (row * WIDTH + column) * 3
      for (let c = 0; c < 3; c++) data[at + c] = treated(kind, sampled(picture, faceX + scale * place.u, faceY + scale * place.v, c), column, row, c)
    }
  }
  return { data: new Uint8Array(data.buffer), width: WIDTH, height: HEIGHT }
}

type Turned = { readonly sin: number; readonly cos: number; readonly distance: number }

/** A plane, `depth` towards the camera from the axis that it is turned about. */
const flatAt =
  ({ sin, cos, distance }: Turned, depth: number) =>
  (toX: number, toY: number): { readonly u: number; readonly v: number } => {
    const u = (toX * (distance - depth * cos) - FOCAL * depth * sin) / (FOCAL * cos - toX * sin)
    return { u, v: (toY * (distance - depth * cos + u * sin)) / FOCAL }
  }

/** Around a level axis: where the plane at its depth there would be, found in a few steps. */
function rolledAt(turned: Turned, radius: number): SheetAt {
  const STEPS = 4
  return (toX, toY) => {
    let place = flatAt(turned, 0)(toX, toY)
    for (let step = 0; step < STEPS; step++) {
      if (Math.abs(place.v) >= radius) return undefined
      place = flatAt(turned, Math.sqrt(radius * radius - place.v * place.v) - radius)(toX, toY)
    }
    return Math.abs(place.v) < radius ? { u: place.u, v: radius * Math.asin(place.v / radius) } : undefined
  }
}

/** Around an upright axis: each column of the picture sees one angle of the cylinder, the nearest to the face that does not hide another. */
function bentAt({ sin, cos, distance }: Turned, radius: number): SheetAt {
  const STEP = 0.005
  const seen = (angle: number): { readonly x: number; readonly far: number } => {
    const [across, depth] = [radius * Math.sin(angle), radius * (Math.cos(angle) - 1)]
    const far = distance - depth * cos + across * sin
    return { x: (FOCAL * (across * cos + depth * sin)) / far, far }
  }
  const columns = new Map<number, { readonly angle: number; readonly far: number }>()
  for (const side of [1, -1]) {
    for (let n = 0, last = -side * Infinity; n * STEP < Math.PI / 2; n++) {
      const angle = side * n * STEP
      const { x, far } = seen(angle)
      if (side * x <= side * last) break
      last = x
      columns.set(Math.round(x), { angle, far })
    }
  }
  return (toX, toY) => {
    const column = columns.get(toX)
    return column && { u: radius * column.angle, v: (toY * column.far) / FOCAL }
  }
}

const BEYOND = 128

/** Bilinear; grey beyond the sheet. */
function sampled({ data, width, height }: Picture, x: number, y: number, c: number): number {
  if (!(x >= 0 && y >= 0 && x < width - 1 && y < height - 1)) return BEYOND
  const [x0, y0] = [Math.floor(x), Math.floor(y)]
  const [fx, fy] = [x - x0, y - y0]
  const at = (y0 * width + x0) * 3 + c
  const [above, below] = [at, at + width * 3].map((from) => (data[from] ?? 0) * (1 - fx) + (data[from + 3] ?? 0) * fx)
  return (above ?? 0) * (1 - fy) + (below ?? 0) * fy
}

const COLD = 0.06

/** What a screen (moiré of its pixels with the camera's, and a cold light) and a printer (less contrast, dots) do to it. */
function treated(kind: FlatKind, value: number, column: number, row: number, c: number): number {
  if (kind === 'screen') return value * (0.88 + 0.12 * Math.sin(column * 2.9 + c * 2.1) * Math.cos(row * 3.05)) * (1 + COLD * (c - 1))
  if (kind === 'printed') return 40 + 0.7 * value + 10 * Math.sin(column * 2.2 + row * 1.3) * Math.sin(row * 2.2 - column * 1.3)
  return value
}
