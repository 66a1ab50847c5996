import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openAlipay } from './acquirers/alipay/settings.ts'
import { openCards } from './acquirers/settings.ts'
import type { CatalogueFile } from './catalogue/desk.ts'
import { NobodyEnrolled, openApi } from './api/server.ts'
import { secretKeptIn } from './api/v1/secret-file.ts'
import { apiSecrets } from './api/v1/secrets.ts'
import { demoPast } from './demo-past.ts'
import { adoptDemoModel } from './demo-risk.ts'
import { DEMO_CARD, DEMO_CUSTOMER, demoShop, demoWallet } from './demo-shop.ts'
import { encodeCard } from '#protocol/loyalty/card.ts'
import { createDemoWallets } from './demo-wallets.ts'
import { certificateAuthority } from './certificates.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { isEnrolledTill } from './enrolment.ts'
import { openBank } from './bank/open.ts'
import { demoTerms } from './merchants/terms.ts'
import { worthIn } from './exchange/rates.ts'
import { openExchange } from './exchange/settings.ts'
import { startFaces } from './faces/start.ts'
import { createHub } from './hub.ts'
import { openCopyFile } from './intake/copy.ts'
import { proofPool } from './intake/proof-pool.ts'
import { fileVault, hubKeys } from './keys.ts'
import { policyKeptIn } from './policy/keeping.ts'
import { riskKeptIn } from './risk/keeping.ts'
import { readEdge, watchEdge } from './edge-setup.ts'
import { LOOPBACK_NAMES, openEmbeddedCarrier } from './link/embedded.ts'
import { openExternalCarrier } from './link/external.ts'
import { outboxIn } from './receipts/outbox.ts'
import { subjectKeysIn } from './receipts/subject-keys.ts'
import { shopSchema, type Shop } from './shop.ts'
import { leaveCommandKey, removeCommandKey } from './sign-in/command-key.ts'
import { readStaff, staffKeptIn, withStaff } from './staff-file.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { createWalletDesk } from './wallets/desk.ts'
import { createLender } from './wallets/lender.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs } from '#protocol/time.ts'
import { isLoopback } from '#protocol/hub/messages.ts'
import { freshSeed, nodeCrypto } from '#protocol/node/crypto.ts'

const HELP = `node hub/main.ts --data DIR [--http-port N] [--mqtt-port N] [--host NAME]... [--no-tls] [--demo]

The hub: takes the journals of tills into custody and settles their payments.

  --data DIR      where everything is kept; made if it is not there. One hub at a time.
  --http-port N   console and enrolment, on this machine only (default 7400; 0 for any)
  --mqtt-port N   the broker inside the hub (default 7401; 0 for any)
  --host NAME     a host name or address by which tills reach the broker; several times for several, tills use the first.
                  With one that is not of this machine the broker listens on the network (default: this machine only)
  --websocket-url URL  where tills find MQTT over WebSocket, if not on this machine: a proxy's wss:// address
  --console-host NAME  a host name by which others reach console and API, over TLS; several times for several. Somebody has to have enrolled at the
                  console before (the hub prints the link), and --certificate and --certificate-key name its files (PEM)
  --certificate FILE, --certificate-key FILE
  --releases DIR  the feed of the till's program (npm run release): this hub hands it out at /updates/, and halts a release that fails. Default: DIR/releases
  --no-tls        the broker speaks plain MQTT, on this machine only: for tills that were enrolled before there was TLS
  --faces         lets people pay by face: starts the face service, which keeps what it keeps in DIR/faces
  --demo          serves an invented shop, unless there is DIR/shop.json, and gives play money to whoever asks.
                  Without it the shop is DIR/shop.json (see hub/shop.ts).
  --first-model   with --demo: where no risk model is yet, one is learned from invented payments, which takes a second or two

BROKER=mqtts://host (or mqtts://user:password@host) in the environment uses that broker and starts none.
Prints one line of JSON on stdout when it is ready; everything else goes to stderr.
`

const PAGES = resolve(import.meta.dirname, '../.build/pages/console')
const DEFAULT_HTTP_PORT = 7400
const DEFAULT_MQTT_PORT = 7401
/** Between mebibytes of the second copy that are verified behind everything else. */
const VERIFY_PAUSE: DurationMs = 20

const warn = (line: string): void => void process.stderr.write(`hub: ${line}\n`)

class Refusal extends Error {}

function parsed() {
  try {
    return parseArgs({
      options: {
        data: { type: 'string' },
        'http-port': { type: 'string', default: String(DEFAULT_HTTP_PORT) },
        'mqtt-port': { type: 'string', default: String(DEFAULT_MQTT_PORT) },
        host: { type: 'string', multiple: true, default: [] },
        'websocket-url': { type: 'string' },
        'console-host': { type: 'string', multiple: true, default: [] },
        certificate: { type: 'string' },
        'certificate-key': { type: 'string' },
        releases: { type: 'string' },
        'no-tls': { type: 'boolean', default: false },
        demo: { type: 'boolean', default: false },
        faces: { type: 'boolean', default: false },
        'first-model': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
  }
}

function readOptions() {
  const values = parsed()
  const port = (name: 'http-port' | 'mqtt-port'): number => {
    const number = Number(values[name])
    if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new Refusal(`--${name} is not a port: ${values[name]}`)
    return number
  }
  if (values['no-tls'] && values.host.length > 0) throw new Refusal('--no-tls is for this machine only: leave out --host')
  return { ...values, httpPort: port('http-port'), mqttPort: port('mqtt-port'), network: readNetwork(values) }
}

/** Console and API for others than this machine. */
function readNetwork({ 'console-host': hosts, certificate, 'certificate-key': key }: ReturnType<typeof parsed>) {
  if (hosts.length === 0) return undefined
  if (certificate === undefined || key === undefined)
    throw new Refusal('--console-host needs --certificate and --certificate-key: others are served over TLS only')
  try {
    return { hosts, certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  } catch (error) {
    throw new Refusal(`the certificate cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readShop(data: string, demo: boolean): Shop {
  const path = join(data, 'shop.json')
  if (demo && !existsSync(path)) return demoShop
  try {
    return shopSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new Refusal(`${path} is not a shop: ${error instanceof Error ? error.message : String(error)}\nStart with --demo for an invented one.`)
  }
}

/** What is imported is kept here, beside the shop that it belongs to. */
function catalogueFile(data: string): CatalogueFile {
  const path = join(data, 'catalogue.json')
  return { read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined), write: (text) => writeDurably(path, text, 0o600) }
}

function isBroker(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'mqtts:' || (protocol === 'mqtt:' && isLoopback(hostname))
}

function openStore(path: string) {
  const store = openSqliteStore(path)
  if (store.ok) return store.value
  const say = {
    'till.busy': `another hub is using ${path}; stop it, or start this one with another --data folder`,
    'till.journal_corrupt': `${path} is damaged (${store.detail ?? ''}); it was left as it is. Restore it from a backup: copy/entries.log fills in what the backup lacks`,
    'till.disk_full': `there is no room for ${path}: free some space on the disk`,
  }[store.code]
  throw new Refusal(say)
}

async function run(): Promise<void> {
  const options = readOptions()
  const { data, httpPort, mqttPort, demo, help } = options
  if (help) return void process.stdout.write(HELP)
  if (data === undefined) throw new Refusal(`--data is missing\n\n${HELP}`)
  mkdirSync(data, { recursive: true, mode: 0o700 })

  const [clock, timers, crypto] = [systemClock, systemTimers, nodeCrypto]
  const shop = withStaff(readShop(data, demo), readStaff(data))
  const store = openStore(join(data, 'hub.db'))
  const copy = await openCopyFile(join(data, 'copy', 'entries.log'), { warn, pause: () => new Promise((resolve) => void timers.after(VERIFY_PAUSE, resolve)) })
  const vault = fileVault(join(data, 'keys'), freshSeed)
  const keys = hubKeys(vault, clock)
  const authority = certificateAuthority(vault.root, crypto)
  const proofs = proofPool(keys)
  const broker = process.env['BROKER']
  if (broker && !isBroker(broker)) throw new Refusal('BROKER is not an address such as mqtts://user:password@host (mqtt:// only for this machine)')
  const hosts = options.host.length > 0 ? options.host : LOOPBACK_NAMES
  const tls = options['no-tls'] ? undefined : { authority, hosts }
  const embedded = broker ? undefined : await openEmbeddedCarrier({ port: mqttPort, tls, warn, isTill: (claim) => isEnrolledTill({ store, crypto }, claim) })
  const carrier = embedded ?? openExternalCarrier(broker ?? '', authority, warn)
  const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
  const edge = readEdge(data)
  const releases = options.releases ?? join(data, 'releases')
  const cards = openCards(data, { clock, timers, warn })
  const alipay = openAlipay(data, shop, { clock, timers, crypto })
  const hub = createHub({
    ...(edge && { edge }),
    clock,
    timers,
    crypto,
    store,
    copy,
    keys,
    carrier,
    shop,
    catalogueFile: catalogueFile(data),
    staffFile: staffKeptIn(data),
    policyKeeping: { ...policyKeptIn(data), inventedPast: demo ? demoPast : undefined },
    risk: { kept: riskKeptIn(data) },
    firstTerms: demo ? demoTerms(shop) : undefined,
    prove: proofs.prove,
    cards,
    alipay,
    exchange: openExchange(data, demo, clock.now()),
    sending: { subjects: subjectKeysIn(join(data, 'subjects')), outbox: outboxIn(join(data, 'outbox')) },
    releases,
    version,
    warn,
  })
  await hub.start()
  if (demo && options['first-model'] && hub.risk !== undefined) await adoptDemoModel(hub.risk.models)
  const stopWatching = watchEdge(data, hub)
  const forBank = { clock, crypto, store, merchant: shop.merchant.id, payouts: hub.settlement.payouts, changed: hub.changed, warn }
  const bank = await openBank(data, forBank, timers).catch((error: unknown) => {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  })
  const terms = shop.wallets ?? (demo ? demoWallet : undefined)
  const lender = terms && createLender({ clock, crypto, store, keys, terms, currency: shop.currency, silentSince: hub.silentSince })
  const demoWallets =
    demo && lender
      ? createDemoWallets({
          clock,
          crypto,
          store,
          lender,
          shop,
          fundsMinor: demoWallet.fundsMinor,
          worthOf: worthIn(shop.currency, hub.rates),
          changed: hub.changed,
        })
      : undefined
  const faces = options.faces ? startFaces({ folder: join(data, 'faces'), currency: shop.currency, timers, warn }) : undefined
  const wallets =
    lender &&
    createWalletDesk({
      clock,
      crypto,
      store,
      keys,
      shop,
      policy: hub.policy,
      lender,
      payByPhone: hub.payByPhone,
      quoteForPhone: hub.quoteForPhone,
      escrows: hub.escrows,
      faces,
      ...(demoWallets && { open: demoWallets.open }),
    })
  // For whoever tries the demo shop's points: a real shop prints its own.
  if (demo) writeDurably(join(data, DEMO_CARD), encodeCard(keys.signer('issuer'), { customer: DEMO_CUSTOMER, issuedAt: clock.now() }), 0o600)
  const secrets = apiSecrets(secretKeptIn(join(data, 'keys', 'api'), () => crypto.randomBytes(32)))
  const programs = { store, clock, crypto, timers, secrets, shopMerchant: shop.merchant.id, warn }
  const { network } = options
  const api = await openApi({
    hub,
    timers,
    port: httpPort,
    pages: PAGES,
    releases,
    demoWallets,
    wallets,
    programs,
    bank: { store, clock, desk: bank?.desk },
    commands: leaveCommandKey(data, crypto),
    network,
    warn,
  }).catch((error: unknown) => {
    throw error instanceof NobodyEnrolled
      ? new Refusal('nobody has enrolled at the console yet: start once without --console-host and open the link that is printed')
      : error
  })
  const invitation = demo ? undefined : await api.invitation()
  if (invitation !== undefined)
    warn(`nobody has enrolled, so the console is open to this machine. The first administrator enrols at ${api.url}/#invitation=${invitation}`)
  const isHere = hosts.every((host) => LOOPBACK_NAMES.includes(host))
  const webSocketUrl = options['websocket-url'] ?? (isHere ? `${api.url.replace(/^http/, 'ws')}/mqtt` : undefined)
  embedded?.serveWebSockets(api.server, webSocketUrl)

  // For who looks for a hub by its folder: see running-hub.ts.
  const addressFile = join(data, 'http-address')
  writeFileSync(addressFile, `${api.url}\n`, { mode: 0o600 })

  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    stopWatching()
    rmSync(addressFile, { force: true })
    removeCommandKey(data)
    await api.close()
    await bank?.stop()
    await hub.stop()
    await cards?.keyService.close()
    await faces?.close()
    await carrier.close()
    await proofs.close()
    await copy.close()
    await store.close()
    // Listening for its end keeps the channel, and with it this process, alive.
    if (process.connected) process.disconnect()
  }
  // `disconnect`: whoever started and watches this hub is gone.
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(end, () => void stop())
  process.stdout.write(`${JSON.stringify({ ready: true, http: api.url, mqtt: carrier.url })}\n`)
}

run().catch((error: unknown) => {
  warn(error instanceof Refusal ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
  // A hub that could not start has nothing to finish; workers and sockets that it opened must not keep it alive.
  process.exit()
})
