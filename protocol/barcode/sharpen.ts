import type { Pixels } from './engine.ts'

/** Pixels to each side that the blurred picture averages: about the width of the bars that blur together at reading distance. */
const RADIUS = 3
const AMOUNT = 1.5

/** An unsharp mask over the brightness: what differs from its surroundings differs more. The result is grey. */
export function sharpen({ data, width, height }: Pixels): Pixels {
  const grey = new Float32Array(width * height)
  // Rec. 601 luma.
  for (let at = 0, from = 0; at < grey.length; at++, from += 4)
    grey[at] = 0.299 * byte(data, from) + 0.587 * byte(data, from + 1) + 0.114 * byte(data, from + 2)
  const blurred = averaged(averaged(grey, width, height, 1, width), height, width, width, 1)
  const sharp = new Uint8ClampedArray(data.length)
  for (let at = 0, to = 0; at < grey.length; at++, to += 4) {
    const value = (1 + AMOUNT) * (grey[at] ?? 0) - AMOUNT * (blurred[at] ?? 0)
    sharp[to] = value
    sharp[to + 1] = value
    sharp[to + 2] = value
    sharp[to + 3] = 255
  }
  return { data: sharp, width, height }
}

const byte = (bytes: Uint8ClampedArray, at: number): number => bytes[at] ?? 0

/** The mean of each value and its neighbours in the same line, of which there are `lines` with `length` values, `step` apart. */
function averaged(values: Float32Array, length: number, lines: number, step: number, lineStep: number): Float32Array {
  const means = new Float32Array(values.length)
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep
    let sum = 0
    let count = 0
    for (let ahead = 0; ahead < length + RADIUS; ahead++) {
      if (ahead < length) {
        sum += values[start + ahead * step] ?? 0
        count++
      }
      if (ahead > 2 * RADIUS) {
        sum -= values[start + (ahead - 2 * RADIUS - 1) * step] ?? 0
        count--
      }
      const middle = ahead - RADIUS
      if (middle >= 0) means[start + middle * step] = sum / count
    }
  }
  return means
}
