import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { View } from '#protocol/till-api/api.ts'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { readOptions } from '../measure/options.ts'
import { printReport } from '../measure/report.ts'
import { payWith, scanProduct, takePayment, untilHub, type Approved } from './cashier.ts'
import { newCustomer, type Customer } from './customer.ts'

const HELP = `Starts a whole shop with simulated hardware on free ports, sells online, with the network cable pulled, and across a kill -9 of the
till's core, and recounts at the hub. The first thing to run on a new machine.

  npm run smoke [-- --json] [--verbose]
`
const { values } = readOptions({
  options: { json: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const started = performance.now()
const data = mkdtempSync(join(tmpdir(), 'smoke-'))
const approved: Approved[] = []
let shop: Shop | undefined

/** One piece, paid by a code that a phone shows. What counts is what the cashier saw. */
async function sell(at: Shop, customer: Customer): Promise<void> {
  await scanProduct(at, at.till.products[approved.length % at.till.products.length]?.gtin ?? '')
  await takePayment(at)
  const payment = await payWith(at, await customer.show())
  approved.push(payment)
  say(`  approved ${payment.amountMinor} by ${payment.decidedBy}`)
}

/** What it sells with; the counter's other devices may take their time. */
const devicesReady = ({ devices }: View): boolean =>
  ['scanner-1', 'printer-1'].every((id) => devices.some(({ device, state }) => device === id && state === 'ready'))
const nothingWaits = (at: Shop) => at.till.until('nothing waits on the till', (view) => view.link.state === 'online' && view.link.waiting.entries === 0, 30_000)

async function run(at: Shop): Promise<void> {
  const customer = await newCustomer(at.hub.http)
  await at.till.until('devices and hub', (view) => view.link.state === 'online' && devicesReady(view))
  say('Online:')
  await sell(at, customer)
  await sell(at, customer)
  await nothingWaits(at)
  say('Cable pulled:')
  at.counter.cable.pull()
  await sell(at, customer)
  await sell(at, customer)
  say('Core and bridge killed; the basket and two payments are on the till:')
  await scanProduct(at, at.till.products[0]?.gtin ?? '')
  at.cutPower()
  await at.till.until(
    'back with its basket',
    (view) => view.till.recovered && view.sale.itemCount === 1 && view.link.waiting.payments === 2 && devicesReady(view),
    30_000,
  )
  await takePayment(at)
  const last = await payWith(at, await customer.show())
  approved.push(last)
  say('Cable plugged in:')
  at.counter.cable.plug()
  await nothingWaits(at)
}

let ok = false
let metrics: Record<string, number> = {}
try {
  await buildPages({ log: say })
  shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: values.verbose ? say : () => {} })
  await run(shop)
  const seen = await untilHub(shop, 'everything settled', ({ counts }) => counts.settled >= approved.length && counts.unsettledEntries === 0)
  const settled = seen.payments.filter((payment) => payment.settled)
  const lost = approved.filter((payment) => !settled.some(({ id, amountMinor }) => id === payment.paymentId && amountMinor === payment.amountMinor)).length
  const doubled =
    settled.length -
    new Set(settled.map((payment) => payment.id)).size +
    settled.filter(({ id }) => !approved.some((payment) => payment.paymentId === id)).length
  metrics = { sales: approved.length, settled: settled.length, lost, doubled, ledger_balanced: seen.money.balanced ? 1 : 0 }
  ok = lost === 0 && doubled === 0 && settled.length === approved.length && seen.money.balanced
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  metrics = { sales: approved.length, settled: 0, lost: approved.length, doubled: 0, ledger_balanced: 0 }
} finally {
  await shop?.stop()
  rmSync(data, { recursive: true, force: true })
}
metrics['seconds'] = Number(((performance.now() - started) / 1000).toFixed(1))
if (values.json) printReport({ name: 'smoke', metrics, ok })
else say(ok ? `Fine: ${approved.length} sales, each settled once, in ${metrics['seconds']} s.` : `NOT fine: ${JSON.stringify(metrics)}`)
process.exit(ok ? 0 : 1)
