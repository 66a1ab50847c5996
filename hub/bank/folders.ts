import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '../durable-file.ts'

/**
 * How files are exchanged: folders that a file transfer empties and fills. `to-bank/` is for the bank; files of the bank are put into `from-bank/`, whole, by renaming
 * them there. What was read lies in `archive/`, what could not be read in `quarantine/` beside the reason; both under the beginning of its digest, so that nothing is
 * written over.
 */
export interface BankFolders {
  /** Durable when it returns. */
  stage(name: string, text: string): void
  /** Hands over what is staged; nothing where that was done before, so that a file goes out once whatever is killed between. */
  release(name: string): void
  /** In order of name. Undefined bytes: it is larger than `mostBytes` and was not read. */
  arrived(mostBytes: number): readonly { readonly name: string; readonly bytes: Uint8Array | undefined }[]
  archive(name: string, digest: string): void
  quarantine(name: string, digest: string, reason: string): void
}

export function bankFoldersIn(folder: string): BankFolders {
  const [staged, outgoing, incoming, archived, bad] = ['staged', 'to-bank', 'from-bank', 'archive', 'quarantine'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  for (const each of [staged, outgoing, incoming, archived, bad]) mkdirSync(each, { recursive: true, mode: 0o700 })
  const move = (from: string, to: string, name: string, as = name): void => {
    renameSync(join(from, name), join(to, as))
    syncFolder(from)
    syncFolder(to)
  }
  return {
    stage: (name, text) => writeDurably(join(staged, name), text, 0o600),
    release(name) {
      if (existsSync(join(staged, name))) move(staged, outgoing, name)
    },
    arrived: (mostBytes) =>
      readdirSync(incoming, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.xml'))
        .map(({ name }) => name)
        .toSorted()
        .map((name) => ({ name, bytes: statSync(join(incoming, name)).size > mostBytes ? undefined : readFileSync(join(incoming, name)) })),
    archive: (name, digest) => move(incoming, archived, name, `${digest.slice(0, 12)}-${name}`),
    quarantine(name, digest, reason) {
      const as = `${digest.slice(0, 12)}-${name}`
      writeDurably(join(bad, `${as}.reason.txt`), `${reason}\n`, 0o600)
      move(incoming, bad, name, as)
    },
  }
}
