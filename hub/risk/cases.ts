import { caseDocument, caseRow, CASES, expireCase, readCase, stepCase, type CaseAct, type CaseCode, type RiskCase, type SteppedCase } from './case.ts'
import { labelDocument, sayLabel } from './labels.ts'
import { endHold } from './review-hold.ts'
import type { RiskSettings } from './settings.ts'
import { Desk, type Shopkeeper } from '../intake/desk.ts'
import { pump, type Pump } from '../intake/pump.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { reviewAccount } from '../ledger/names.ts'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type Clock, type Timers } from '#protocol/time.ts'

/** Cases and their money: each act is one commit of the case, of what it moves and of the label that it is. */
export interface CaseDesk {
  find(payment: string): Promise<RiskCase | undefined>
  /** The newest payments first, behind `after`. All that are open: those first whose holds end first. */
  list(range: { readonly open?: boolean | undefined; readonly after?: Id | undefined; readonly limit: number }): Promise<readonly RiskCase[]>
  act(payment: string, act: CaseAct): Promise<Outcome<RiskCase, CaseDeskCode>>
}
export interface Cases extends CaseDesk, Pump {
  /** The same over another store, such as one that keeps a commit back. */
  over(store: HubStore): CaseDesk
}
export type CaseDeskCode = CaseCode | 'till.disk_full'

export type CasePorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly timers: Timers
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly store: HubStore
  readonly shop: Shopkeeper
  readonly settings: () => Pick<RiskSettings, 'secondPersonAboveMinor'>
  changed(): void
  warn(line: string): void
}

const PAGE = 200
const FULL_DISK_PAUSE = 5 * SECOND

function createDesk(
  ports: CasePorts,
): CaseDesk & { step(payment: Id, decide: (known: RiskCase, now: number) => Outcome<SteppedCase, CaseCode>): Promise<Outcome<RiskCase, CaseDeskCode>> } {
  const { clock, store, shop, settings, changed } = ports

  /** Loads everything that it may touch, decides and commits, again where somebody else was faster. Who decides that nothing changes commits nothing. */
  async function step(id: Id, decide: (known: RiskCase, now: number) => Outcome<SteppedCase, CaseCode>): Promise<Outcome<RiskCase, CaseDeskCode>> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const needs = { payments: [id], points: [id], goodsPaidBy: [id], documents: [caseDocument(id), labelDocument(id)], accounts: [reviewAccount(id)] }
      const desk = await Desk.open(store, needs, shop, clock.now())
      const [payment, row] = [desk.payment(id), desk.document(caseDocument(id))]
      if (payment === undefined || row === undefined) return fail('case.unknown')
      const stepped = decide(readCase(row), desk.now)
      if (!stepped.ok) return stepped
      const { case: next, ends } = stepped.value
      const after = ends === undefined ? next : endHold(desk, ports, payment, next, ends)
      const written = caseRow(after, row.version)
      if (written.body === row.body) return ok(after)
      desk.saveDocument(written)
      const { decided } = after
      if (decided !== undefined && readCase(row).decided === undefined)
        sayLabel(desk, { payment: id, isFraud: decided.outcome === 'fraud', from: 'case', by: decided.by })
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return ok(after)
    }
    invariant(false, 'what a person does commits in the end')
  }

  return {
    step,
    async find(payment) {
      const [row] = isId(payment) ? await store.get('documents', [caseDocument(payment)]) : []
      return row && readCase(row)
    },
    async list({ open, after, limit }) {
      if (open === true && after === undefined) return (await store.documentsDue(CASES, Number.MAX_SAFE_INTEGER, limit)).map(readCase)
      const found: RiskCase[] = []
      for await (const row of everyDocument(store, CASES, { after: after && caseDocument(after), newestFirst: true, page: PAGE })) {
        if (found.length === limit) break
        const read = readCase(row)
        if (open === undefined || (read.state !== 'closed') === open) found.push(read)
      }
      return found
    },
    act: async (payment, act) =>
      isId(payment) ? await step(payment, (known, now) => stepCase(known, act, settings().secondPersonAboveMinor, now)) : fail('case.unknown'),
  }
}

export function createCases(ports: CasePorts): Cases {
  const { clock, timers, store, warn } = ports
  const { step, ...desk } = createDesk(ports)

  /** Those whose hold has lasted long enough. */
  async function turn(): Promise<boolean> {
    const due = await store.documentsDue(CASES, clock.now(), PAGE)
    for (const row of due) {
      // Somebody may have closed it, or a hub that was killed may have ended it, since it was read.
      const isDue = (known: RiskCase, now: number): boolean => known.state !== 'closed' && known.heldUntil !== undefined && known.heldUntil <= now
      const ended = await step(readCase(row).payment, (known, now) => ok(isDue(known, now) ? expireCase(known, now) : { case: known }))
      if (ended.ok || ended.code !== 'till.disk_full') continue
      warn('the disk is full: what is held for review waits')
      timers.after(FULL_DISK_PAUSE, work.wake)
      return false
    }
    return due.length === PAGE
  }
  const work = pump(turn)
  return { ...desk, ...work, over: (other) => createDesk({ ...ports, store: other, changed: () => undefined }) }
}

/**
 * Whether nothing more should be lent to who made these payments: a case about one of them is open and its goods are gone, or it was found to be fraud. `payments`:
 * the latest of one wallet.
 */
export async function isSuspected(
  store: Pick<HubStore, 'get'>,
  payments: readonly { readonly id: Id; readonly risk?: string | undefined }[],
): Promise<boolean> {
  const ids = payments.filter(({ risk = 'approve' }) => risk !== 'approve').map(({ id }) => caseDocument(id))
  if (ids.length === 0) return false
  return (await store.get('documents', ids))
    .map(readCase)
    .some(({ state, decided, wasTaken }) => (state !== 'closed' ? wasTaken : decided?.outcome === 'fraud'))
}
