import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions, readWhole } from '../measure/options.ts'
import { DEMO_CARD } from '../../hub/demo-shop.ts'
import { chooseCurrency, demoCurrencies } from './alipay.ts'
import { buildPages } from './pages.ts'
import { inventPeople, peopleOf } from './people.ts'
import { startShop, ROOT, type Shop } from './shop.ts'
import { findElectron } from './window.ts'

const HELP = `The whole demo shop: hub, one till, its bridge, simulated hardware.

  npm start -- [--data DIR] [--port N] [--tills N] [--currency EUR|CNY] [--kiosk] [--updates] [--browser] [--verbose]

  --data DIR   where everything is kept (default .data/demo). Another DIR is another shop; several run side by side.
  --port N     first of the ports: till N, bench N+10, hub N+20, edge N+30 (default 7410). A busy one gives way to another.
  --tills N    so many lanes, 1 to 9 (default 1): each has its counter, its bench and its ports behind the first's; an edge connects them.
  --currency C EUR (default) or CNY, when the shop opens for the first time. In CNY it takes Alipay's codes as well, from a simulated gateway.
  --kiosk      the first till is a self-checkout: shoppers scan, weigh and pay alone. In a window it fills the display: Ctrl-C here closes it.
  --updates    tills run through their launchers and take what is published for them: npm run release -- --data DIR/hub --from FOLDER --release 1 --version 1.0.0
  --browser    no window, even where Electron can run: the till is in the browser.
  --verbose    the log of every process.
`

const { values } = readOptions({
  options: {
    data: { type: 'string', default: '.data/demo' },
    port: { type: 'string', default: '7410' },
    tills: { type: 'string', default: '1' },
    currency: { type: 'string' },
    kiosk: { type: 'boolean', default: false },
    updates: { type: 'boolean', default: false },
    browser: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

/** The simulated gateway goes by the last two digits. */
const ALIPAY_HINT = 'scan 28 and 14 digits more, each code once: it pays; ends in 02: no money; in 03: too old; in 01: nobody types the password'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const log = (line: string): void => {
  // What the processes say is for an engineer; the person who starts a shop hears of busy ports and of what went wrong.
  if (values.verbose || line.startsWith('Port ') || line.startsWith('Fetching')) say(line)
}

const first = readWhole('--port', values.port, 1, 65_000)
const tills = readWhole('--tills', values.tills, 1, 9)
const currency = demoCurrencies.find((one) => one === values.currency)

let shop: Shop | undefined
let stopping = false
/** Closes everything, once; the window's end, which is part of it, calls this again. */
const stop = async (code: number): Promise<void> => {
  if (stopping) return
  stopping = true
  if (shop !== undefined) {
    say('\nClosing the shop…')
    await shop.stop()
    say('Closed. Everything is kept for the next start.')
  }
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1)
    void stop(0)
  })
}

/** People are invented together with the shop: one that somebody has used before stays as it is. */
const hubData = join(values.data, 'hub')
const isNew = !existsSync(values.data)
const refused =
  values.currency !== undefined && currency === undefined
    ? `--currency is one of ${demoCurrencies.join(', ')}, not ${values.currency}`
    : currency && chooseCurrency(hubData, currency)
if (refused !== undefined) {
  process.stderr.write(`${refused}\n`)
  process.exit(1)
}
if (isNew) inventPeople(hubData)

try {
  await buildPages({ log: say })
  const window = values.browser ? { reason: '--browser was given' } : await findElectron(ROOT, say)
  shop = await startShop({
    data: values.data,
    kiosk: values.kiosk,
    updates: values.updates,
    ports: { till: first, bench: first + 10, hub: first + 20 },
    tills,
    firstModel: true,
    log,
    ...('electron' in window ? { electron: window.electron, onWindowClosed: () => void stop(0) } : {}),
  })
  say(`
The shop is open.

  Till           ${shop.till.address ?? ''}
  Customer       ${readFileSync(join(values.data, 'till', 'customer-address'), 'utf8')}   (the display on the other side of the counter)
  Bench          ${shop.bench}   (scan, weigh, swipe, print, pull the cable, cut the power)
${shop.lanes
  .slice(1)
  .map(({ name, till, bench }) => `  ${name.padEnd(13)}  ${till.address ?? ''}\n  its bench      ${bench}\n`)
  .join('')}  Hub console    ${shop.hub.http}/
  Customer card  ${readFileSync(join(hubData, DEMO_CARD), 'utf8')}   (for points: as a code for a scanner)
${shop.alipay === undefined ? '' : `  Alipay         ${ALIPAY_HINT}\n`}  USB devices    their HID reports come over TCP here; to the bridge’s drivers it is all the same
${peopleOf(hubData)
  .map(({ name, role, pin }) => `  Signs in       ${name} (${role}) with PIN ${pin}\n`)
  .join('')}
${shop.hasWindow ? 'The till’s window is open as well.' : `The till is in the browser: ${'reason' in window ? window.reason : 'Electron could not open a window'}.`}
Ctrl-C closes the shop.`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  await stop(1)
}
