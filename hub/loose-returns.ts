import type { HubStore } from './store/hub-store.ts'
import type { LooseReturns } from '#protocol/hub-api/staff.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { DAY, type Clock } from '#protocol/time.ts'

type Parts = { readonly store: HubStore; readonly clock: Clock; readonly currency: Currency; nameOf(person: Id): string | undefined }

const PERIOD = 30 * DAY
const MAX_SHOWN = 50

/** Goods that came back without a receipt, by till and person, by the names that they have today. */
export async function looseReturns({ store, clock, currency, nameOf }: Parts): Promise<LooseReturns> {
  const counts = await store.returnsWithoutReceipt(clock.now() - PERIOD, MAX_SHOWN)
  const tills = new Map((await store.tills()).map(({ id, name }) => [id, name]))
  return {
    currency,
    counts: counts.map(({ till, staff, returns, paidMinor }) => ({
      till: tills.get(till) ?? till,
      person: staff === undefined ? undefined : (nameOf(staff) ?? staff),
      returns,
      paidMinor,
    })),
  }
}
