/**
 * Where the parts of a face are, and what follows from that alone. Coordinates are pixels of the picture, x to the right and y down; "left" is the picture's
 * left. A face has 68 landmarks in the order of the 300-W markup: jaw 0–16, brows 17–26, nose 27–35, eyes 36–47, mouth 48–67.
 */
export type Point = { readonly x: number; readonly y: number }
export type Box = Point & { readonly width: number; readonly height: number }
/** `x' = a·x − b·y + dx`, `y' = b·x + a·y + dy`: turned, scaled and moved, never bent. */
export type Similarity = { readonly a: number; readonly b: number; readonly dx: number; readonly dy: number }

export const LANDMARKS = 68

/** Both eyes, the tip of the nose, both corners of the mouth: each the mean of what the markup has of it. */
export function fivePoints(landmarks: readonly Point[]): readonly Point[] {
  return [middle(landmarks, 36, 42), middle(landmarks, 42, 48), middle(landmarks, 30, 31), middle(landmarks, 48, 49), middle(landmarks, 54, 55)]
}

function middle(points: readonly Point[], from: number, to: number): Point {
  const some = points.slice(from, to)
  return { x: mean(some.map(({ x }) => x)), y: mean(some.map(({ y }) => y)) }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * The similarity that brings `from` nearest to `to`, point by point (least squares). Undefined where there is none: points that are all one, or not numbers.
 */
export function similarityTo(from: readonly Point[], to: readonly Point[]): Similarity | undefined {
  const [fromMiddle, toMiddle] = [middle(from, 0, from.length), middle(to, 0, to.length)]
  let [along, across, size] = [0, 0, 0]
  from.forEach((point, index) => {
    const target = to[index] ?? toMiddle
    const [x, y, u, v] = [point.x - fromMiddle.x, point.y - fromMiddle.y, target.x - toMiddle.x, target.y - toMiddle.y]
    along += x * u + y * v
    across += x * v - y * u
    size += x * x + y * y
  })
  const [a, b] = [along / size, across / size]
  // A mirror image of the template, or one point: nothing that a face could be.
  if (!(Number.isFinite(a) && Number.isFinite(b) && a * a + b * b > 1e-12)) return undefined
  return { a, b, dx: toMiddle.x - a * fromMiddle.x + b * fromMiddle.y, dy: toMiddle.y - b * fromMiddle.x - a * fromMiddle.y }
}

export const moved = ({ x, y }: Point, { a, b, dx, dy }: Similarity): Point => ({ x: a * x - b * y + dx, y: b * x + a * y + dy })

/** How a head is held. All are 0 for one that looks straight into the camera. */
export type Pose = {
  /** How far the nose is from the middle between the eyes, in widths between the outer eye corners; positive towards the picture's right. */
  readonly turn: number
  /** Degrees; positive where the picture's right eye is lower. */
  readonly roll: number
  /** How far the nose is from where it is in a level face, as a share of the way from the eyes to the mouth; positive is down. */
  readonly nod: number
}

/** Where the nose of a level face is on the way from the eyes to the mouth: of the mean face that recognition was trained on. */
const LEVEL_NOSE = 0.53

export function poseOf(landmarks: readonly Point[]): Pose {
  const [left, right, nose, mouthLeft, mouthRight] = fivePoints(landmarks)
  const [outerLeft, outerRight] = [landmarks[36], landmarks[45]]
  if (!left || !right || !nose || !mouthLeft || !mouthRight || !outerLeft || !outerRight) return { turn: 0, roll: 0, nod: 0 }
  const roll = Math.atan2(right.y - left.y, right.x - left.x)
  const width = Math.hypot(outerRight.x - outerLeft.x, outerRight.y - outerLeft.y)
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 }
  const mouth = { x: (mouthLeft.x + mouthRight.x) / 2, y: (mouthLeft.y + mouthRight.y) / 2 }
  // In the head's own upright frame, so that a tilted head is not also a turned one.
  const upright = (point: Point): Point => ({
    x: Math.cos(roll) * (point.x - eyes.x) + Math.sin(roll) * (point.y - eyes.y),
    y: -Math.sin(roll) * (point.x - eyes.x) + Math.cos(roll) * (point.y - eyes.y),
  })
  const [tip, lips] = [upright(nose), upright(mouth)]
  return { turn: width > 0 ? tip.x / width : 0, roll: (roll * 180) / Math.PI, nod: lips.y > 0 ? tip.y / lips.y - LEVEL_NOSE : 0 }
}

/**
 * How much a mouth smiles: its width, and twice how far its corners are above its middle, in distances between the eyes. A number of one face at one moment: only
 * the rise over the same person's neutral face says that somebody smiles.
 */
export function smileOf(landmarks: readonly Point[]): number {
  const [left, right, , mouthLeft, mouthRight] = fivePoints(landmarks)
  const [top, bottom] = [landmarks[51], landmarks[57]]
  if (!left || !right || !mouthLeft || !mouthRight || !top || !bottom) return 0
  const across = { x: right.x - left.x, y: right.y - left.y }
  const eyes = Math.hypot(across.x, across.y)
  if (!(eyes > 0)) return 0
  // Down, in the head's own frame.
  const down = (point: Point): number => (across.x * point.y - across.y * point.x) / eyes
  const lift = (down(top) + down(bottom)) / 2 - (down(mouthLeft) + down(mouthRight)) / 2
  return (Math.hypot(mouthRight.x - mouthLeft.x, mouthRight.y - mouthLeft.y) + 2 * lift) / eyes
}
