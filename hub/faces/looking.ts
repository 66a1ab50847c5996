import { poseOf, type Box, type Point } from '#protocol/faces/geometry.ts'
import { measureQuality, type Quality } from '#protocol/faces/quality.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { FaceEngine } from './engine.ts'
import { decodePicture, type PictureCode } from './picture.ts'

export type SeenFace = { readonly box: Box; readonly score: number; readonly landmarks: readonly Point[] }
/** What the service knows of one picture once it is gone: faces from the largest to the smallest, and of the largest what it is worth and whose it is. */
export type Looked = {
  readonly width: number
  readonly height: number
  readonly faces: readonly SeenFace[]
  /** Faces that could be meant: at least half as large as the largest. Who passes behind the shopper does not count. */
  readonly near: number
  /** Of the largest; undefined where there is no face. */
  readonly quality: Quality | undefined
  /** Of the largest, if it was asked for. */
  readonly embedding: Float32Array | undefined
  /** What it took: decoding apart from the nets. */
  readonly ms: { readonly decode: number; readonly look: number; readonly embed: number }
}

/** Everything that is asked of one picture, in a worker's one thread. `embed`: also whose face it is. */
export async function lookAt(engine: FaceEngine, bytes: Uint8Array, embed: boolean, monotonic: () => number): Promise<Outcome<Looked, PictureCode>> {
  const start = monotonic()
  const picture = await decodePicture(bytes)
  if (!picture.ok) return picture
  const decoded = monotonic()
  const faces = await engine.look(picture.value)
  const [largest] = faces
  const chip = largest && engine.chip(picture.value, largest.landmarks)
  const looked = monotonic()
  const embedding = embed && chip ? await engine.embed(chip) : undefined
  const { width, height } = picture.value
  return ok({
    width,
    height,
    faces,
    near: faces.filter(({ box }) => largest !== undefined && box.width >= largest.box.width / 2).length,
    quality: largest && chip && measureQuality(chip, largest.box, poseOf(largest.landmarks)),
    embedding,
    ms: { decode: decoded - start, look: looked - decoded, embed: monotonic() - looked },
  })
}
