import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { hex } from '#protocol/bytes.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { HOUR } from '#protocol/time.ts'
import { calibrationOf, readCalibration } from './calibration.ts'
import { readCaps } from './caps.ts'
import { createChallengeDesk } from './challenge/desk.ts'
import { evidenceSigner } from './challenge/evidence-key.ts'
import { rulesOf } from './challenge/judge.ts'
import { createFaceDesk } from './desk.ts'
import { openGallery } from './gallery.ts'
import { readOnlyPictures } from './picture.ts'
import { openPool } from './pool.ts'
import { createFaceService } from './service.ts'

/**
 * The face service, a process of its own that the hub starts (`start.ts`): `node hub/faces/main.ts FOLDER CURRENCY [MANIFEST]` with FACES_TOKEN in the environment;
 * MANIFEST is of an operator's own model (`onnx-slot.ts`), with its calibration.json beside it. It listens on this
 * machine only, and ends with whoever started it. Prints one line of JSON when it is ready; everything else goes to stderr.
 */
const warn = (line: string): void => void process.stderr.write(`faces: ${line}\n`)
/** One core is left for whoever asks. */
const WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1))
const SWEEP_EVERY = HOUR

async function run(): Promise<void> {
  const [folder, currency, model] = process.argv.slice(2)
  const token = process.env['FACES_TOKEN']
  if (folder === undefined || currency === undefined || token === undefined || token.length < 32)
    throw new Error('the hub starts this file, with a folder, a currency and a token')
  delete process.env['FACES_TOKEN']
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  readOnlyPictures()
  const looker = await openPool({ workers: WORKERS, model, timers: systemTimers, warn })
  const calibration = readCalibration(calibrationOf(model), looker.engine)
  const gallery = openGallery({ folder, clock: systemClock, crypto: nodeCrypto, warn })
  const desk = createFaceDesk({ gallery, calibration, caps: readCaps(folder, currency), clock: systemClock })
  const signer = evidenceSigner(folder)
  const challenges = createChallengeDesk({ desk, looker, clock: systemClock, crypto: nodeCrypto, signer, rules: rulesOf(calibration) })
  const app = createFaceService({ desk, challenges, looker, token, warn })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  let stopSweeping = (): void => undefined
  const sweep = (): void => {
    desk.sweep()
    stopSweeping = systemTimers.after(SWEEP_EVERY, sweep)
  }
  sweep()

  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    stopSweeping()
    await app.close()
    await looker.close()
    gallery.close()
    if (process.connected) process.disconnect()
  }
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(end, () => void stop())
  process.stdout.write(`${JSON.stringify({ ready: true, url, evidenceKey: hex(signer.publicKey) })}\n`)
}

run().catch((error: unknown) => {
  warn(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exit(1)
})
