import type { Box, Pose } from './geometry.ts'

/**
 * Whether a face in a picture is good enough to be told from others, by measures that page and service take alike. `chip` is the face turned upright
 * and scaled to CHIP x CHIP pixels, red, green and blue each from 0 to 255.
 */
export const CHIP = 150

/** What is wrong, in the order in which a person is told of it: one at a time is enough. */
export const hints = [
  'none',
  'several',
  'too_far',
  'too_close',
  'off_centre',
  'too_dark',
  'too_bright',
  'uneven_light',
  'tilted',
  'look_straight',
  'blurred',
] as const
export type Hint = (typeof hints)[number]

export type Quality = Pose & {
  /** Of the face's box, in pixels of the picture. */
  readonly size: number
  /** Mean luminance (ITU-R BT.601), 0 to 255. */
  readonly light: number
  /** How much brighter one half of the face is than the other: 0 alike, 1 one of them is black. */
  readonly imbalance: number
  /** Share of pixels that are burnt out (above 250). */
  readonly glare: number
  /** Detail at the scale of single pixels against what is there at four: 0 where there is none (a blot's slopes), 0.05 to 0.2 in sharp pictures. */
  readonly sharpness: number
}

/** What a picture must be. Enrolment is kept for a year, so it asks for more than one look at a kiosk. */
export type Gate = {
  readonly minSize: number
  readonly minLight: number
  readonly maxLight: number
  readonly maxImbalance: number
  readonly maxGlare: number
  readonly minSharpness: number
  readonly maxTurn: number
  readonly maxNod: number
  readonly maxRoll: number
}
export const lookGate: Gate = {
  minSize: 64,
  minLight: 35,
  maxLight: 225,
  maxImbalance: 0.65,
  maxGlare: 0.25,
  minSharpness: 0.012,
  maxTurn: 0.2,
  maxNod: 0.25,
  maxRoll: 30,
}
export const enrolGate: Gate = { ...lookGate, minSize: 96, minLight: 50, maxImbalance: 0.5, maxGlare: 0.15, minSharpness: 0.02, maxTurn: 0.12, maxRoll: 15 }

/** A face that fills more of the picture than this is cut off by the next movement. */
const MAX_SHARE = 0.9
const BURNT_OUT = 250

export function measureQuality(chip: ArrayLike<number>, box: Box, pose: Pose): Quality {
  const grey = new Float32Array(CHIP * CHIP)
  let [sum, burnt, left, right] = [0, 0, 0, 0]
  for (let i = 0; i < grey.length; i++) {
    const value = 0.299 * (chip[3 * i] ?? 0) + 0.587 * (chip[3 * i + 1] ?? 0) + 0.114 * (chip[3 * i + 2] ?? 0)
    grey[i] = value
    sum += value
    if (value > BURNT_OUT) burnt += 1
    if (i % CHIP < CHIP / 2) left += value
    else right += value
  }
  const brighter = Math.max(left, right)
  return {
    ...pose,
    size: Math.min(box.width, box.height),
    light: sum / grey.length,
    imbalance: brighter > 0 ? (brighter - Math.min(left, right)) / brighter : 0,
    glare: burnt / grey.length,
    sharpness: sharpnessOf(grey),
  }
}

/** Mean square of the differences of neighbours, against that of pixels four apart. A blurred or enlarged picture has nearly none of the first. */
function sharpnessOf(grey: Float32Array): number {
  let [near, far] = [0, 0]
  for (let y = 4; y < CHIP; y++) {
    for (let x = 4; x < CHIP; x++) {
      const at = y * CHIP + x
      const value = grey[at] ?? 0
      near += (value - (grey[at - 1] ?? 0)) ** 2 + (value - (grey[at - CHIP] ?? 0)) ** 2
      far += (value - (grey[at - 4] ?? 0)) ** 2 + (value - (grey[at - 4 * CHIP] ?? 0)) ** 2
    }
  }
  // A slope without detail is four times as high over four pixels, and 16 times when squared.
  return far > 0 ? Math.max(0, near / far - SLOPE) / (1 - SLOPE) : 0
}

const SLOPE = 1 / 16

/** What is wrong with the best face of a picture of `width` x `height` pixels in which `faces` were found; nothing where it will do. */
export function hintsFor(
  quality: Quality | undefined,
  faces: number,
  picture: { readonly width: number; readonly height: number },
  box: Box,
  gate: Gate,
): readonly Hint[] {
  if (quality === undefined || faces === 0) return ['none']
  const side = Math.min(picture.width, picture.height)
  const isInside =
    box.x + box.width / 4 > 0 && box.y + box.height / 4 > 0 && box.x + 0.75 * box.width < picture.width && box.y + 0.75 * box.height < picture.height
  const wrong: Readonly<Record<Hint, boolean>> = {
    none: false,
    several: faces > 1,
    too_far: quality.size < gate.minSize,
    too_close: quality.size > MAX_SHARE * side && side > 2 * gate.minSize,
    off_centre: !isInside,
    too_dark: quality.light < gate.minLight,
    too_bright: quality.light > gate.maxLight || quality.glare > gate.maxGlare,
    uneven_light: quality.imbalance > gate.maxImbalance,
    tilted: Math.abs(quality.roll) > gate.maxRoll,
    look_straight: Math.abs(quality.turn) > gate.maxTurn || Math.abs(quality.nod) > gate.maxNod,
    blurred: quality.sharpness < gate.minSharpness,
  }
  return hints.filter((hint) => wrong[hint])
}
