import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openCopyFile } from './intake/copy.ts'
import { createCustody } from './intake/custody.ts'
import { reconcileCopy } from './intake/second-copy.ts'
import { importJournal, offerTo, type Imported } from './journal-import.ts'
import { fileVault, hubKeys } from './keys.ts'
import { HOW_TO_BE_LET_IN, hubAt } from './running-hub.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { errors } from '#protocol/errors.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto } from '#protocol/node/crypto.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'

const HELP = `npm run journal -- import FILE (--data HUB-DIR | --hub URL) [--json]

Takes a till's journal export into custody. Nothing more is taken of a till that was revoked: import first, then revoke.

  --data HUB-DIR   the folder of a hub that is not running
  --hub URL        a running hub on this machine, such as http://127.0.0.1:7400; where people sign in, STILLPOINT_COMMAND_KEY in the environment has
                   what the file command-key in its folder says
`

class Refusal extends Error {}
const warn = (line: string): void => void process.stderr.write(`hub: ${line}\n`)

/** Custody alone: what the entries mean is settled when the hub starts. */
async function importIntoFolder(data: string, file: string): Promise<Outcome<Imported>> {
  const path = join(data, 'hub.db')
  if (!existsSync(path)) throw new Refusal(`${data} is not the folder of a hub`)
  const store = openSqliteStore(path)
  if (!store.ok) return store
  const ports = { clock: systemClock, crypto: nodeCrypto, store: store.value, warn }
  const copy = await openCopyFile(join(data, 'copy', 'entries.log'), { warn, pause: () => Promise.resolve() })
  const keys = hubKeys(fileVault(join(data, 'keys'), freshSeed), systemClock)
  await reconcileCopy({ ...ports, copy })
  const custody = createCustody({
    ...ports,
    copy,
    ackSigner: () => keys.signer('ack'),
    sendAck: () => {},
    stored: () => {},
    repeated: () => {},
    rekeyed: () => {},
  })
  const imported = await importJournal({ keys, offer: offerTo(custody, store.value) }, createReadStream(file))
  await custody.stop()
  await copy.close()
  await store.value.close()
  return imported
}

async function importIntoHub(hub: string, file: string): Promise<Outcome<Imported>> {
  const { size } = await stat(file)
  const { url, headers } = hubAt(hub)
  const sent = request(new URL('/api/import', url), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': size },
  })
  const answered = new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
  })
  // A hub that has seen enough answers before everything is sent; its answer says more than the broken pipe.
  await Promise.all([pipeline(createReadStream(file), sent).catch(() => undefined), answered])
  const { status, text } = await answered
  if (status === 401) throw new Refusal(HOW_TO_BE_LET_IN)
  const body = JSON.parse(text) as Imported & { code?: keyof typeof errors; detail?: string }
  return status === 200 ? { ok: true, value: body } : fail(body.code ?? 'journal.malformed', body.detail)
}

async function main(): Promise<number> {
  const options = {
    data: { type: 'string' },
    hub: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return (process.stdout.write(HELP), 0)
  const [file] = positionals
  const { data, hub, json } = values
  if (file === undefined || (data === undefined) === (hub === undefined)) throw new Refusal(HELP)
  if (!existsSync(file)) throw new Refusal(`there is no file ${file}`)
  const imported = hub === undefined ? await importIntoFolder(data ?? '', file) : await importIntoHub(hub, file)
  if (json) process.stdout.write(`${JSON.stringify(imported)}\n`)
  else if (!imported.ok) process.stderr.write(`${errors[imported.code].say} ${errors[imported.code].next} ${imported.detail ?? ''}\n`)
  else {
    const { till, entries, stands, complete } = imported.value
    const where = stands === undefined ? 'nothing of it is in custody' : `its journal is in custody up to ${stands.epoch}/${stands.n}`
    process.stdout.write(
      `${entries} entries of till ${till} were read; ${where}.${complete ? '' : ' Not everything could be taken: see the exceptions in the console.'}\n`,
    )
  }
  return imported.ok && imported.value.complete ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof Refusal ? 2 : 1
})
