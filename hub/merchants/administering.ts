import { merchantTerms, type MerchantTerms } from './merchant.ts'
import { beginsAt, type Merchants, type MerchantVersion } from './register.ts'
import type { AuditLog } from '../api/v1/audit.ts'
import { differences } from '../changed-fields.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { MerchantDetail, MerchantsState, MerchantTermsView, MerchantVersionView } from '#protocol/hub-api/merchants.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isId, makeId, type Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/** What people see of merchants at the console and do about them. Whatever they do is in the audit log, in the commit that does it. */
export type AdministeringPorts = {
  readonly store: HubStore
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly merchants: Merchants
  readonly audit: Pick<AuditLog, 'commit'>
  readonly shop: Id
  changed(): void
}

export function createAdministering({ store, clock, crypto, merchants, audit, shop, changed }: AdministeringPorts) {
  const freshId = (): Id => makeId(clock.now(), crypto.randomBytes(10))
  /** What is committed there says who did it. */
  const audited = (who: string, merchant: Id, action: string): HubStore => ({
    ...store,
    commit: (changes) => audit.commit(changes, { who, merchant, action, target: merchant, outcome: 'done' }),
  })

  async function detail(id: Id): Promise<Outcome<MerchantDetail, 'merchant.unknown'>> {
    const versions = isId(id) ? await merchants.history(id) : []
    const newest = versions.at(-1)
    const base = versions.findLast(({ state }) => state !== 'withdrawn')
    if (newest === undefined || base === undefined) return fail('merchant.unknown')
    return ok({
      newest: newest.number,
      terms: base.terms satisfies MerchantTermsView,
      versions: viewsOf(versions, merchants.find(id)?.number, clock.now()).toReversed(),
    })
  }
  const after = async (id: Id, done: Outcome<unknown>): Promise<Outcome<MerchantDetail>> => {
    if (!done.ok) return done
    changed()
    return await detail(id)
  }

  return {
    async state(): Promise<MerchantsState> {
      const tills = (await store.tills()).filter(({ revokedAt }) => revokedAt === undefined).length
      const newest = await merchants.newest()
      return {
        merchants: newest.map((last) => {
          const { terms } = merchants.find(last.terms.id) ?? last
          const next = last.state === 'proposed' ? 'proposed' : last.state === undefined && beginsAt(last) > clock.now() ? 'planned' : undefined
          return {
            id: terms.id,
            name: terms.name,
            state: terms.state,
            isShop: terms.id === shop,
            // Every till of a hub is one of its own shop, whose first store that is.
            stores: terms.stores.map((one, at) => ({ ...one, tills: terms.id === shop && at === 0 ? tills : 0 })),
            ...(next !== undefined && { next }),
          }
        }),
      }
    },
    detail,
    /** `said`: terms whose new stores, and whose merchant where it is new, have no id yet. */
    async change(said: Readonly<Record<string, unknown>>, before: number, from: EpochMs | undefined, by: string): Promise<Outcome<MerchantDetail>> {
      const id = typeof said['id'] === 'string' && isId(said['id']) ? said['id'] : freshId()
      if (before === 0 && said['id'] !== undefined) return fail('merchant.changed', 'the hub names a new merchant itself')
      const stores = Array.isArray(said['stores']) ? said['stores'].map((one: unknown) => ({ id: freshId(), ...(isObject(one) && one) })) : said['stores']
      const terms = { ...said, id, stores }
      const gone = takenStore(merchants.find(id)?.terms, terms, id === shop)
      if (gone !== undefined) return fail('merchant.store_taken', `${gone} has tills`)
      return await after(id, await merchants.over(audited(by, id, 'merchant.change')).change(terms, by, before, { from }))
    },
    agree: async (id: Id, number: number, by: string) => await after(id, await merchants.over(audited(by, id, 'merchant.agree')).agree(id, number, by)),
    withdraw: async (id: Id, number: number, by: string) =>
      await after(id, await merchants.over(audited(by, id, 'merchant.withdraw')).withdraw(id, number, by)),
  }
}
export type Administering = ReturnType<typeof createAdministering>

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The shop's tills stand in its first store: what they take would be nobody's without it. */
function takenStore(before: MerchantTerms | undefined, terms: unknown, isShop: boolean): string | undefined {
  const first = isShop ? before?.stores[0] : undefined
  const stores = merchantTerms.pick({ stores: true }).loose().safeParse(terms)
  return first === undefined || !stores.success || stores.data.stores[0]?.id === first.id ? undefined : first.name
}

function viewsOf(versions: readonly MerchantVersion[], inForce: number | undefined, now: EpochMs): readonly MerchantVersionView[] {
  return versions.map((version, at) => {
    const before = versions.slice(0, at).findLast(({ state }) => state !== 'withdrawn')
    const { number, by, at: made, decidedBy } = version
    return {
      number,
      by,
      at: made,
      from: beginsAt(version),
      state: version.state ?? (number === inForce ? 'inForce' : beginsAt(version) > now ? 'planned' : 'past'),
      ...(decidedBy !== undefined && { decidedBy }),
      changes: differences(before?.terms, version.terms),
    }
  })
}
