import type { Changes, HubStore } from '../../hub/store/hub-store.ts'
import type { Hub } from '../../hub/hub.ts'
import { readPayout, type PayoutEvent } from '../../hub/settlement/payout.ts'
import { readWindow, windowRow } from '../../hub/settlement/window.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import type { MerchantTerms } from '../../hub/merchants/merchant.ts'
import type { Shop } from '../../hub/shop.ts'
import { recountSettlement } from '../../hub/settlement/recount.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'
import { WORLD_BEGINS } from './clock.ts'
import { MINUTE } from '#protocol/time.ts'

/** What settlement can do in a world: windows that end, and everything that a payout can come to. */
export const settlementMoves = [
  'window closed',
  'window carried on',
  'window ended early',
  'payout proposed',
  'payout approved',
  'payout sent',
  'payout accepted',
  'payout settled',
  'payout rejected',
  'payout returned',
  'kept back',
] as const

const ENDS_AFTER = MINUTE

/** A day of this merchant ends soon after the world begins, while all kinds of trouble go on. */
export const worldTerms = (shop: Pick<Shop, 'merchant' | 'store'>): MerchantTerms => ({
  ...demoTerms(shop),
  timeZone: 'UTC',
  // About half of what people buy here.
  escrow: { secondPersonAboveMinor: 8_00, evidenceDays: 1 },
  recoverAfterDays: 1,
  cutOff: new Date(WORLD_BEGINS + ENDS_AFTER).toISOString().slice(11, 16),
})

export const settlementMovesOf = ({ documents = [] }: Changes): string[] =>
  documents.flatMap((row) => {
    if (row.id.startsWith('payout/')) return [`payout ${readPayout(row).state}`]
    if (row.id.startsWith('reserve/')) return ['kept back']
    const closed = row.id.startsWith('window/') ? readWindow(row).closed : undefined
    if (closed === undefined) return []
    return [closed.payout === undefined ? 'window carried on' : 'window closed', ...(closed.by === 'hub' ? [] : ['window ended early'])]
  })

const events: readonly Exclude<PayoutEvent, 'approve'>[] = ['send', 'accept', 'settle', 'reject', 'return']

/** Somebody who approves payouts, and where there is no bank of its own, one that says anything at any time, often twice. */
export async function workOnPayouts({ settlement }: Pick<Hub, 'settlement'>, random: Random, hasBank: boolean): Promise<void> {
  const { payouts } = settlement
  if (random.chance(0.1)) {
    const open = (await settlement.windows({ limit: 20 })).find(({ state }) => state === 'open')
    if (open !== undefined) await settlement.closeNow(open.id, random.pick(['eve', 'ann']))
  }
  const found = await payouts.list({ limit: 20 })
  if (found.length === 0) return
  const payout = random.pick(found)
  if (payout.state === 'proposed' && random.chance(0.7)) {
    await payouts.approve(payout.payoutId, random.pick(['hub', 'ann']), random.chance(0.9) ? payouts.digestOf(payout) : 'another')
    return
  }
  if (hasBank) return
  const event = random.pick(events)
  const said = { by: 'bank', ref: random.pick(['first file', 'second file']) }
  for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) await payouts.step(payout.payoutId, event, said)
}

/** The other program counts again what this world's windows and payouts came to. */
export async function checkWindows(store: HubStore, trace: Trace): Promise<void> {
  for (const difference of (await recountSettlement(store)).differences.slice(0, 3)) trace.violation(12, `settlement: ${difference}`)
}

/** A bug for the simulation to find: the last payment of a window is counted by the next one as well. */
export function countsTwice(store: HubStore): HubStore {
  return {
    ...store,
    commit: (changes) => {
      const documents = changes.documents?.map((row) => {
        if (!row.id.startsWith('window/') || row.version !== 0) return row
        const window = readWindow(row)
        const totals = { ...window.totals, sales: window.totals.sales + 1_25n }
        return window.number === 1 ? row : windowRow({ ...window, postings: window.postings + 1, totals }, 0)
      })
      return store.commit({ ...changes, ...(documents && { documents }) })
    },
  }
}
