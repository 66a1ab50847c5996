import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

/**
 * How far apart two templates may be, measured: made by `npm run evaluate -- faces --calibrate` and shipped. It has rates and distances, of nobody in
 * particular. Whoever brings another engine measures another one; without it nobody is recognised.
 */
const rate = z.number().min(0).max(100)
const distance = z.number().positive().max(10)
export const calibrationSchema = z.strictObject({
  engine: z.string().max(100),
  dimensions: z.int().min(16).max(1024).multipleOf(4),
  people: z.int().positive(),
  images: z.int().positive(),
  /** One to one: at most this far is the same person. */
  threshold: distance,
  /** One to many: each further person is one more chance to be wrong, so nearer. */
  identifyThreshold: distance,
  /** One to many: so much further away the next one must be. */
  margin: distance,
  /** Templates of three pictures against one: false matches and false non-matches at a distance, in percent. */
  curve: z.array(z.strictObject({ distance, fmrPct: rate, fnmrPct: rate })).max(200),
})
export type Calibration = z.infer<typeof calibrationSchema>

/** Where the calibration of an engine is: of the one that ships, or beside the manifest of an operator's model. */
export const calibrationOf = (model: string | undefined): string => join(model === undefined ? import.meta.dirname : dirname(model), 'calibration.json')

/** Throws when it is not one, or of another engine: better no faces than any. */
export function readCalibration(path: string, engine: string): Calibration {
  if (!existsSync(path)) throw new Error(`${path} is missing: measure this engine with “npm run evaluate -- faces --data DIR --calibrate”`)
  const calibration = calibrationSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  if (calibration.engine !== engine) throw new Error(`${path} is of the engine “${calibration.engine}”, and this one is “${engine}”`)
  return calibration
}
