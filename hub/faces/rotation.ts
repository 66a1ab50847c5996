import { createCipheriv, createHmac } from 'node:crypto'
import { invariant } from '#protocol/outcome.ts'

/**
 * A secret orthogonal matrix (ISO/IEC 24745: revocable, unlinkable templates). It keeps every distance, so rotated templates are searched as they are; without
 * the secret they say nothing about a face, and nothing about whether templates of two merchants are of one person. Another secret is another matrix: old
 * templates are then worth nothing.
 */
export type Rotation = (vector: Float32Array) => Float32Array

/** Of 32 secret bytes, for whom, and for vectors of how many numbers: the same every time. */
export function rotationOf(secret: Uint8Array, merchant: string, dimensions: number): Rotation {
  invariant(secret.length === 32, 'a rotation comes from 32 bytes')
  const matrix = orthogonal(normals(secret, merchant, dimensions), dimensions)
  return (vector) => {
    invariant(vector.length === dimensions, `a template has ${dimensions} numbers`)
    const out = new Float32Array(dimensions)
    for (let row = 0; row < dimensions; row++) {
      let sum = 0
      for (let i = 0; i < dimensions; i++) sum += (matrix[row * dimensions + i] ?? 0) * (vector[i] ?? 0)
      out[row] = sum
    }
    return out
  }
}

/** `dimensions` x `dimensions` independent standard normals (Box–Muller) from AES-256 in counter mode: orthogonalised, they are uniform over all rotations. */
function normals(secret: Uint8Array, merchant: string, dimensions: number): Float64Array {
  const values = new Float64Array(dimensions * dimensions)
  const key = createHmac('sha256', secret).update(`rotation 1\n${merchant}`).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(8 * values.length))
  for (let i = 0; i < values.length; i += 2) {
    // 53 bits each; never zero, whose logarithm is not a number.
    const radius = Math.sqrt(-2 * Math.log(uniform(stream.readBigUInt64BE(8 * i))))
    const angle = 2 * Math.PI * uniform(stream.readBigUInt64BE(8 * i + 8))
    values[i] = radius * Math.cos(angle)
    values[i + 1] = radius * Math.sin(angle)
  }
  key.fill(0)
  return values
}

const uniform = (bits: bigint): number => (Number(bits >> 11n) + 0.5) / 2 ** 53

/** Modified Gram–Schmidt, twice: once leaves an error that the second takes away. */
function orthogonal(matrix: Float64Array, dimensions: number): Float64Array {
  for (let round = 0; round < 2; round++) {
    for (let row = 0; row < dimensions; row++) {
      const own = matrix.subarray(row * dimensions, (row + 1) * dimensions)
      for (let other = 0; other < row; other++) {
        const done = matrix.subarray(other * dimensions, (other + 1) * dimensions)
        const along = dot(own, done)
        for (let i = 0; i < dimensions; i++) own[i] = (own[i] ?? 0) - along * (done[i] ?? 0)
      }
      const length = Math.sqrt(dot(own, own))
      for (let i = 0; i < dimensions; i++) own[i] = (own[i] ?? 0) / length
    }
  }
  return matrix
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
