import type { Looked } from './looking.ts'

export const ROW = 128

/** People without faces, for tests: each has embeddings of their own, as far from others' as those of real people are, and pictures of one are alike. */
export function embeddingOf(person: number, picture = 0): Float32Array {
  const at = (seed: number, i: number): number => {
    const x = Math.sin(seed * 127.1 + i * 311.7) * 43_758.5453
    return x - Math.floor(x) - 0.5
  }
  return Float32Array.from({ length: ROW }, (_, i) => 0.2 * at(person + 1, i) + 0.05 * at(1000 * (person + 1) + picture + 1, i))
}

/** A good picture of that person, as the engine saw it. */
export const frameOf = (person: number, picture = 0, quality: Partial<NonNullable<Looked['quality']>> = {}): Looked => ({
  width: 640,
  height: 480,
  faces: [{ box: { x: 220, y: 120, width: 200, height: 200 }, score: 0.95, landmarks: [] }],
  near: 1,
  quality: { turn: 0, roll: 0, nod: 0, size: 200, light: 120, imbalance: 0.1, glare: 0, sharpness: 0.1, ...quality },
  embedding: embeddingOf(person, picture),
  ms: { decode: 0, look: 0, embed: 0 },
})

export const framesOf = (person: number, count = 3, from = 0): readonly Looked[] => Array.from({ length: count }, (_, i) => frameOf(person, from + i))
