import type { Similarity } from '#protocol/faces/geometry.ts'
import type { Picture } from './engine.ts'

/** What lies beyond the picture: its nearest pixel (a face at the border goes on), or black (room around it for the detector). */
export type Beyond = 'nearest' | 'black'

/**
 * `picture` through `map` (picture → chip) into `size` x `size` pixels, RGB from 0 to 255. What gets smaller is averaged, not skipped: single pixels would make
 * patterns that no face has. It is halved until no pixel of the chip covers more than two, and then each is the mean of up to four bilinear samples.
 */
export function warp(picture: Picture, map: Similarity, size: number, beyond: Beyond): Float32Array<ArrayBuffer> {
  const scale = Math.hypot(map.a, map.b)
  if (scale < 0.5 && Math.min(picture.width, picture.height) >= 4) return warp(halved(picture), doubled(map), size, beyond)
  const { data, width, height } = picture
  const { a, b, dx, dy } = map
  const out = new Float32Array(size * size * 3)
  const samples = scale < 0.75 ? 2 : 1
  const share = 1 / (samples * samples)
  const ia = a / (scale * scale)
  const ib = b / (scale * scale)
  const lastX = width - 1
  const lastY = height - 1
  const row = width * 3
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const to = (y * size + x) * 3
      for (let s = 0; s < samples * samples; s++) {
        const tx = x + ((s % samples) + 0.5) / samples - 0.5 - dx
        const ty = y + ((samples === 1 ? 0 : s >> 1) + 0.5) / samples - 0.5 - dy
        let px = ia * tx + ib * ty
        let py = ia * ty - ib * tx
        if (beyond === 'black' && (px < -0.5 || py < -0.5 || px > lastX + 0.5 || py > lastY + 0.5)) continue
        px = px < 0 ? 0 : px > lastX ? lastX : px
        py = py < 0 ? 0 : py > lastY ? lastY : py
        const x0 = px | 0
        const y0 = py | 0
        const fx = px - x0
        const fy = py - y0
        const at = y0 * row + x0 * 3
        const right = x0 < lastX ? 3 : 0
        const down = y0 < lastY ? row : 0
        for (let c = 0; c < 3; c++) {
          const above = (data[at + c] ?? 0) * (1 - fx) + (data[at + right + c] ?? 0) * fx
          const below = (data[at + down + c] ?? 0) * (1 - fx) + (data[at + down + right + c] ?? 0) * fx
          out[to + c] = (out[to + c] ?? 0) + share * (above * (1 - fy) + below * fy)
        }
      }
    }
  }
  return out
}

/** Half as wide and high; each pixel is the mean of four. An odd last row or column is left out. */
function halved({ data, width, height }: Picture): Picture {
  const half = { width: width >> 1, height: height >> 1 }
  const out = new Uint8Array(half.width * half.height * 3)
  const row = width * 3
  for (let y = 0, to = 0; y < half.height; y++) {
    for (let x = 0, at = 2 * y * row; x < half.width; x++, at += 6) {
      for (let c = 0; c < 3; c++, to++) {
        const sum = (data[at + c] ?? 0) + (data[at + 3 + c] ?? 0) + (data[at + row + c] ?? 0) + (data[at + row + 3 + c] ?? 0)
        out[to] = (sum + 2) >> 2
      }
    }
  }
  return { data: out, ...half }
}

/** The same map for a picture of half the size: the middle of its pixel (x, y) is at (2x + ½, 2y + ½) of the other. */
const doubled = ({ a, b, dx, dy }: Similarity): Similarity => ({ a: 2 * a, b: 2 * b, dx: dx + 0.5 * (a - b), dy: dy + 0.5 * (a + b) })
