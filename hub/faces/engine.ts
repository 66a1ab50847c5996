import type { Box, Point } from '#protocol/faces/geometry.ts'

/** Red, green and blue, a byte each, row after row; upright, whatever its file said about orientation. */
export type Picture = { readonly data: Uint8Array | Float32Array; readonly width: number; readonly height: number }

/** One face in a picture. */
export type Face = {
  readonly box: Box
  /** How sure the detector is, 0 to 1. */
  readonly score: number
  /** 68 of them: protocol/faces/geometry.ts. */
  readonly landmarks: readonly Point[]
}

/**
 * What tells faces from each other: a library and its nets, behind the few things that the service asks of it. One call at a time; a body runs in a
 * worker of its own (`pool.ts`). Nothing is fetched from anywhere, and nothing of a picture is kept.
 */
export interface FaceEngine {
  /** Which nets, and which alignment: embeddings of two names cannot be compared, and are never. */
  readonly name: string
  readonly dimensions: number
  /** Every face that it sees, the largest first, with its landmarks. */
  look(picture: Picture): Promise<readonly Face[]>
  /** The face as recognition sees it: turned upright, CHIP x CHIP pixels (protocol/faces/quality.ts), RGB from 0 to 255. */
  chip(picture: Picture, landmarks: readonly Point[]): Float32Array
  /** Where eyes, nose tip and mouth corners are in every chip. */
  readonly chipPoints: readonly Point[]
  /** `dimensions` numbers; the nearer two are (Euclidean), the surer it is one person. Thresholds: `calibration.ts`. */
  embed(chip: Float32Array): Promise<Float32Array>
}
