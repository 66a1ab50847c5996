import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../world/random.ts'
import { coreImageFault, recordCore } from './core-recording.ts'
import { hubImageFault } from './hub-image.ts'
import { firstHubCommits } from './hub-sequence.ts'
import { manners, PowerCut, type Image, type Manner } from './power-cut.ts'
import { record, whyNoRecording } from './recording.ts'
import type { FileOp } from './system-calls.ts'
import { tillImageFault } from './till-image.ts'
import { firstCommits } from './till-sequence.ts'

export type CrashImageOptions = {
  readonly seed: number
  /** Of each recording: the till's store, the hub's, and a whole core that sells. */
  readonly images: number
  /** Where recordings and images are made; what is wrong stays there. */
  readonly scratch: string
  /** False: the stores are opened with durability off, and images must lose what was promised. */
  readonly durable?: boolean
}

export type CrashFault = {
  readonly of: 'till' | 'hub' | 'core'
  readonly image: number
  readonly afterCall: number
  readonly manner: Manner
  readonly what: string
}

/** `images` counts those that were opened and looked at. Where nothing can be recorded it is 0, and `why` says so: that is no success. */
export type CrashReport = { readonly images: number; readonly faults: readonly CrashFault[]; readonly why: string | undefined }

/** Enough for the write-ahead log to be written back and begun again, which is where most can go wrong. */
const TILL_COMMITS = 260
const HUB_COMMITS = 160
const CORE_PAYMENTS = 40

type Subject = {
  readonly name: CrashFault['of']
  record(folder: string): FileOp[] | Promise<FileOp[]>
  /** What is wrong with an image, after these promises. */
  fault(folder: string, promises: readonly string[]): string | undefined | Promise<string | undefined>
}

function subjectsOf({ seed, scratch, durable = true }: CrashImageOptions): Subject[] {
  const recorded = (recorder: URL, commits: number) => (folder: string) =>
    record(recorder, { folder, seed, commits, reopenAfter: Math.floor(commits / 3), durable })
  const tillCommits = firstCommits(seed, TILL_COMMITS + 2)
  const hubCommits = firstHubCommits(seed, HUB_COMMITS + 2)
  return [
    {
      name: 'till',
      record: recorded(new URL('./till-recorder.ts', import.meta.url), TILL_COMMITS),
      fault: (folder, promises) => tillImageFault(folder, tillCommits, promises.length),
    },
    {
      name: 'hub',
      record: recorded(new URL('./hub-recorder.ts', import.meta.url), HUB_COMMITS),
      fault: (folder, promises) => hubImageFault(folder, hubCommits, promises.length),
    },
    { name: 'core', record: () => recordCore({ seed, payments: CORE_PAYMENTS, scratch, durable }), fault: coreImageFault },
  ]
}

/** Records production stores at work, cuts the power at random calls, and opens what is left. */
export async function crashImages(options: CrashImageOptions): Promise<CrashReport> {
  const why = whyNoRecording()
  if (why !== undefined) return { images: 0, faults: [], why }
  mkdirSync(options.scratch, { recursive: true })
  const faults: CrashFault[] = []
  let images = 0
  for (const subject of subjectsOf(options)) {
    const ops = await subject.record(mkdtempSync(join(options.scratch, `${subject.name}-recording-`)))
    faults.push(...(await lookAtImages(subject, ops, options)))
    images += options.images
  }
  return { images, faults, why: undefined }
}

async function lookAtImages(subject: Subject, ops: readonly FileOp[], { seed, images, scratch }: CrashImageOptions): Promise<CrashFault[]> {
  const random = new Random(`power cuts ${seed} of the ${subject.name}`)
  const cuts = Array.from({ length: images }, (_, image) => ({ image, afterCall: random.between(0, ops.length), manner: random.pick(manners) }))
  const faults: CrashFault[] = []
  const promises: string[] = []
  const disk = new PowerCut()
  let done = 0
  for (const { image, afterCall, manner } of cuts.toSorted((a, b) => a.afterCall - b.afterCall)) {
    for (const op of ops.slice(done, afterCall)) {
      disk.apply(op)
      if (op.type === 'mark') promises.push(op.text)
    }
    done = afterCall
    const folder = join(scratch, `${subject.name}-image-${image}`)
    lay(folder, disk.image(manner, random.split(String(image))))
    const what = await tried(() => subject.fault(folder, promises))
    if (what === undefined) rmSync(folder, { recursive: true })
    else faults.push({ of: subject.name, image, afterCall, manner, what })
  }
  return faults
}

/** A production store that throws at an image has failed at it. */
async function tried(look: () => string | undefined | Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await look()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function lay(folder: string, image: Image): void {
  mkdirSync(folder)
  for (const [file, bytes] of image) writeFileSync(join(folder, file), bytes)
}
