import { readCamt053, type Statement } from './camt053.ts'
import { readPain002 } from './pain002.ts'
import { freshId, type BankPorts } from './ports.ts'
import { applyReport } from './reports.ts'
import { bodyOf, fileDocument, incidentDocument, logDocument, rowOf, type FileRow, type IncidentRow, type LogRow } from './rows.ts'
import type { Statements } from './statements.ts'
import { MAX_BYTES, readMessage } from './xml.ts'
import type { DocumentRow } from '../store/documents.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'

type BadFile = 'bank.malformed' | 'bank.conflict' | 'bank.sums' | 'bank.other_account'
/** What to store about a file that was read: its name and contents, a line in the log, and what a person has to look at. */
type Read = { readonly outcome: 'read' | 'again'; readonly detail: string }

/**
 * Files of the bank, each once however often it comes. What a file does is idempotent or stored together with the fact that it was read, and it leaves the folder only then:
 * a hub that is killed in the middle reads it again and finds what it has done.
 */
export function createIncoming(ports: BankPorts, statements: Statements) {
  const { clock, crypto, store, folders, schemas, warn } = ports
  const digest = (bytes: Uint8Array): string => hex(crypto.sha256(bytes))
  const logRow = (name: string, outcome: LogRow['outcome'], detail: string): DocumentRow =>
    rowOf(logDocument(freshId(ports)), 0, undefined, { at: clock.now(), way: 'in', name, outcome, detail } satisfies LogRow)

  async function keep(documents: readonly DocumentRow[]): Promise<void> {
    const committed = await store.commit({ documents })
    invariant(committed === 'done', `files are read by one alone, and the disk has room (${committed})`)
  }

  /** Once for each thing that is said. */
  async function incidents(said: readonly Pick<IncidentRow, 'code' | 'detail'>[]): Promise<readonly DocumentRow[]> {
    const rows = said.map(({ code, detail }) => {
      const incident: IncidentRow = { at: clock.now(), code, detail: detail.slice(0, 400), notes: [] }
      return rowOf(incidentDocument(digest(utf8(`${code} ${detail}`))), 0, incident.at, incident)
    })
    const known = new Set(
      (
        await store.get(
          'documents',
          rows.map(({ id }) => id),
        )
      ).map(({ id }) => id),
    )
    return rows.filter(({ id }, place) => !known.has(id) && rows.findIndex((other) => other.id === id) === place)
  }

  async function read(name: string, bytes: Uint8Array, content: string): Promise<Outcome<Read, BadFile>> {
    const message = readMessage(bytes, schemas)
    if (!message.ok) return message
    const file = (messageId: string): string => fileDocument(digest(utf8(`${message.value.message} ${messageId}`)))
    const seen = async (messageId: string): Promise<Outcome<boolean, BadFile>> => {
      const [known] = await store.get('documents', [file(messageId)])
      if (known === undefined) return ok(false)
      return bodyOf<FileRow>(known).content === content ? ok(true) : fail('bank.conflict', `${messageId} came before with other contents`)
    }
    const fileRow = (messageId: string): DocumentRow => rowOf(file(messageId), 0, undefined, { content } satisfies FileRow)
    if (message.value.message === 'pain.002.001.11') {
      const report = readPain002(message.value.root)
      if (!report.ok) return report
      const again = await seen(report.value.messageId)
      if (!again.ok) return again
      if (again.value) return ok({ outcome: 'again', detail: report.value.messageId })
      const said = await incidents(await applyReport(ports, report.value))
      await keep([fileRow(report.value.messageId), ...said, logRow(name, 'read', `${report.value.messageId}: ${said.length} to look at`)])
      return ok({ outcome: 'read', detail: '' })
    }
    if (message.value.message !== 'camt.053.001.08') return fail('bank.malformed', 'banks do not send this message')
    const camt = readCamt053(message.value.root)
    if (!camt.ok) return camt
    const again = await seen(camt.value.messageId)
    if (!again.ok) return again
    if (again.value) return ok({ outcome: 'again', detail: camt.value.messageId })
    return await takeStatements(name, camt.value.statements, fileRow(camt.value.messageId))
  }

  async function takeStatements(name: string, all: readonly Statement[], fileRow: DocumentRow): Promise<Outcome<Read, BadFile>> {
    const fresh: Statement[] = []
    for (const statement of all) {
      const checked = await statements.check(statement)
      if (!checked.ok) return checked
      if (checked.value === 'new') fresh.push(statement)
    }
    const detail = `${fresh.length} of ${all.length} statements new`
    const last = fresh.at(-1)
    for (const statement of fresh) await statements.take(statement, statement === last ? [fileRow, logRow(name, 'read', detail)] : [])
    if (last === undefined) await keep([fileRow, logRow(name, 'again', detail)])
    return ok({ outcome: 'read', detail })
  }

  async function one(name: string, bytes: Uint8Array | undefined): Promise<void> {
    const content = bytes === undefined ? digest(utf8(name)) : digest(bytes)
    const done = bytes === undefined ? fail('bank.malformed' as const, `it has more than ${MAX_BYTES} bytes`) : await read(name, bytes, content)
    if (done.ok) {
      if (done.value.outcome === 'again') await keep([logRow(name, 'again', done.value.detail)])
      return folders.archive(name, content)
    }
    const reason = `${done.code}: ${done.detail ?? ''}`
    warn(`bank: ${name} is put into quarantine: ${reason}`)
    await keep([...(await incidents([{ code: done.code, detail: `${name}: ${done.detail ?? ''}` }])), logRow(name, 'quarantined', reason.slice(0, 400))])
    folders.quarantine(name, content, reason)
  }

  return {
    /** Reads everything that lies there; answers how many files. */
    async read(): Promise<number> {
      const files = folders.arrived(MAX_BYTES)
      const inOrder = files.length < 2 ? files : files.map((file) => ({ ...file, number: numberIn(file.bytes) })).toSorted((a, b) => a.number - b.number)
      for (const { name, bytes } of inOrder) await one(name, bytes)
      return files.length
    },
  }
}

/**
 * The number of its first statement; 0 of what has none, which comes first. Whatever files are called, what lies there at once is read in the order of the bank: to a
 * hub that knows no statement yet, or was put back to a backup from before the first, any may be the first, and what came before it would be refused for ever.
 */
function numberIn(bytes: Uint8Array | undefined): number {
  const message = bytes === undefined ? undefined : readMessage(bytes, new Map())
  if (message?.ok !== true || message.value.message !== 'camt.053.001.08') return 0
  const camt = readCamt053(message.value.root)
  return camt.ok ? (camt.value.statements[0]?.sequence ?? 0) : 0
}
