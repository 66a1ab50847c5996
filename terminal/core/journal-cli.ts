import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { errors } from '#protocol/errors.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { identityOf, readIdentity } from './identity.ts'
import { exportJournal, verifyJournal } from './journal-tools.ts'
import type { TillIdentity } from './ports.ts'
import { openSqliteReader, type JournalReader } from './store-sqlite.ts'
import { StoreError } from './store.ts'

const HELP = `npm run journal -- COMMAND --data DIR

A till's journal, from beside the till: it may be running or stopped.

  verify --data DIR              checks every entry and the till's signed checkpoint; exits 1 and says where if something does not hold
  export --data DIR [--to DIR]   writes everything that is not safe at the hub into a file sealed to the hub's key (default: DIR/exports)
  backup FILE --data DIR         copies the journal, as it is at one moment, into FILE, which must not be there yet. A till that is started on
                                 such a copy goes on under a new epoch as soon as its hub answers
  import FILE --data HUB-DIR     at the hub: takes an export into custody. HUB-DIR is the folder of a stopped hub; of a running one give
  import FILE --hub URL          its address, such as http://127.0.0.1:7400

  --json   prints one line of JSON instead of sentences
`

class Refusal extends Error {}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

type Args = { readonly data: string; readonly json: boolean; readonly to: string | undefined; readonly file: string | undefined }

function openTill({ data }: Args): { identity: TillIdentity; journal: JournalReader } {
  const path = join(data, 'journal.sqlite')
  const file = readIdentity(data)
  if (file === undefined || !existsSync(path)) throw new Refusal(`${data} is not the folder of an enrolled till`)
  return { identity: identityOf(file), journal: openSqliteReader(path) }
}

function verifyCommand(args: Args): number {
  const { identity, journal } = openTill(args)
  const report = verifyJournal(identity, journal)
  journal.close()
  const sound = report.damaged === undefined && report.checkpoint !== 'foreign'
  if (args.json) say(JSON.stringify({ sound, ...report }))
  else {
    const { good, damaged } = report
    say(`${report.entries} entries hold, up to ${good.epoch}/${good.n}.`)
    if (damaged !== undefined) say(`Entry ${damaged.epoch}/${damaged.n} does not follow from the one before: the journal is damaged there.`)
    const about = {
      none: 'There is no checkpoint yet.',
      good: 'The checkpoint is this till’s.',
      foreign: 'The checkpoint is not this till’s, or not of this journal.',
    }
    say(about[report.checkpoint])
  }
  return sound ? 0 : 1
}

async function exportCommand(args: Args): Promise<number> {
  const { identity, journal } = openTill(args)
  const made = await exportJournal(identity, journal, resolve(args.to ?? join(args.data, 'exports')), systemClock.now())
  journal.close()
  if (args.json) say(JSON.stringify(made))
  else if (made.ok) say(`${made.value.entries} entries are in ${made.value.file}`)
  else throw new Refusal(`${errors[made.code].say} ${errors[made.code].next} ${made.detail ?? ''}`)
  return made.ok ? 0 : 1
}

function backupCommand(args: Args): number {
  if (args.file === undefined) throw new Refusal('backup needs the name of a file')
  if (existsSync(args.file)) throw new Refusal(`${args.file} is there already`)
  const { journal } = openTill(args)
  journal.backup(resolve(args.file))
  const head = journal.head()
  journal.close()
  say(args.json ? JSON.stringify({ file: args.file }) : `The journal, up to about ${head?.epoch}/${head?.n}, is in ${args.file}`)
  return 0
}

/** Importing is the hub's: its program takes the same arguments. */
function importCommand(): number {
  const program = join(import.meta.dirname, '../../hub/journal-cli.ts')
  if (!existsSync(program)) throw new Refusal('import is done at the hub')
  return spawnSync(process.execPath, [program, ...process.argv.slice(3)], { stdio: 'inherit' }).status ?? 1
}

async function main(): Promise<number> {
  const [command] = process.argv.slice(2)
  if (command === 'import') return importCommand()
  const options = {
    data: { type: 'string' },
    to: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return (say(HELP), 0)
  const { data, json, to } = values
  const known = ['verify', 'export', 'backup'].includes(command ?? '')
  if (!known || data === undefined) throw new Refusal(`${known ? '--data is missing' : 'which command?'}\n\n${HELP}`)
  const args: Args = { data, json, to, file: positionals[1] }
  if (command === 'verify') return verifyCommand(args)
  return command === 'export' ? exportCommand(args) : backupCommand(args)
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof StoreError) process.stderr.write(`${errors[error.code].say} ${errors[error.code].next} (${error.message})\n`)
  else if (error instanceof Refusal || error instanceof Error) process.stderr.write(`${error.message}\n`)
  else throw error
  return error instanceof Refusal ? 2 : 1
})
