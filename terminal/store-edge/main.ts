import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { packed } from '#protocol/hub/messages.ts'
import { edgeSetup, type EdgeSetup } from '#protocol/lanes/edge-setup.ts'
import { nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'
import { announce } from './announcing.ts'
import { openEdgeBroker } from './broker.ts'
import { Members, type Documents } from './members.ts'

const HELP = `A store's edge: carries what its tills tell each other, over the store's own network. One machine of a store runs it; tills sell on without it.

  node terminal/store-edge/main.ts --data DIR

  --data DIR   holds edge.json, which the hub makes: node hub/edge-cli.ts --help

Prints one line of JSON when ready: {"ready":true,"port":7430}
`

const log = (line: string): void => void process.stderr.write(`store-edge: ${line}\n`)
const { values } = parseArgs({ options: { data: { type: 'string' }, help: { type: 'boolean', default: false } } })
if (values.help || values.data === undefined) {
  process.stderr.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const data = values.data
const documentFile = (kind: keyof Documents): string => join(data, `${kind}.signed`)

function readSetup(): EdgeSetup {
  try {
    return edgeSetup.parse(JSON.parse(readFileSync(join(data, 'edge.json'), 'utf8')))
  } catch (error) {
    log(`${join(data, 'edge.json')} is not what the hub makes for an edge: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}

/** Losing them would only mean to wait for the next till: they are signed, and every till brings them. */
function keep(documents: Documents): void {
  for (const kind of ['keys', 'lanes'] as const) {
    const bytes = documents[kind]
    if (bytes === undefined) continue
    writeFileSync(`${documentFile(kind)}.new`, bytes, { mode: 0o600 })
    renameSync(`${documentFile(kind)}.new`, documentFile(kind))
  }
}

function takeKept(members: Members): void {
  for (const kind of ['keys', 'lanes'] as const) {
    try {
      members.take(kind, readFileSync(documentFile(kind)))
    } catch {
      // None was kept yet.
    }
  }
}

const pem = (der: string): string => certificatePem(unbase64url(der) ?? new Uint8Array(0))

const setup = readSetup()
const seed = unhex(setup.seed) ?? new Uint8Array(0)
const members = new Members(nodeCrypto, packed.key(setup.rootPublicKey) ?? new Uint8Array(0), keep)
takeKept(members)
const isHere = setup.host === 'localhost' || setup.host === '::1' || setup.host.startsWith('127.')
const listenOn = isHere ? '127.0.0.1' : isIP(setup.host) === 6 ? '::' : '0.0.0.0'
const identity = { key: privateKeyPem(seed), cert: pem(setup.certificate), ca: pem(setup.authority) }
const broker = await openEdgeBroker(identity, { host: listenOn, port: setup.port }, members, log)
const silence = setup.mdns ? announce(broker.port, hex(signerFromSeed(seed).keyId), log) : () => undefined

const stop = (): void => {
  silence()
  void broker.close().then(() => process.exit(0))
}
for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(end, stop)
process.stdout.write(`${JSON.stringify({ ready: true, port: broker.port })}\n`)
