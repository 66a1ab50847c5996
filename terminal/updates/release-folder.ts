import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { UpdateManifest } from '#protocol/hub/updates.ts'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'
import type { UpdateState } from './update-machine.ts'

const installed = { release: z.int().nonnegative(), version: z.string(), entry: z.string() }
const kept = z.strictObject({
  good: z.strictObject(installed),
  trial: z.strictObject({ ...installed, starts: z.int().nonnegative() }).optional(),
  refused: z.array(z.strictObject({ release: z.int(), why: z.string() })),
  revision: z.int().nonnegative(),
  keys: z.int().nonnegative(),
})

/**
 * Programs of this machine, side by side: `releases/N` are whole and verified, `incoming/N` is what has come of one, `updates.json` says which of them runs. A release
 * appears by one rename and is chosen by another, so there is no moment at which power may not go.
 */
export class ReleaseFolder {
  readonly #home: string
  readonly #shipped: string

  /** `shipped`: the program that this machine came with, which is release 0 and stays where it is. */
  constructor(home: string, shipped: string) {
    this.#home = home
    this.#shipped = shipped
  }

  /** Undefined where nothing was ever installed. Throws for a file that is there and cannot be read: a person has to look. */
  read(): UpdateState | undefined {
    const path = join(this.#home, 'updates.json')
    if (!existsSync(path)) return undefined
    const { trial, ...rest } = kept.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { ...rest, ...(trial && { trial }) }
  }

  /** Durable when it returns. */
  write(state: UpdateState): void {
    mkdirSync(this.#home, { recursive: true })
    writeDurably(join(this.#home, 'updates.json'), JSON.stringify(state), 0o600)
  }

  programOf(release: number): string {
    return release === 0 ? this.#shipped : join(this.#home, 'releases', String(release))
  }

  /** Where a file is written as it comes. */
  partOf(release: number, sha256: string): string {
    return join(this.#home, 'incoming', String(release), sha256)
  }

  /** Bytes of it that have come. */
  hasOf(release: number, sha256: string): number {
    const path = this.partOf(release, sha256)
    return existsSync(path) ? statSync(path).size : 0
  }

  isWhole(release: number): boolean {
    return existsSync(this.programOf(release))
  }

  /** Puts the files, each of which is verified here, under their names, and makes a release of them. False: one is not what was signed, and is gone. */
  async install({ release, files }: Pick<UpdateManifest, 'release' | 'files'>): Promise<boolean> {
    if (this.isWhole(release)) return true
    const staging = join(this.#home, 'incoming', `${release}.tree`)
    rmSync(staging, { recursive: true, force: true })
    for (const { path, sha256, bytes } of files) {
      const part = this.partOf(release, sha256)
      if (this.hasOf(release, sha256) !== bytes || (await hashOf(part)) !== sha256) {
        rmSync(part, { force: true })
        return false
      }
      const target = join(staging, path)
      mkdirSync(dirname(target), { recursive: true })
      // Copied, not moved: two files with the same contents came once.
      copyDurably(part, target)
    }
    syncFolders(staging)
    mkdirSync(join(this.#home, 'releases'), { recursive: true })
    renameSync(staging, this.programOf(release))
    syncFolder(join(this.#home, 'releases'))
    rmSync(join(this.#home, 'incoming', String(release)), { recursive: true, force: true })
    return true
  }

  /** What is neither run nor gone back to, and what began to come of others than `wanted`. */
  clear({ good, trial }: UpdateState, wanted?: number): void {
    const keep = (name: string, ...releases: readonly (number | undefined)[]): boolean => releases.some((release) => name === String(release))
    for (const name of this.#names('releases'))
      if (!keep(name, good.release, trial?.release, wanted)) rmSync(join(this.#home, 'releases', name), { recursive: true })
    for (const name of this.#names('incoming')) if (!keep(name, wanted)) rmSync(join(this.#home, 'incoming', name), { recursive: true })
  }

  #names(folder: string): string[] {
    const path = join(this.#home, folder)
    return existsSync(path) ? readdirSync(path) : []
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) hash.update(part)
  return hash.digest('hex')
}

function copyDurably(from: string, to: string): void {
  const bytes = readFileSync(from)
  const file = openSync(to, 'w', 0o755)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncFolders(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) syncFolders(join(path, entry.name))
  syncFolder(path)
}
