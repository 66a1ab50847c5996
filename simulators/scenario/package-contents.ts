import { openSync, readFileSync, readSync, closeSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'

type Entry = { readonly files?: Readonly<Record<string, Entry>> | undefined; readonly unpacked?: boolean | undefined }
const entry: z.ZodType<Entry> = z.lazy(() => z.object({ files: z.record(z.string(), entry).optional(), unpacked: z.boolean().optional() }))

export type PackagedFile = { readonly path: string; readonly unpacked: boolean }

/** The files of an asar archive: a Pickle of a Pickle of a JSON header, each with its length in front; the header's own length is the fourth word. */
export function listArchive(archive: string): readonly PackagedFile[] {
  const file = openSync(archive, 'r')
  const words = Buffer.alloc(16)
  readSync(file, words)
  const header = Buffer.alloc(words.readUInt32LE(12))
  readSync(file, header)
  closeSync(file)
  const list = ({ files = {} }: Entry, folder: string): PackagedFile[] =>
    Object.entries(files).flatMap(([name, below]) =>
      below.files === undefined ? [{ path: join(folder, name), unpacked: below.unpacked === true }] : list(below, join(folder, name)),
    )
  return list(entry.parse(JSON.parse(header.toString('utf8'))), '')
}

/** What the till's program runs in a Node of its own, workers too. */
export const PROGRAMS = [
  'terminal/core/main.ts',
  'terminal/core/journal-cli.ts',
  'terminal/store-edge/main.ts',
  'terminal/updates/main.ts',
  'firmware-bridge/main.ts',
  'firmware-bridge/cli/main.ts',
  'firmware-bridge/camera/decode-worker.ts',
]

export type Imports = { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> }

const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^'"]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

/** Everything that the programs at `entries` import when they run, directly or not: own files as paths from `root`, and the names of packages. */
export function importsOf(root: string, entries: readonly string[]): Imports {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const [, named, dynamic] of readFileSync(join(root, path), 'utf8').matchAll(STATEMENT)) {
      const specifier = named ?? dynamic ?? ''
      if (specifier.startsWith('#protocol/')) visit(specifier.slice(1))
      else if (specifier.startsWith('.')) visit(relative(root, join(root, dirname(path), specifier)))
      else if (!specifier.startsWith('node:')) packages.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  for (const path of entries) visit(path)
  return { files, packages }
}

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ dependencies: z.record(z.string(), z.string()).optional(), optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
})

/** The folders that npm's lockfile gives these packages and all they depend on, found as Node finds them: from the inner node_modules outwards. */
export function foldersOf(root: string, names: Iterable<string>): ReadonlySet<string> {
  const { packages } = lockfile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  const found = new Set<string>()
  const visit = (name: string, from: string): void => {
    const folder = `${from === '' ? '' : `${from}/`}node_modules/${name}`
    const locked = packages[folder]
    if (locked === undefined) {
      // An optional dependency of another platform is locked nowhere.
      if (from !== '') visit(name, from.includes('/node_modules/') ? from.slice(0, from.lastIndexOf('/node_modules/')) : '')
      return
    }
    if (found.has(folder)) return
    found.add(folder)
    for (const dependency of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) visit(dependency, folder)
  }
  for (const name of names) visit(name, '')
  return found
}
