import { nodeCrypto } from '#protocol/node/crypto.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { invariant } from '#protocol/outcome.ts'
import { createMerchants } from '../../hub/merchants/register.ts'
import { createSettlement } from '../../hub/settlement/settlement.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { DAY } from '#protocol/time.ts'

/** A process of its own that closes every window of a database, a day from now, for whoever wants to kill it on the way: one line for each commit. */
const store = openSqliteStore(process.argv[2] ?? '')
invariant(store.ok, 'the database opens')
const clock = { ...systemClock, now: () => systemClock.now() + DAY }
const telling: HubStore = {
  ...store.value,
  async commit(changes) {
    const committed = await store.value.commit(changes)
    process.stdout.write(`${committed}\n`)
    return committed
  },
}
const merchants = createMerchants({ store: telling, clock })
await merchants.start([])
const [first] = merchants.all()
invariant(first !== undefined, 'there are merchants')
const ports = { clock, timers: systemTimers, crypto: nodeCrypto, store: telling, merchants, merchant: first.terms.id }
const settlement = createSettlement({ ...ports, changed: () => undefined, warn: (line) => void process.stderr.write(`${line}\n`) })
settlement.wake()
await settlement.idle()
await store.value.close()
