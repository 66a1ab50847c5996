import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { TenderView, View } from '#protocol/till-api/api.ts'
import type { Random } from '../world/random.ts'
import type { Customers } from './customers.ts'
import type { Screen } from './screen.ts'

export type CashierPorts = {
  readonly screen: Screen
  readonly customers: Customers
  readonly random: Random
  /** This code is about to be read: if the screen says approved next, it paid. */
  scanning(code: string): void
}

/** The longest pause of a cashier between two presses. */
const PACE: DurationMs = 40
const DEAR = { fromMinor: 50_00, toMinor: 150_00 }
const PATIENCE: DurationMs = 20 * SECOND

const pause = (delay: DurationMs): Promise<void> => new Promise((done) => void systemTimers.after(delay, done))

/**
 * Sells for as long as the shop is open, whatever happens to the till: looks at the screen, does the next thing. After a crash in the middle of a payment the
 * customer often holds up the same code again, which must not pay twice.
 */
export function openCashier({ screen, customers, random, scanning }: CashierPorts): { close(): Promise<void> } {
  let open = true
  /** The code that was read last, and whether anybody knows what became of it. */
  let last: { readonly code: string; unsure: boolean } | undefined

  async function step(view: View): Promise<void> {
    const { tender, sale } = view
    switch (tender.stage) {
      case 'none':
        if (sale.itemCount === 0 || (sale.itemCount < 4 && random.chance(0.3))) return scanProduct()
        await screen.command({ type: 'takePayment' })
        return
      case 'awaiting_code':
        return present(tender)
      case 'deciding':
        await screen.until((next) => next.tender.stage !== 'deciding', PATIENCE)
        return
      case 'unknown':
        if (random.chance(0.3)) await screen.command({ type: 'cancelPayment' })
        else await screen.until((next) => next.tender.stage !== 'unknown', PATIENCE)
        return
      case 'refused':
        await pause(random.between(100, 500))
        await screen.command({ type: 'continue' })
        return
      case 'approved':
        if (random.chance(0.5)) await screen.command({ type: 'continue' })
        else await scanProduct()
    }
  }

  async function scanProduct(): Promise<void> {
    const dear = random.chance(0.05)
    // Pieces about which nothing is asked: nobody stands at a scale here, or looks at an age.
    const pieces = screen.products.filter(({ soldBy, category }) => soldBy === undefined && category !== 'Harbour corner')
    const range = pieces.filter(({ priceMinor }) => (dear ? priceMinor > DEAR.fromMinor && priceMinor < DEAR.toMinor : priceMinor < DEAR.fromMinor / 10))
    if (range.length === 0) return pause(PACE)
    await screen.command({ type: 'scan', text: random.pick(range).gtin })
  }

  async function present(tender: Extract<TenderView, { stage: 'awaiting_code' }>): Promise<void> {
    const again = last !== undefined && tender.refused === undefined && random.chance(last.unsure ? 0.7 : 0.04)
    if (again && last !== undefined) return scan(last.code)
    const customer = customers.pick(tender.amountMinor)
    if (customer === undefined) return pause(5 * PACE)
    const bound = tender.boundRequired || random.chance(0.15)
    // A request that has become too old is refused by the phone: then the payment begins anew.
    const code = await (bound ? customer.answer(tender.request) : customer.show()).catch(() => undefined)
    if (code === undefined) await screen.command({ type: 'cancelPayment' })
    else await scan(code)
  }

  async function scan(code: string): Promise<void> {
    const mine = { code, unsure: true }
    last = mine
    scanning(code)
    const outcome = await screen.command({ type: 'scan', text: code })
    mine.unsure = outcome === undefined
    // Some refusals end in another code, and some do not end: then the payment is given up.
    if (outcome?.ok === false && random.chance(0.2)) await screen.command({ type: 'cancelPayment' })
  }

  const working = (async () => {
    while (open) {
      const view = screen.view ?? (await screen.until(() => true, SECOND))
      if (view === undefined) continue
      if (view.till.blocked !== undefined) await pause(5 * PACE)
      else await step(view)
      await pause(random.between(0, PACE))
    }
    await endSale()
  })()

  /** The last customer is served or sent away; nothing is left half done. */
  async function endSale(): Promise<void> {
    const until = systemClock.monotonic() + 3 * PATIENCE
    while (systemClock.monotonic() < until) {
      const view = await screen.until(() => true, PATIENCE)
      if (view === undefined) continue
      const { stage } = view.tender
      if (stage === 'none' || stage === 'approved' || stage === 'refused') return
      if (stage === 'awaiting_code') await screen.command({ type: 'cancelPayment' })
      await screen.until((next) => next.tender.stage !== stage, PATIENCE)
    }
  }

  return {
    close() {
      open = false
      return working
    },
  }
}
