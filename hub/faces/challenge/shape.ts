import { poseOf, smileOf, type Point } from '#protocol/faces/geometry.ts'

/** What a challenge measures of one face. All are of the landmarks alone and do not depend on where, how large and how tilted the face is in the picture. */
export type Shape = {
  /** Positive towards the picture's right, which is the person's own left; see `poseOf`. */
  readonly turn: number
  readonly smile: number
  /** How far the eyes are open: height over width, the mean of both. Some 0.3 open, 0.1 and less shut. */
  readonly eyes: number
}

export function shapeOf(landmarks: readonly Point[]): Shape {
  return { turn: poseOf(landmarks).turn, smile: smileOf(landmarks), eyes: (openness(landmarks, 36) + openness(landmarks, 42)) / 2 }
}

/** Eye aspect ratio (Soukupová and Čech, 2016) of the six points of an eye. */
function openness(landmarks: readonly Point[], first: number): number {
  const width = between(landmarks, first, first + 3)
  return width > 0 ? (between(landmarks, first + 1, first + 5) + between(landmarks, first + 2, first + 4)) / (2 * width) : 0
}

function between(landmarks: readonly Point[], from: number, to: number): number {
  const [a, b] = [landmarks[from], landmarks[to]]
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0
}

/** Corners of the eyes and of the mouth: they lie nearly in one plane, and on bone, or on what moves little while somebody turns. */
const PLANE = [36, 39, 42, 45, 48, 54] as const
const [BRIDGE, TIP] = [27, 30] as const

export type Parallax = {
  /** How far the tip of the nose moved against the plane of eyes and mouth, in widths between the outer eye corners; positive to the picture's right. */
  readonly tip: number
  /** How far it moved against the bridge of the nose. */
  readonly overBridge: number
  /** How much narrower the plane of eyes and mouth became one way than the other: 0 as it was, 1 seen from its edge. 1 - cos of a plane's turn, whatever it is turned about. */
  readonly squeeze: number
}

/**
 * What stands out of a face moves further than the face when a head turns. In a flat picture, however it is turned, nothing does: whatever happens to the plane
 * of eyes and mouth happens to the nose. In a picture that is bent around an upright axis the whole nose moves, from bridge to tip; in a head the tip moves
 * further than the bridge. Undefined where the points fit no plane.
 */
export function parallaxOf(before: readonly Point[], after: readonly Point[]): Parallax | undefined {
  const from = PLANE.map((index) => before[index])
  const to = PLANE.map((index) => after[index])
  const [bridge, tip, bridgeNow, tipNow] = [before[BRIDGE], before[TIP], after[BRIDGE], after[TIP]]
  const [left, right] = [after[36], after[45]]
  if (!bridge || !tip || !bridgeNow || !tipNow || !left || !right) return undefined
  const map = affine(
    from.flatMap((point) => point ?? []),
    to.flatMap((point) => point ?? []),
  )
  const width = Math.hypot(right.x - left.x, right.y - left.y)
  if (map === undefined || !(width > 0)) return undefined
  // Along the line of the eyes, so that a tilted head is measured as an upright one.
  const along = (now: Point, was: Point): number => {
    const expected = map(was)
    return ((now.x - expected.x) * (right.x - left.x) + (now.y - expected.y) * (right.y - left.y)) / (width * width)
  }
  return { tip: along(tipNow, tip), overBridge: along(tipNow, tip) - along(bridgeNow, bridge), squeeze: squeezeOf(map) }
}

/** Of the singular values of a map the smaller one is so much smaller (closed form for 2 x 2). */
function squeezeOf(map: (point: Point) => Point): number {
  const [origin, x, y] = [map({ x: 0, y: 0 }), map({ x: 1, y: 0 }), map({ x: 0, y: 1 })]
  const [a, b, c, d] = [x.x - origin.x, y.x - origin.x, x.y - origin.y, y.y - origin.y]
  const [sum, difference] = [Math.hypot(a + d, c - b), Math.hypot(a - d, c + b)]
  return sum + difference > 0 ? 1 - Math.abs(sum - difference) / (sum + difference) : 1
}

/** The affine map that brings `from` nearest to `to` (least squares); undefined where the points lie on one line. */
function affine(from: readonly Point[], to: readonly Point[]): ((point: Point) => Point) | undefined {
  const [origin, target] = [middleOf(from), middleOf(to)]
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0]
  from.forEach((point, index) => {
    const goal = to[index] ?? target
    const [x, y, u, v] = [point.x - origin.x, point.y - origin.y, goal.x - target.x, goal.y - target.y]
    xx += x * x
    xy += x * y
    yy += y * y
    xu += x * u
    yu += y * u
    xv += x * v
    yv += y * v
  })
  const determinant = xx * yy - xy * xy
  if (!(Number.isFinite(determinant) && determinant > 1e-6 * xx * yy)) return undefined
  const [a, b] = [(xu * yy - yu * xy) / determinant, (yu * xx - xu * xy) / determinant]
  const [c, d] = [(xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant]
  return ({ x, y }) => ({
    x: target.x + a * (x - origin.x) + b * (y - origin.y),
    y: target.y + c * (x - origin.x) + d * (y - origin.y),
  })
}

const middleOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
})
