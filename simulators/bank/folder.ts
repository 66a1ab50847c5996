import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createBank, newBank, type Bank, type BankMemory, type Sent } from './books.ts'

/**
 * A bank that is spoken to through two folders, as by a file transfer: it takes payment files out of `to-bank` and puts answers and statements into `from-bank`, each
 * whole under its name. What it remembers is in a file beside them; what it is about to send is written there first, so that a bank which is stopped sends it later.
 */
export function openBankFolder(folder: string, account: { readonly iban: string; readonly currency: string; readonly openingMinor: bigint }, now: () => Date) {
  const [incoming, outgoing, done, file] = [join(folder, 'to-bank'), join(folder, 'from-bank'), join(folder, 'bank-archive'), join(folder, 'bank-memory.json')]
  for (const each of [incoming, outgoing, done]) mkdirSync(each, { recursive: true })
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { memory: BankMemory; sending: Sent[] }) : undefined
  const memory = kept?.memory ?? newBank(account.iban, account.currency, account.openingMinor)
  const bank = createBank(memory, now)

  function send(messages: readonly Sent[]): void {
    put(file, JSON.stringify({ memory, sending: messages }))
    for (const { name, text } of messages) put(join(outgoing, name), text)
    put(file, JSON.stringify({ memory, sending: [] }))
  }
  send(kept?.sending ?? [])

  return {
    memory,
    /** Takes what lies there, in order of name. */
    work(): number {
      const files = readdirSync(incoming)
        .filter((name) => name.endsWith('.xml'))
        .toSorted()
      for (const name of files) {
        // Stopped between its answer and the archive, it has done with the file; one that it archived before came again.
        const again = memory.files.includes(name) && !existsSync(join(done, name))
        memory.files.push(name)
        if (!again) send(bank.take(readFileSync(join(incoming, name))))
        renameSync(join(incoming, name), join(done, name))
      }
      return files.length
    },
    act: (act: (bank: Bank) => Sent[] | void): void => send(act(bank) ?? []),
  }
}
export type BankFolder = ReturnType<typeof openBankFolder>

function put(path: string, text: string): void {
  const unfinished = openSync(`${path}.part`, 'w')
  writeFileSync(unfinished, text)
  fsyncSync(unfinished)
  closeSync(unfinished)
  renameSync(`${path}.part`, path)
}
