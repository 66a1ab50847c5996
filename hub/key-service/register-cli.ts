import { resolve, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { injectionSchema, leaveKey } from './safe.ts'
import { KEY_SERVICE_FOLDER } from '../acquirers/settings.ts'

const HELP = `node hub/key-service/register-cli.ts --data DIR --ksn HEX --scheme SCHEME < FILE

Tells the hub's key service the key that was put into a card reader, so that it can open what that reader encrypts.

  --data DIR       the hub's folder
  --ksn HEX        the reader's first key serial number: 20 hex digits for TDES, 24 for AES
  --scheme SCHEME  tdes-dukpt-pin, tdes-dukpt-data or aes-dukpt-data: how the reader encrypts tracks

The initial key is read from standard input, 32 hex digits: never from the command line, which others can see. It is that of this one reader and not the
base key of its batch. The key service takes it when it meets the reader first and deletes the file that it was left in.
`

async function run(): Promise<number> {
  const { data, ksn, scheme, help } = parseArgs({
    options: { data: { type: 'string' }, ksn: { type: 'string' }, scheme: { type: 'string' }, help: { type: 'boolean', default: false } },
  }).values
  if (help || data === undefined) {
    process.stdout.write(HELP)
    return help ? 0 : 1
  }
  const key = (await text(process.stdin)).trim().toLowerCase()
  const read = injectionSchema.safeParse({ scheme, ksn: ksn?.toLowerCase(), initialKey: key })
  if (!read.success) {
    process.stderr.write(`That cannot be right: ${read.error.issues.map(({ path }) => path.join('.')).join(', ')}\n\n${HELP}`)
    return 1
  }
  leaveKey(join(resolve(data), KEY_SERVICE_FOLDER), read.data)
  process.stdout.write(`The key of reader ${read.data.ksn} is left for the key service.\n`)
  return 0
}

process.exitCode = await run()
