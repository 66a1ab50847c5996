import type { LineView, SaleView, View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'

/** Views and timers for tests of the screen. */
export const testLine = (id: string, quantity: number, unitMinor = 100): LineView => ({
  id,
  gtin: '04006381333931',
  name: `Product ${id}`,
  quantity,
  unitMinor,
  totalMinor: quantity * unitMinor,
  taxPpm: 190_000,
})

export function testSale(lines: readonly LineView[], touched?: string): SaleView {
  return {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    lines,
    taxes: [],
    totalMinor: lines.reduce((total, line) => total + line.totalMinor, 0),
    itemCount: lines.reduce((count, line) => count + line.quantity, 0),
    ...(touched === undefined ? {} : { touched }),
  }
}

export const testView = (parts: Partial<View> = {}): View => ({
  revision: 1,
  till: { id: 'till-1', name: 'Till 1', merchant: 'Corner Shop', currency: 'EUR', recovered: false, signedOut: false },
  sale: testSale([]),
  tender: { stage: 'none' },
  link: {
    state: 'online',
    since: 0,
    waiting: { payments: 0, amountMinor: 0, entries: 0 },
    allowance: { perPaymentMinor: 5000, tillLeftMinor: 43_000, until: 0 },
  },
  devices: [],
  notices: [],
  sold: [],
  refunds: [],
  shift: { floatMinor: 0, movedInMinor: 0, movedOutMinor: 0, sales: 0, returns: 0 },
  ...parts,
})

/** Timers that run when told to. `delays` are those that wait, in the order in which they were set. */
export function handTimers(): Timers & { readonly delays: number[]; runNext(): void } {
  const waiting: { delay: number; run: () => void }[] = []
  return {
    after(delay, run) {
      const entry = { delay, run }
      waiting.push(entry)
      return () => {
        const at = waiting.indexOf(entry)
        if (at >= 0) waiting.splice(at, 1)
      }
    },
    get delays() {
      return waiting.map(({ delay }) => delay)
    },
    runNext() {
      waiting.shift()?.run()
    },
  }
}
