import { merchantTerms, type MerchantTerms } from './merchant.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/**
 * Terms, and who made them when. `accountBy`: who named the account that they have, which may have been a version before. `from`: in force from then on, which is never
 * before `at`; missing: since `at`. `state`: `proposed` waits for a second person, `withdrawn` never was in force; missing: in force, or will be. `decidedBy`: that second
 * person, or who took it back.
 */
export type MerchantVersion = {
  readonly number: number
  readonly by: string
  readonly at: EpochMs
  readonly accountBy: string
  readonly from?: EpochMs
  readonly state?: 'proposed' | 'withdrawn'
  readonly decidedBy?: string
  readonly terms: MerchantTerms
}

type DecideCode = 'merchant.unknown' | 'merchant.changed' | 'merchant.same_person' | 'till.disk_full'
type ChangeCode = 'wire.malformed' | 'merchant.changed' | 'merchant.too_early' | 'merchant.store_taken' | 'till.disk_full'

export type MerchantChanges = {
  /**
   * Another version, by a person. `before`: the number of the version that they had before them, so that two do not undo each other; 0 for a new merchant. It is in force at
   * once or `from` on, and never before one that is planned. Another account for its money waits for a second person, and so does what `proposal` says.
   */
  change(
    terms: unknown,
    by: string,
    before: number,
    when?: { readonly from?: EpochMs | undefined; readonly proposal?: boolean },
  ): Promise<Outcome<MerchantVersion, ChangeCode>>
  /** The second person: in force now, or from the time on that was asked for. Not by who proposed it. */
  agree(merchant: Id, number: number, by: string): Promise<Outcome<MerchantVersion, DecideCode>>
  /** Only what is not in force yet. By anybody, since it keeps things as they are. */
  withdraw(merchant: Id, number: number, by: string): Promise<Outcome<MerchantVersion, DecideCode>>
}

/** With whom the hub settles, and on what terms. Kept in the store; the terms of now are in memory too, since every payment asks for them. */
export interface Merchants extends MerchantChanges {
  /** Reads what is kept, and adds those that are not. Before anything is settled. */
  start(firsts: readonly MerchantTerms[]): Promise<void>
  /** Those in force. */
  find(merchant: Id): MerchantVersion | undefined
  all(): readonly MerchantVersion[]
  /** Those that were in force then. */
  at(merchant: Id, instant: EpochMs): Promise<MerchantVersion | undefined>
  /** Every merchant's last version, in force or not. */
  newest(): Promise<readonly MerchantVersion[]>
  /** Those whose last version waits for a second person, the oldest first. */
  proposed(limit: number): Promise<readonly MerchantVersion[]>
  /** Whose a store is. */
  ofStore(store: Id): MerchantVersion | undefined
  /** From the first on. */
  history(merchant: Id): Promise<readonly MerchantVersion[]>
  /** The same over another store: for who adds to what is committed. What is only drafted there has to be a proposal: it is in no memory. */
  over(store: HubStore): MerchantChanges
}

const OPERATOR = 'operator'
const MAX_MERCHANTS = 100_000
const MAX_VERSIONS = 10_000
const merchantDocument = (id: Id): string => `merchant/${id}`
const versionDocument = (id: Id, number: number): string => `merchant-version/${id}/${String(number).padStart(6, '0')}`
export const beginsAt = ({ from, at }: Pick<MerchantVersion, 'from' | 'at'>): EpochMs => from ?? at

export function createMerchants({ store, clock }: { readonly store: HubStore; readonly clock: Pick<Clock, 'now'> }): Merchants {
  /** Of each merchant the version in force and those that are planned after it. */
  const known = new Map<Id, readonly MerchantVersion[]>()

  const history = async (merchant: Id): Promise<readonly MerchantVersion[]> =>
    (await store.documents({ prefix: `merchant-version/${merchant}/`, limit: MAX_VERSIONS })).map(versionOf)
  /** What was changed at once stays so, whatever becomes of the clock. */
  const inForce = (versions: readonly MerchantVersion[]): MerchantVersion | undefined =>
    versions.findLast(({ from }) => from === undefined || from <= clock.now()) ?? versions[0]
  const find = (merchant: Id): MerchantVersion | undefined => inForce(known.get(merchant) ?? [])
  const all = (): readonly MerchantVersion[] => [...known.keys()].flatMap((merchant) => find(merchant) ?? [])
  const ofStore = (id: Id): MerchantVersion | undefined => all().find(({ terms: { stores } }) => stores.some((one) => one.id === id))
  async function remember(merchant: Id): Promise<void> {
    const agreed = (await history(merchant)).filter(({ state }) => state === undefined)
    const current = inForce(agreed)
    if (current !== undefined) known.set(merchant, agreed.slice(agreed.indexOf(current)))
  }

  function over(to: HubStore): MerchantChanges {
    const headOf = async (id: Id): Promise<DocumentRow | undefined> => (await store.get('documents', [merchantDocument(id)]))[0]
    /** `head`: as it was when this was decided. Whoever was faster meanwhile has the last word. */
    async function keep(version: MerchantVersion, head: DocumentRow | undefined): Promise<Outcome<MerchantVersion, 'merchant.changed' | 'till.disk_full'>> {
      const { id } = version.terms
      const names = [merchantDocument(id), versionDocument(id, version.number)]
      const [own] = await store.get('documents', names.slice(1))
      const versions = [head?.version ?? 0, own?.version ?? 0]
      const body = JSON.stringify(version)
      // What waits for a second person is found by that, and not among all.
      const dueAt = version.state === 'proposed' ? version.at : undefined
      const committed = await to.commit({
        documents: names.map((name, at) => ({ id: name, version: versions[at] ?? 0, dueAt: at === 0 ? dueAt : undefined, body })),
      })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') return fail('merchant.changed')
      await remember(id)
      return ok(version)
    }

    /** The newest one, as long as it can still be decided about: it is proposed, or planned and not in force yet. */
    async function undecided(
      merchant: Id,
      number: number,
    ): Promise<Outcome<{ readonly newest: MerchantVersion; readonly head: DocumentRow }, 'merchant.unknown' | 'merchant.changed'>> {
      const head = await headOf(merchant)
      if (head === undefined) return fail('merchant.unknown')
      const newest = versionOf(head)
      const isOpen = newest.state === 'proposed' || (newest.state === undefined && beginsAt(newest) > clock.now())
      return newest.number === number && isOpen ? ok({ newest, head }) : fail('merchant.changed', `version ${newest.number} is ${newest.state ?? 'in force'}`)
    }

    return {
      async change(said, by, before, { from, proposal = false } = {}) {
        const parsed = merchantTerms.safeParse(said)
        if (!parsed.success) return fail('wire.malformed', wordsOf(parsed.error.issues[0]))
        const terms = parsed.data
        const head = await headOf(terms.id)
        const versions = await history(terms.id)
        const newest = versions.at(-1)
        if ((newest?.number ?? 0) !== before || newest?.state === 'proposed') return fail('merchant.changed', `version ${newest?.number ?? 0} is there`)
        const taken = terms.stores.find(({ id }) => (ofStore(id)?.terms.id ?? terms.id) !== terms.id)
        if (taken !== undefined) return fail('merchant.store_taken', taken.name)
        const at = clock.now()
        const last = versions.findLast(({ state }) => state === undefined)
        if (from !== undefined && from < at) return fail('merchant.too_early', 'it would change what has been settled')
        if (last !== undefined && beginsAt(last) > (from ?? at)) return fail('merchant.too_early', `version ${last.number} is planned for later`)
        const isSameAccount = accountText(terms) === (last === undefined ? undefined : accountText(last.terms))
        const needsSecond = proposal || (terms.account !== undefined && !isSameAccount)
        const accountBy = isSameAccount && last !== undefined ? last.accountBy : by
        const version: MerchantVersion = {
          number: before + 1,
          by,
          at,
          accountBy,
          terms,
          ...(from !== undefined && { from }),
          ...(needsSecond && { state: 'proposed' as const }),
        }
        return await keep(version, head)
      },
      async agree(merchant, number, by) {
        const found = await undecided(merchant, number)
        if (!found.ok) return found
        const { head, newest } = found.value
        const { state, from, ...proposed } = newest
        if (state !== 'proposed') return fail('merchant.changed', 'it needs nobody else')
        if (proposed.by === by) return fail('merchant.same_person', `proposed by ${proposed.by}`)
        // What it was meant for may have gone by while it waited; and nothing is settled anew.
        const agreed: MerchantVersion = { ...proposed, from: Math.max(from ?? 0, clock.now()), decidedBy: by }
        return await keep(agreed, head)
      },
      async withdraw(merchant, number, by) {
        const found = await undecided(merchant, number)
        return found.ok ? await keep({ ...found.value.newest, state: 'withdrawn', decidedBy: by }, found.value.head) : found
      },
    }
  }

  return {
    ...over(store),
    over,
    async start(firsts) {
      for (const row of await store.documents({ prefix: 'merchant/', limit: MAX_MERCHANTS })) {
        const version = versionOf(row)
        if (version.state === undefined && version.from === undefined) known.set(version.terms.id, [version])
        else await remember(version.terms.id)
      }
      for (const terms of firsts) {
        if (known.has(terms.id)) continue
        const first: MerchantVersion = { number: 1, by: OPERATOR, at: clock.now(), accountBy: OPERATOR, terms }
        const names = [merchantDocument(terms.id), versionDocument(terms.id, first.number)]
        const body = JSON.stringify(first)
        const added = await store.commit({ documents: names.map((id) => ({ id, version: 0, dueAt: undefined, body })) })
        invariant(added === 'done', 'a hub that starts has its merchants')
        known.set(terms.id, [first])
      }
    },
    find,
    all,
    async at(merchant, instant) {
      const current = find(merchant)
      if (current === undefined || beginsAt(current) <= instant) return current
      const agreed = (await history(merchant)).filter(({ state }) => state === undefined)
      return agreed.findLast((version) => beginsAt(version) <= instant) ?? agreed[0]
    },
    newest: async () => (await store.documents({ prefix: 'merchant/', limit: MAX_MERCHANTS })).map(versionOf),
    proposed: async (limit) => (await store.documentsDue('merchant/', Number.MAX_SAFE_INTEGER, limit)).map(versionOf),
    ofStore,
    history,
  }
}

/** What money goes to. */
const accountText = ({ account }: MerchantTerms): string | undefined => account && JSON.stringify([account.iban, account.name, account.bic])
const versionOf = ({ body }: DocumentRow): MerchantVersion => JSON.parse(body) as MerchantVersion
const wordsOf = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string =>
  issue === undefined ? '' : `${issue.path.map(String).join('.')}: ${issue.message}`
