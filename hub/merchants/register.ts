import { merchantTerms, type MerchantTerms } from './merchant.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/** Terms as they are since `at`. `accountBy`: who named the account that they have, which may have been a version before. */
export type MerchantVersion = { readonly number: number; readonly by: string; readonly at: EpochMs; readonly accountBy: string; readonly terms: MerchantTerms }

/** With whom the hub settles, and on what terms. Kept in the store; the terms of now are in memory too, since every payment asks for them. */
export interface Merchants {
  /** Reads what is kept, and adds those that are not. Before anything is settled. */
  start(firsts: readonly MerchantTerms[]): Promise<void>
  find(merchant: Id): MerchantVersion | undefined
  all(): readonly MerchantVersion[]
  /** Whose a store is. */
  ofStore(store: Id): MerchantVersion | undefined
  /** From the first on. */
  history(merchant: Id): Promise<readonly MerchantVersion[]>
  /** Another version, by a person. `before`: the number of the version that they had before them, so that two do not undo each other; 0 for a new merchant. */
  change(terms: unknown, by: string, before: number): Promise<Outcome<MerchantVersion, 'wire.malformed' | 'merchant.changed' | 'till.disk_full'>>
}

const OPERATOR = 'operator'
const MAX_MERCHANTS = 100_000
const MAX_VERSIONS = 10_000
const merchantDocument = (id: Id): string => `merchant/${id}`
const versionDocument = (id: Id, number: number): string => `merchant-version/${id}/${String(number).padStart(6, '0')}`

export function createMerchants({ store, clock }: { readonly store: HubStore; readonly clock: Pick<Clock, 'now'> }): Merchants {
  const known = new Map<Id, MerchantVersion>()

  async function change(terms: MerchantTerms, by: string, before: number): Promise<Outcome<MerchantVersion, 'merchant.changed' | 'till.disk_full'>> {
    const [row] = await store.get('documents', [merchantDocument(terms.id)])
    const old = row && versionOf(row)
    if ((old?.number ?? 0) !== before) return fail('merchant.changed', `version ${old?.number ?? 0} is in force`)
    const accountBy =
      old !== undefined && old.terms.account?.iban === terms.account?.iban && old.terms.account?.name === terms.account?.name ? old.accountBy : by
    const version: MerchantVersion = { number: before + 1, by, at: clock.now(), accountBy, terms }
    const body = JSON.stringify(version)
    const committed = await store.commit({
      documents: [
        { id: merchantDocument(terms.id), version: row?.version ?? 0, dueAt: undefined, body },
        { id: versionDocument(terms.id, version.number), version: 0, dueAt: undefined, body },
      ],
    })
    if (committed === 'full') return fail('till.disk_full')
    if (committed === 'stale') return fail('merchant.changed')
    known.set(terms.id, version)
    return ok(version)
  }

  return {
    async start(firsts) {
      for (const row of await store.documents({ prefix: 'merchant/', limit: MAX_MERCHANTS })) {
        const version = versionOf(row)
        known.set(version.terms.id, version)
      }
      for (const terms of firsts) {
        if (known.has(terms.id)) continue
        const added = await change(terms, OPERATOR, 0)
        invariant(added.ok, 'a hub that starts has its merchants')
      }
    },
    find: (merchant) => known.get(merchant),
    all: () => [...known.values()],
    ofStore: (id) => [...known.values()].find(({ terms: { stores } }) => stores.some((one) => one.id === id)),
    history: async (merchant) => (await store.documents({ prefix: `merchant-version/${merchant}/`, limit: MAX_VERSIONS })).map(versionOf),
    async change(terms, by, before) {
      const parsed = merchantTerms.safeParse(terms)
      return parsed.success ? await change(parsed.data, by, before) : fail('wire.malformed', parsed.error.issues[0]?.message)
    },
  }
}

const versionOf = ({ body }: DocumentRow): MerchantVersion => JSON.parse(body) as MerchantVersion
