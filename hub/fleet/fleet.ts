import { afterAct, FLEET, idOf, isForgotten, isOpen, needRow, needView, NEEDS, readNeed, reconciled, type KeptNeed } from './need-rows.ts'
import { needsOf, type Need } from './needs.ts'
import { askRekey, readRekey, REKEY } from './rekeying.ts'
import { createReports, viewOf } from './reports.ts'
import { createRollout, type Rollout } from './rollout.ts'
import { counted, standingOf, type Standings } from './staging.ts'
import type { HubKeys } from '../keys.ts'
import type { LinkState } from '../link/hub-link.ts'
import type { Shop } from '../shop.ts'
import type { HubStore, Till } from '../store/hub-store.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { REPORT_EVERY } from '#protocol/hub/health.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { needKinds, type FleetState, type FleetTill, type TillPast } from '#protocol/hub-api/fleet.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/**
 * Who watches over the tills: how each is, as it says itself; what of it a person has to see to, and who does; and how far they are with the release that is
 * published. One thing at a time, so that two reports of one till never write over each other.
 */
export interface Fleet {
  start(): Promise<void>
  /** What came over a till's own topic. */
  offer(till: Id, message: Uint8Array): void
  /** To be called now and then: silence comes by itself. */
  look(): void
  /** Signed, for the till: that the hub listens, and what became of its last call. */
  watchFor(till: Id): Uint8Array
  state(): Promise<Omit<FleetState, 'who'>>
  past(till: string): Promise<TillPast | undefined>
  act(need: string, act: 'take' | 'leave' | 'note' | 'done', by: string, words?: string): Promise<Outcome<null, 'fleet.not_open' | 'till.disk_full'>>
  /** Has a till make another key now. */
  rekey(till: string, by: string, why?: string): Promise<Outcome<null>>
  readonly rollout: Rollout | undefined
  standings(release: number): Standings
  /** Everything that was offered is heard. */
  idle(): Promise<void>
}

export type FleetPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Pick<Shop, 'store'>
  /** Where releases are published, if they are. */
  readonly releases: string | undefined
  linkOf(till: Id): LinkState | undefined
  /** What `watchFor` answers for this till is another now. */
  tell(till: Id): void
  changed(): void
  warn(line: string): void
}

const MAX_ENDED = 30
const PAGE = 1000

export function createFleet(ports: FleetPorts): Fleet {
  const { clock, crypto, store, keys, changed, warn } = ports
  const reports = createReports({ store, crypto, clock })
  const rollout = ports.releases === undefined ? undefined : createRollout({ clock, store, keys, folder: ports.releases })
  const startedAt = clock.now()
  /** By till, or `FLEET`; then by what it is about. */
  const rows = new Map<string, Map<string, KeptNeed>>()
  let tills: ReadonlyMap<Id, Till> = new Map()

  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work)
    turn = mine.catch((error: unknown) => warn(`fleet: ${String(error)}`))
    return mine
  }

  const rowsOf = (till: Id | undefined): readonly KeptNeed[] => [...(rows.get(till ?? FLEET)?.values() ?? [])]
  const allRows = (): readonly KeptNeed[] => [...rows.values()].flatMap((own) => [...own.values()])
  function remember(need: KeptNeed): void {
    const own = rows.get(need.till ?? FLEET) ?? new Map<string, KeptNeed>()
    rows.set(need.till ?? FLEET, own.set(need.key, need))
  }
  const needed = (till: Id): readonly Need[] => needsOf({ report: reports.of(till), link: ports.linkOf(till), listeningSince: startedAt }, clock.now())

  /** False when the disk is full, or somebody else has written: then everything is read anew, and the next look does it. */
  async function keep(changes: readonly KeptNeed[], gone: readonly KeptNeed[] = []): Promise<boolean> {
    if (changes.length + gone.length === 0) return true
    const committed = await store.commit({
      documents: changes.map(needRow),
      documentsGone: gone.map((need) => ({ id: needRow(need).id, version: need.version })),
    })
    if (committed !== 'done') {
      await loadNeeds()
      return false
    }
    for (const need of gone) rows.get(need.till ?? FLEET)?.delete(need.key)
    for (const need of changes) remember({ ...need, version: need.version + 1 })
    const calls = new Set(changes.flatMap(({ what, till }) => (what === 'help' && till !== undefined ? [till] : [])))
    for (const till of calls) ports.tell(till)
    changed()
    return true
  }
  async function loadNeeds(): Promise<void> {
    rows.clear()
    for (let after: string | undefined; ;) {
      const page = await store.documents({ prefix: NEEDS, after, limit: PAGE })
      for (const need of page.map(readNeed)) remember(need)
      after = page.at(-1)?.id
      if (page.length < PAGE) return
    }
  }
  /** By till: keys that were certified before this are to be replaced. */
  const rekeys = new Map<Id, EpochMs>()
  async function loadRekeys(): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await store.documents({ prefix: REKEY, after, limit: PAGE })
      for (const row of page) rekeys.set(row.id.slice(REKEY.length), readRekey(row))
      after = page.at(-1)?.id
      if (page.length < PAGE) return
    }
  }
  async function loadTills(): Promise<void> {
    tills = new Map((await store.tills()).map((till) => [till.id, till]))
  }

  const isInUse = ({ publicKey, revokedAt }: Till): boolean => publicKey !== undefined && revokedAt === undefined
  const standings = (release: number): Standings =>
    counted(
      [...tills.values()].filter(isInUse).map(({ id }) => {
        const now = needed(id)
        return standingOf(release, reports.of(id), { isSilent: now.some(({ what }) => what === 'silent'), isStuck: now.some(({ what }) => what === 'stuck') })
      }),
    )
  async function lookAtRollout(): Promise<void> {
    if (rollout === undefined) return
    if (await rollout.watchOver(standings)) warn('the update was halted: too many tills failed with it')
    await tellHalt()
  }
  async function tellHalt(): Promise<void> {
    const halted = rollout?.halted
    const needs = halted === undefined ? [] : [{ key: `halted-${halted}`, what: 'halted' as const, since: clock.now(), release: halted }]
    await keep(reconciled(undefined, rowsOf(undefined), needs, clock.now()))
  }
  async function lookAtAll(): Promise<void> {
    await loadTills()
    const now = clock.now()
    const changes = [...tills.values()].flatMap((till) => reconciled(till.id, rowsOf(till.id), isInUse(till) ? needed(till.id) : [], now))
    await keep(
      changes,
      allRows().filter((row) => isForgotten(row, now) && !changes.some((change) => idOf(change) === idOf(row))),
    )
    await lookAtRollout()
  }

  const nameOf = (till: Id): string | undefined => tills.get(till)?.name
  const pressing = (need: KeptNeed): number => needKinds.indexOf(need.what)
  const overAt = ({ doneAt, endedAt }: KeptNeed): EpochMs => doneAt ?? endedAt ?? 0
  const openRows = (): readonly KeptNeed[] =>
    allRows()
      .filter(isOpen)
      .toSorted((one, other) => pressing(one) - pressing(other) || one.since - other.since)

  return {
    async start() {
      await reports.load()
      await loadNeeds()
      await loadRekeys()
      await loadTills()
    },
    offer(till, message) {
      void inTurn(async () => {
        const before = reports.of(till)?.health.update
        const taken = await reports.take(till, message)
        if (taken === undefined) return
        if (!tills.has(till)) await loadTills()
        await keep(reconciled(till, rowsOf(till), needed(till), clock.now()))
        if (taken === 'same') return
        if (JSON.stringify(before) !== JSON.stringify(reports.of(till)?.health.update)) await lookAtRollout()
        changed()
      })
    },
    look: () => void inTurn(lookAtAll),
    watchFor(till) {
      const call = rowsOf(till)
        .filter((row) => row.what === 'help')
        .toSorted((one, other) => Number(isOpen(other)) - Number(isOpen(one)) || other.since - one.since)[0]
      const state = call && (isOpen(call) ? (call.takenBy === undefined ? 'heard' : 'taken') : 'over')
      const before = rekeys.get(till)
      return encodeSigned(keys.signer('ack'), signedTypes.watch, {
        v: 1,
        till,
        everyMs: REPORT_EVERY,
        ...(before !== undefined && { rekeyBefore: before }),
        ...(call?.call !== undefined && state !== undefined && { call: { id: call.call, state } }),
        hubTime: clock.now(),
      })
    },
    state: () =>
      inTurn(async () => {
        await loadTills()
        await tellHalt()
        const open = openRows()
        const ended = allRows()
          .filter((row) => !isOpen(row))
          .toSorted((one, other) => overAt(other) - overAt(one))
        const view = await rollout?.view(standings)
        return {
          at: clock.now(),
          tills: [...tills.values()].map(({ id, name, revokedAt }): FleetTill => {
            const link = revokedAt === undefined ? ports.linkOf(id) : ({ state: 'revoked', since: revokedAt } as const)
            const report = reports.of(id)
            return {
              id,
              name,
              store: ports.shop.store.name,
              link: link?.state ?? 'never seen',
              needs: [...new Set(open.filter((need) => need.till === id).map(({ what }) => what))],
              ...(link && { since: link.since }),
              ...(report && { health: viewOf(report) }),
            }
          }),
          needs: open.map((need) => needView(need, nameOf)),
          ended: ended.slice(0, MAX_ENDED).map((need) => needView(need, nameOf)),
          ...(view && { rollout: view }),
        }
      }),
    past: (id) =>
      inTurn(async () => {
        const till = tills.get(id)
        if (till === undefined) return undefined
        const needs = rowsOf(id).toSorted((one, other) => other.since - one.since)
        return { id: till.id, name: till.name, past: await reports.past(till.id), needs: needs.map((need) => needView(need, nameOf)) }
      }),
    act: (id, act, by, words) =>
      inTurn(async () => {
        const [till = '', key = ''] = id.split('/')
        const need = rows.get(till)?.get(key)
        const after = need && afterAct(need, act, by, words, clock.now())
        if (after === undefined) return fail('fleet.not_open')
        if (after !== need && !(await keep([after]))) return fail('till.disk_full')
        return ok(null)
      }),
    async rekey(id, by, why) {
      const asked = await askRekey({ clock, store }, id, by, why)
      if (!asked.ok) return asked
      rekeys.set(id, asked.value)
      ports.tell(id)
      changed()
      return ok(null)
    },
    rollout,
    standings,
    idle: async () => void (await turn),
  }
}
