import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'

/**
 * How files are exchanged: folders that a file transfer empties and fills. `to-bank/` is for the bank; files of the bank are put into `from-bank/`, whole, by renaming
 * them there. What was read lies in `archive/`, what could not be read in `quarantine/` beside the reason; both under the beginning of its digest, so that nothing is
 * written over. `sent/` has what every file took along, one for each, so that a hub which is put back to a backup learns what has left since: it is kept, and it
 * is not put back with the backup.
 */
export interface BankFolders {
  /** Durable when it returns. */
  stage(name: string, text: string): void
  /** Hands over what is staged; nothing where that was done before, so that a file goes out once whatever is killed between. */
  release(name: string): void
  /** What a file takes along, under the name of its batch. Durable when it returns, which is before the file is handed over. */
  noteSent(batch: string, text: string): void
  /** The names of all batches of which something is noted. */
  sent(): readonly string[]
  readSent(batch: string): string
  /** The beginnings (`KEPT_DIGITS`) of the digests of everything that was read. */
  archived(): readonly string[]
  /** What was read before under these beginnings lies there to be read again: after the hub was put back to a backup, which knows nothing of it. */
  readAgain(beginnings: ReadonlySet<string>): void
  /** In order of name. Undefined bytes: it is larger than `mostBytes` and was not read. */
  arrived(mostBytes: number): readonly { readonly name: string; readonly bytes: Uint8Array | undefined }[]
  archive(name: string, digest: string): void
  quarantine(name: string, digest: string, reason: string): void
}

export function bankFoldersIn(folder: string): BankFolders {
  const [staged, outgoing, incoming] = [join(folder, 'staged'), join(folder, 'to-bank'), join(folder, 'from-bank')]
  const [archived, bad, sent] = [join(folder, 'archive'), join(folder, 'quarantine'), join(folder, 'sent')]
  for (const each of [staged, outgoing, incoming, archived, bad, sent]) mkdirSync(each, { recursive: true, mode: 0o700 })
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
    noteSent: (batch, text) => writeDurably(join(sent, `${batch}.json`), text, 0o600),
    sent: () =>
      readdirSync(sent)
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length)),
    readSent: (batch) => readFileSync(join(sent, `${batch}.json`), 'utf8'),
    archived: () => readdirSync(archived).map(beginningOf),
    readAgain(beginnings) {
      for (const name of readdirSync(archived)) if (beginnings.has(beginningOf(name))) move(archived, incoming, name)
    },
    arrived: (mostBytes) =>
      readdirSync(incoming, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.xml'))
        .map(({ name }) => name)
        .toSorted()
        .map((name) => ({ name, bytes: statSync(join(incoming, name)).size > mostBytes ? undefined : readFileSync(join(incoming, name)) })),
    archive: (name, digest) => move(incoming, archived, name, keptAs(name, digest)),
    quarantine(name, digest, reason) {
      const as = keptAs(name, digest)
      writeDurably(join(bad, `${as}.reason.txt`), `${reason}\n`, 0o600)
      move(incoming, bad, name, as)
    },
  }
}

/** Of a digest in hex, as it stands before a kept file's name. */
export const KEPT_DIGITS = 12
const beginningOf = (kept: string): string => kept.slice(0, KEPT_DIGITS)

/** Short enough for every file system, whatever a bank calls its files, and the same for what was kept before. */
function keptAs(name: string, digest: string): string {
  const prefix = `${beginningOf(digest)}-`
  return name.startsWith(prefix) ? name : prefix + name.replaceAll(/[^\w.-]/g, '_').slice(-100)
}
