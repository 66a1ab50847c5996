import { KEPT_DIGITS, type BankFolders } from '../../hub/bank/folders.ts'
import { utf8, utf8Text } from '#protocol/bytes.ts'

/** Files beside the hub's database, in memory: what lies where outlives the hub, and no backup takes it back. */
export type BankFiles = {
  readonly staged: Map<string, string>
  readonly toBank: Map<string, string>
  readonly fromBank: Map<string, Uint8Array>
  readonly archive: Map<string, Uint8Array>
  readonly quarantine: Map<string, string>
  readonly sent: Map<string, string>
}
export const noBankFiles = (): BankFiles => ({
  staged: new Map(),
  toBank: new Map(),
  fromBank: new Map(),
  archive: new Map(),
  quarantine: new Map(),
  sent: new Map(),
})

/** The same as `hub/bank/folders.ts` on a disk. `durable`: called around everything that becomes durable, where the power may go. */
export function foldersOver(files: BankFiles, durable: (act: () => void) => void): BankFolders {
  const arrived = (name: string): Uint8Array => files.fromBank.get(name) ?? utf8('')
  return {
    stage: (name, text) => durable(() => files.staged.set(name, text)),
    release: (name) =>
      durable(() => {
        const text = files.staged.get(name)
        if (text !== undefined) files.toBank.set(name, text)
        files.staged.delete(name)
      }),
    noteSent: (batch, text) => durable(() => files.sent.set(batch, text)),
    sent: () => [...files.sent.keys()],
    readSent: (batch) => files.sent.get(batch) ?? '',
    archived: () => [...files.archive.keys()].map((name) => name.slice(0, KEPT_DIGITS)),
    readAgain(beginnings) {
      for (const [name, bytes] of files.archive) {
        if (!beginnings.has(name.slice(0, KEPT_DIGITS))) continue
        files.fromBank.set(name, bytes)
        files.archive.delete(name)
      }
    },
    arrived: () => [...files.fromBank].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, bytes]) => ({ name, bytes })),
    archive: (name, digest) =>
      durable(() => {
        const prefix = `${digest.slice(0, KEPT_DIGITS)}-`
        files.archive.set(name.startsWith(prefix) ? name : prefix + name, arrived(name))
        files.fromBank.delete(name)
      }),
    quarantine: (name, _digest, reason) =>
      durable(() => {
        files.quarantine.set(name, `${reason}: ${utf8Text(arrived(name)).slice(0, 80)}`)
        files.fromBank.delete(name)
      }),
  }
}
