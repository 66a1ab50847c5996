import { z } from 'zod'
import { DEPTH, type Trees } from './boosting.ts'
import type { Trained } from './challenger.ts'
import type { Reference } from './drift.ts'
import { FEATURES } from './features.ts'
import type { RiskModel } from './learning.ts'
import { base64url, unbase64url } from '#protocol/bytes.ts'
import type { ModelCard } from '#protocol/hub-api/risk-model.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { invariant } from '#protocol/outcome.ts'

/** A model as text: numbers as the bytes that they are (little-endian), so that it says the same after a restart, bit by bit. */
const number = z.number()
const measured = z.strictObject({ value: number, from: number, to: number })
const period = { from: epochMs, until: epochMs, rows: z.int(), frauds: z.int() }
const card: z.ZodType<ModelCard> = z.strictObject({
  version: z.int().positive(),
  madeAt: epochMs,
  seed: z.int(),
  recipe: z.strictObject({ trees: z.int(), depth: z.int(), rate: number, lambda: number, members: z.int(), sampledOneIn: z.int() }),
  features: z.array(z.string()),
  learned: z.strictObject(period),
  heldOut: z.strictObject(period),
  auc: measured,
  ap: measured,
  brier: number,
  ece: number,
  calibration: z.array(z.strictObject({ payments: number, said: number, was: number })),
  strongest: z.array(z.strictObject({ feature: z.string(), logits: number })),
  against: z.strictObject({ version: z.int(), ap: number, better: number }).optional(),
  wasPromoted: z.boolean(),
  isInvented: z.literal(true).optional(),
  limits: z.array(z.string()),
})
const trees = z.strictObject({ bias: number, feature: z.string(), threshold: z.string(), leaf: z.string(), weight: z.string().optional() })
const model = z.strictObject({ members: z.array(trees).min(1), shift: number })
const file = z.strictObject({
  v: z.literal(1),
  /** How many features its vectors have: another number is another program's model. */
  features: z.int(),
  depth: z.int(),
  card,
  model,
  twin: model,
  calibration: z.strictObject({ logits: z.string(), probabilities: z.string() }),
  reference: z.strictObject({ edges: z.array(z.string()), shares: z.array(z.string()), missing: z.string() }),
})
type ModelText = z.infer<typeof file>

const INNER = 2 ** DEPTH - 1

export function encodeModel({ card: own, model: judging, twin, calibration, reference }: Trained): string {
  const kept: ModelText = {
    v: 1,
    features: FEATURES,
    depth: DEPTH,
    card: own,
    model: treesText(judging),
    twin: treesText(twin),
    calibration: { logits: doubles(calibration.logits), probabilities: doubles(calibration.probabilities) },
    reference: { edges: reference.edges.map(doubles), shares: reference.shares.map(doubles), missing: doubles(reference.missing) },
  }
  return JSON.stringify(kept)
}

/** Undefined: it was made for other vectors than this program's. Throws for what no program of ours wrote. */
export function decodeModel(text: string): Trained | undefined {
  const kept = file.parse(JSON.parse(text))
  if (kept.features !== FEATURES || kept.depth !== DEPTH) return undefined
  const { logits, probabilities } = kept.calibration
  const calibration = { logits: readDoubles(logits), probabilities: readDoubles(probabilities) }
  const { edges, shares, missing } = kept.reference
  const reference: Reference = { edges: edges.map(readDoubles), shares: shares.map(readDoubles), missing: readDoubles(missing) }
  invariant(calibration.logits.length === calibration.probabilities.length && reference.shares.length === FEATURES + 1, 'a kept model is whole')
  return { card: kept.card, model: readTrees(kept.model), twin: readTrees(kept.twin), calibration, reference }
}

const treesText = ({ members, shift }: RiskModel): ModelText['model'] => ({
  shift,
  members: members.map(({ bias, feature, threshold, leaf, weight }) => ({
    bias,
    feature: bytesText(feature),
    threshold: doubles(threshold),
    leaf: doubles(leaf),
    ...(weight && { weight: doubles(weight) }),
  })),
})

function readTrees({ members, shift }: ModelText['model']): RiskModel {
  return {
    shift,
    members: members.map(({ bias, feature, threshold, leaf, weight }): Trees => {
      const read = { feature: new Uint16Array(bytesOf(feature)), threshold: readDoubles(threshold), leaf: readDoubles(leaf) }
      const count = read.feature.length / INNER
      // The scorer does not look whether an index is inside: that is seen to here.
      const isWhole = read.threshold.length === read.feature.length && read.leaf.length === count * (INNER + 1) && read.feature.every((f) => f < FEATURES)
      invariant(isWhole, 'kept trees are whole')
      return { features: FEATURES, bias, ...read, ...(weight !== undefined && { weight: readDoubles(weight) }) }
    }),
  }
}

const bytesText = ({ buffer, byteOffset, byteLength }: Float64Array | Uint16Array): string => base64url(new Uint8Array(buffer, byteOffset, byteLength))
const doubles = (numbers: Float64Array): string => bytesText(numbers)

function bytesOf(text: string): ArrayBuffer {
  const bytes = unbase64url(text)
  invariant(bytes !== undefined, 'kept numbers are bytes')
  return new Uint8Array(bytes).buffer
}
const readDoubles = (text: string): Float64Array => new Float64Array(bytesOf(text))
