import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { z } from 'zod'
import { smileOf } from '#protocol/faces/geometry.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { calibrationOf, readCalibration, type Calibration } from '../../hub/faces/calibration.ts'
import type { FaceEngine, Picture } from '../../hub/faces/engine.ts'
import { loadEngine } from '../../hub/faces/load-engine.ts'
import { lookAt, type Looked } from '../../hub/faces/looking.ts'
import { decodePicture } from '../../hub/faces/picture.ts'
import { distanceBetween, middleOf } from '../../hub/faces/template.ts'
import { aucOfScores, distanceAccepting, ratesOf, resampled, seeded, sortedPairs, type Pair, type Rates } from './face-scores.ts'
import { evaluateFlat, type Photographed } from './evaluate-flat.ts'
import { percentile, rounded } from './percentile.ts'

export type FaceEvaluation = {
  readonly metrics: Readonly<Record<string, number>>
  /** 95 %, by bootstrap over people: from, to. */
  readonly intervals: Readonly<Record<string, readonly [number, number]>>
  readonly without_face: readonly string[]
}

type Seen = { readonly name: string; readonly person: number; readonly embedding: Float32Array; readonly smile: number }

const RESAMPLES = 1000
const SEED = 20_190_101
const ENROLLED_FROM = 3
/** Ways to choose three of a person's pictures: of somebody with many, so many spread evenly. */
const MAX_CHOICES = 60
const TIMED = 40
const PICTURE = /\.(?:jpe?g|png|webp)$/i

/**
 * Everybody with everybody, on one core: `folder` has one folder a person. Pictures in which no face is found are counted, and are in no pair. The threshold is what
 * the face service decides by; `calibrate` writes what these pictures say that it should be, and uses that.
 */
export async function evaluateFaces(
  folder: string,
  { calibrate, model }: { readonly calibrate: boolean; readonly model: string | undefined },
): Promise<Outcome<FaceEvaluation, 'entry.malformed'>> {
  const people = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
  const files = people.map((name) =>
    readdirSync(join(folder, name))
      .filter((file) => PICTURE.test(file))
      .toSorted(),
  )
  if (files.filter((some) => some.length > 1).length < 2) return fail('entry.malformed', 'it does not have two people with two pictures each')

  const engine = await loadEngine(model)
  const seen: Seen[] = []
  const photographs: Photographed[] = []
  const without: string[] = []
  for (const [person, pictures] of files.entries()) {
    for (const picture of pictures) {
      const name = `${people[person] ?? ''}/${picture}`
      const looked = await lookedAt(engine, readFileSync(join(folder, name)))
      const [face] = looked?.faces ?? []
      if (looked?.embedding === undefined || face === undefined) without.push(name)
      else {
        seen.push({ name, person, embedding: looked.embedding, smile: smileOf(face.landmarks) })
        photographs.push({ person, face, load: () => loaded(join(folder, name)) })
      }
    }
  }
  const ms = await timings(engine, folder, people, files)

  const pairs = sortedPairs(
    seen.flatMap((a, i) => seen.slice(0, i).map((b) => ({ distance: distanceBetween(a.embedding, b.embedding), one: a.person, other: b.person }))),
  )
  const enrolled = sortedPairs(enrolledPairs(seen, people.length))
  if (calibrate) writeFileSync(calibrationOf(model), `${JSON.stringify(calibrated(engine, enrolled, people.length, seen.length), undefined, 2)}\n`)
  const { threshold } = readCalibration(calibrationOf(model), engine.name)
  const single = withIntervals(pairs, threshold, people.length, '')
  const three = withIntervals(enrolled, threshold, people.length, 'enrol3_')
  const smile = smileAuc(seen, folder)
  return ok({
    metrics: {
      people: people.length,
      images: seen.length + without.length,
      ...countsOf(pairs, ''),
      ...single.metrics,
      threshold: rounded(threshold, 4),
      no_face: without.length,
      ...(smile !== undefined && { smile_auc: rounded(smile, 4) }),
      ms_median: rounded(percentile(ms, 0.5), 1),
      ms_p95: rounded(percentile(ms, 0.95), 1),
      ...(await evaluateFlat(engine, photographs)),
      ...countsOf(enrolled, 'enrol3_'),
      ...three.metrics,
    },
    intervals: { ...single.intervals, ...three.intervals },
    without_face: without,
  })
}

async function lookedAt(engine: FaceEngine, bytes: Buffer): Promise<Looked | undefined> {
  const looked = await lookAt(engine, new Uint8Array(bytes), true, () => performance.now())
  return looked.ok ? looked.value : undefined
}

async function loaded(path: string): Promise<Picture | undefined> {
  const picture = await decodePicture(new Uint8Array(readFileSync(path)))
  return picture.ok ? picture.value : undefined
}

/** Detect, align and embed, without decoding, of pictures as a camera gives them: 640x480. Milliseconds. */
async function timings(engine: FaceEngine, folder: string, people: readonly string[], files: readonly (readonly string[])[]): Promise<readonly number[]> {
  const paths = files.flatMap((pictures, person) => pictures.map((picture) => join(folder, people[person] ?? '', picture)))
  const step = Math.max(1, Math.floor(paths.length / TIMED))
  const times: number[] = []
  for (const path of paths.filter((_, i) => i % step === 0)) {
    const frame = await sharp(readFileSync(path)).autoOrient().resize(640, 480, { fit: 'contain' }).jpeg({ quality: 90 }).toBuffer()
    const looked = await lookedAt(engine, frame)
    if (looked?.embedding) times.push(looked.ms.look + looked.ms.embed)
  }
  return times
}

/** Templates of three pictures, as enrolment makes them, against every picture that is not among the three. */
function enrolledPairs(seen: readonly Seen[], people: number): readonly Pair[] {
  return Array.from({ length: people }, (_, person) => person).flatMap((person) => {
    const own = seen.filter((one) => one.person === person)
    if (own.length <= ENROLLED_FROM) return []
    return choicesOf(own).flatMap((chosen) => {
      const template = middleOf(chosen.map(({ embedding }) => embedding))
      return seen
        .filter((one) => !chosen.includes(one))
        .map((probe) => ({ distance: distanceBetween(template, probe.embedding), one: person, other: probe.person }))
    })
  })
}

function choicesOf(own: readonly Seen[]): readonly (readonly Seen[])[] {
  const all = own.flatMap((a, i) => own.slice(i + 1).flatMap((b, j) => own.slice(i + j + 2).map((c) => [a, b, c])))
  const step = Math.max(1, all.length / MAX_CHOICES)
  return Array.from({ length: Math.min(MAX_CHOICES, all.length) }, (_, i) => all[Math.floor(i * step)] ?? [])
}

const countsOf = (pairs: readonly Pair[], prefix: string): Record<string, number> => {
  const genuine = pairs.filter(({ one, other }) => one === other).length
  return { [`${prefix}genuine_pairs`]: genuine, [`${prefix}impostor_pairs`]: pairs.length - genuine }
}

function withIntervals(pairs: readonly Pair[], threshold: number, people: number, prefix: string) {
  const rates = ratesOf(pairs, threshold)
  const metrics: Record<string, number> = {}
  const intervals: Record<string, readonly [number, number]> = {}
  // Nobody has four pictures.
  if (rates === undefined) return { metrics, intervals }
  const random = seeded(SEED)
  const samples = Array.from({ length: RESAMPLES }, () => ratesOf(pairs, threshold, resampled(people, random))).filter((sample) => sample !== undefined)
  for (const name of Object.keys(rates) as readonly (keyof Rates)[]) {
    const values = samples.map((sample) => sample[name])
    metrics[`${prefix}${name}`] = rounded(rates[name], 4)
    intervals[`${prefix}${name}`] = [rounded(percentile(values, 0.025), 4), rounded(percentile(values, 0.975), 4)]
  }
  return { metrics, intervals }
}

/** As the challenge measures it: the rise over the mean of the same person's other pictures that are labelled neutral. Undefined without labels. */
function smileAuc(seen: readonly Seen[], folder: string): number | undefined {
  const path = join(folder, 'smile-labels.json')
  if (!existsSync(path)) return undefined
  const labels = z.record(z.string(), z.enum(['smile', 'neutral'])).parse(JSON.parse(readFileSync(path, 'utf8')))
  const labelled = seen.filter(({ name }) => labels[name] !== undefined)
  const neutral = labelled.filter(({ name }) => labels[name] === 'neutral')
  const scores = labelled.flatMap((one) => {
    const others = neutral.filter((other) => other.person === one.person && other !== one)
    if (others.length === 0) return []
    return [{ score: one.smile - others.reduce((sum, { smile }) => sum + smile, 0) / others.length, isOne: labels[one.name] === 'smile' }]
  })
  return scores.some(({ isOne }) => isOne) && scores.some(({ isOne }) => !isOne) ? aucOfScores(scores) : undefined
}

/**
 * Thresholds for templates of three pictures. One to one: halfway between where 0.1 % of strangers would be let in and where 2 % of owners would be refused, each
 * by the unluckiest fortieth of samples of people, since those here are few. One to many: nearer by MARGIN, and the runner-up must be further away by it.
 */
const FMR = 0.001
const FNMR = 0.02
const MARGIN = 0.05

function calibrated({ name: engine, dimensions }: FaceEngine, enrolled: readonly Pair[], people: number, images: number): Calibration {
  const random = seeded(SEED)
  const strangers = enrolled.filter(({ one, other }) => one !== other)
  const owners = enrolled.filter(({ one, other }) => one === other)
  invariant(owners.length > 0 && strangers.length > 0, 'somebody has four pictures')
  const samples = Array.from({ length: RESAMPLES }, () => resampled(people, random))
  const distances = (pairs: readonly Pair[], share: number): readonly number[] =>
    samples.map((weights) => distanceAccepting(pairs, share, weights)).filter((distance) => distance > 0)
  const letIn = percentile(distances(strangers, FMR), 0.025)
  const refused = percentile(distances(owners, 1 - FNMR), 0.975)
  const threshold = rounded((letIn + refused) / 2, 3)
  const curve = Array.from({ length: 25 }, (_, i) => {
    const distance = rounded(0.3 + i * 0.02, 2)
    const rates = ratesOf(enrolled, distance)
    invariant(rates !== undefined, 'there are pairs of both kinds')
    return { distance, fmrPct: rounded(rates.fmr_at_threshold_pct, 4), fnmrPct: rounded(rates.fnmr_at_threshold_pct, 4) }
  })
  return { engine, dimensions, people, images, threshold, identifyThreshold: rounded(threshold - MARGIN, 3), margin: MARGIN, curve }
}
