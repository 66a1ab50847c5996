import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { CONSENT_VERSION } from '#protocol/faces/consent.ts'
import { cautiousCaps } from '#protocol/faces/policy.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import { calibrationOf, readCalibration } from '../../hub/faces/calibration.ts'
import { createFaceDesk, type Place } from '../../hub/faces/desk.ts'
import { openGallery } from '../../hub/faces/gallery.ts'
import { openPool } from '../../hub/faces/pool.ts'
import { TemplateIndex } from '../../hub/faces/template-index.ts'
import { seeded } from './face-scores.ts'
import { percentile, rounded } from './percentile.ts'

const TEMPLATES = 100_000
const ROW = 128
const FRAMES = 40
const SEARCHES = 60
const DECISIONS = 12
const place: Place = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', store: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', kiosk: 'bench' }

export async function faces(scratch: string): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'faces-'))
  const demo = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  const frame = await sharp(readFileSync(join(demo, 'sample3.jpg')))
    .resize(640, 480, { fit: 'contain' })
    .jpeg({ quality: 90 })
    .toBuffer()
  const started = performance.now()
  const pool = await openPool({ workers: 2, timers: systemTimers, warn: () => undefined })
  const start_ms = performance.now() - started
  const gallery = openGallery({ folder, clock: systemClock, crypto: nodeCrypto, warn: () => undefined })
  try {
    const times = { decode: [] as number[], nets: [] as number[], whole: [] as number[] }
    const before = process.cpuUsage()
    for (let i = 0; i < FRAMES; i++) {
      // One after the other: one core.
      const looked = await pool.look(new Uint8Array(frame), { embed: true })
      invariant(looked.ok && looked.value.embedding !== undefined, 'the photograph has a face')
      // The first few find the caches cold.
      if (i < FRAMES / 8) continue
      const { decode, look, embed } = looked.value.ms
      times.decode.push(decode)
      times.nets.push(look + embed)
      times.whole.push(decode + look + embed)
    }

    const used = process.cpuUsage(before)
    const began = performance.now()
    const shower = async (): Promise<void> => {
      for (let i = 0; i < FRAMES / 2; i++) await pool.look(new Uint8Array(frame), { embed: true })
    }
    await Promise.all([shower(), shower()])
    const challenge_frame_ms = (performance.now() - began) / FRAMES

    const desk = createFaceDesk({ gallery, calibration: readCalibration(calibrationOf(undefined), pool.engine), caps: cautiousCaps('EUR'), clock: systemClock })
    const looks = async () =>
      (await Promise.all([0, 1, 2].map(() => pool.look(new Uint8Array(frame), { embed: true })))).flatMap((looked) => (looked.ok ? [looked.value] : []))
    const wallet = 'ab'.repeat(16)
    const enrolled = desk.enrol(place, { wallet, consent: { version: CONSENT_VERSION, language: 'en' } }, await looks())
    invariant(enrolled.ok, 'the photograph can be enrolled')
    const decisions: number[] = []
    for (let i = 0; i < DECISIONS; i++) {
      const from = performance.now()
      invariant(desk.recognise(place, { claim: { wallet }, amountMinor: 1000, currency: 'EUR' }, await looks()).ok, 'a face is its own')
      decisions.push(performance.now() - from)
    }

    const rss = process.memoryUsage().rss
    return {
      frames: times.nets.length,
      embed_ms: rounded(percentile(times.nets, 0.5), 1),
      embed_p95_ms: rounded(percentile(times.nets, 0.95), 1),
      // Of a processor's time, which other work on the machine does not lengthen as much.
      embed_decoded_cpu_ms: rounded((used.user + used.system) / 1000 / FRAMES, 1),
      embed_decoded_ms: rounded(percentile(times.whole, 0.5), 1),
      challenge_frame_ms: rounded(challenge_frame_ms, 1),
      ...searches(),
      decision_ms: rounded(percentile(decisions, 0.5), 1),
      decision_p95_ms: rounded(percentile(decisions, 0.95), 1),
      start_ms: rounded(start_ms, 0),
      rss_mb: rounded(rss / 2 ** 20, 0),
    }
  } finally {
    gallery.close()
    await pool.close()
    rmSync(folder, { recursive: true })
  }
}

/** In vectors as far from each other as faces of different people are. */
function searches(): Record<string, number> {
  const random = seeded(3)
  const vector = (): Float32Array => Float32Array.from({ length: ROW }, () => 0.2 * (random() - 0.5))
  const index = new TemplateIndex(ROW)
  const all = Array.from({ length: TEMPLATES }, vector)
  for (const [i, one] of all.entries()) index.set(String(i), one)
  const times: number[] = []
  const floor: number[] = []
  const bytes = new Float64Array((TEMPLATES * ROW) / 2)
  for (let i = 0; i < SEARCHES; i++) {
    const wanted = Math.floor(random() * TEMPLATES)
    const query = Float32Array.from(all[wanted] ?? [], (value) => value + 0.02 * (random() - 0.5))
    const from = performance.now()
    const [best] = index.nearest(query, 0.6, 2)
    times.push(performance.now() - from)
    invariant(best?.key === String(wanted), 'the nearest is found')
    const began = performance.now()
    bytes.fill(i)
    floor.push(performance.now() - began)
  }
  return {
    templates: TEMPLATES,
    search_100k_ms: rounded(percentile(times, 0.5), 2),
    search_100k_p95_ms: rounded(percentile(times, 0.95), 2),
    floor_fill_ms: rounded(percentile(floor, 0.5), 2),
  }
}
