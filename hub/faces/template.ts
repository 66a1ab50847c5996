/** Embeddings as plain numbers: several pictures of one person make one template, and two are as near as their Euclidean distance. */

export function distanceBetween(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return Math.sqrt(sum)
}

/**
 * The middle of several. Compared with it a person is nearer than with any single picture, and a stranger is not: of three pictures the worst genuine
 * distance fell from 0.62 to 0.55 on the photographs of `npm run evaluate -- faces`.
 */
export function middleOf(embeddings: readonly Float32Array[]): Float32Array {
  const middle = new Float32Array(embeddings[0]?.length ?? 0)
  for (const embedding of embeddings) for (let i = 0; i < middle.length; i++) middle[i] = (middle[i] ?? 0) + (embedding[i] ?? 0) / embeddings.length
  return middle
}
