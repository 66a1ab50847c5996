import {
  digestOf,
  isRepeated,
  mayApprove,
  nextPayoutState,
  payoutDocument,
  payoutRow,
  readPayout,
  type Payout,
  type PayoutEvent,
  type PayoutState,
} from './payout.ts'
import { indexed, listPayouts, type PayoutRange } from './payout-index.ts'
import { Desk } from '../intake/desk.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { merchantAccount, payoutAccount, unassignedAccount, type PayoutPlace } from '../ledger/names.ts'
import type { Merchants } from '../merchants/register.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

/**
 * Payouts and their money: each step is a posting from one account to the next, in the commit that changes the row. So whatever a bank says twice, or a hub that is
 * killed says again, moves nothing twice, and how much is on its way how far is what the accounts say.
 */
export interface Payouts {
  find(id: Id): Promise<Payout | undefined>
  /** The newest first, behind `after`. */
  list(range: PayoutRange): Promise<readonly Payout[]>
  /** What an approval has to name. */
  digestOf(payout: Payout): string
  /** `digest`: of what the person saw. */
  approve(id: Id, by: string, digest: string): Promise<Outcome<Payout, PayoutCode>>
  /** By a person, as long as no file was written: what has left only the bank can say that it refused, or it would be paid twice. */
  reject(id: Id, by: string, reason: string): Promise<Outcome<Payout, PayoutCode>>
  /** Whether the merchant is still paid, and to this account: it may have been held, or have named another one, after the approval. */
  isPayable(payout: Payout): boolean
  /**
   * After the hub was put back to a backup: `left` is a payout as it was when `ref` took it to the bank, which the backup does not know, or not so far. It is
   * under way again, and the money is taken off the merchant once. The same again changes nothing.
   */
  adopt(left: Payout, ref: string): Promise<Outcome<Payout, PayoutCode>>
  /**
   * Everything that comes after. Saying the same again (`event` and `ref`) changes nothing and succeeds. `beside`: rows that are stored in the same commit, such as
   * that a line of a statement has been worked off; they are left alone when it was said before.
   */
  step(
    id: Id,
    event: Exclude<PayoutEvent, 'approve'>,
    said: { readonly by: string; readonly ref?: string; readonly beside?: readonly DocumentRow[] },
  ): Promise<Outcome<Payout, PayoutCode>>
}
export type PayoutCode = 'merchant.unknown' | 'payout.unknown' | 'payout.wrong_state' | 'payout.same_person' | 'payout.changed' | 'till.disk_full'

export type PayoutPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly store: HubStore
  readonly merchants: Pick<Merchants, 'find'>
  changed(): void
}

/** Who does what no person does. */
const HUB = 'hub'
const isOnItsWay = (state: PayoutState): state is PayoutPlace => state !== 'settled' && state !== 'rejected' && state !== 'returned'

export function createPayouts({ clock, crypto, store, merchants, changed }: PayoutPorts): Payouts {
  async function find(id: Id): Promise<Payout | undefined> {
    const [row] = await store.get('documents', [payoutDocument(id)])
    return row && readPayout(row)
  }

  async function move(
    id: Id,
    event: PayoutEvent,
    by: string,
    ref: string | undefined,
    beside: readonly DocumentRow[],
    check: (payout: Payout) => Outcome<void, PayoutCode>,
  ) {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const known = await find(id)
      if (known === undefined) return fail('payout.unknown')
      const { merchant, currency } = known
      const terms = merchants.find(merchant)?.terms
      // A hub that has not read its merchants yet pays nobody.
      if (terms === undefined) return fail('merchant.unknown')
      const accounts = [
        ...(['proposed', 'approved', 'sent', 'accepted'] as const).map((place) => payoutAccount(place, merchant, currency)),
        unassignedAccount(currency),
      ]
      const desk = await Desk.open(store, { payments: [], documents: [payoutDocument(id)], accounts }, { merchant, currency, terms }, clock.now())
      const row = desk.document(payoutDocument(id))
      invariant(row !== undefined, 'payouts are never removed')
      const payout = readPayout(row)
      if (isRepeated(payout, event, by, ref)) return ok(payout)
      const allowed = check(payout)
      if (!allowed.ok) return allowed
      const next = nextPayoutState(payout.state, event)
      if (!next.ok) return next
      postStep(desk, payout, next.value)
      const after: Payout = {
        ...payout,
        state: next.value,
        ...(event === 'approve' ? { approvedBy: by } : {}),
        steps: [...payout.steps, { event, by, at: desk.now, ...(ref === undefined ? {} : { ref }) }],
      }
      desk.saveDocument(payoutRow(after, row.version))
      for (const other of beside) desk.saveDocument(other)
      const committed = await store.commit(await indexed(store, desk.changes(), after, payout.state))
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return ok(after)
    }
    return fail('payout.changed', 'others change the same rows without end')
  }

  function isPayable({ merchant, account }: Payout): boolean {
    const current = merchants.find(merchant)?.terms
    return current?.account?.iban === account.iban && current.account.name === account.name && current.account.bic === account.bic && current.state === 'active'
  }

  return {
    find,
    isPayable,
    adopt: (left, ref) => adoptPayout({ clock, store, merchants, changed }, left, ref),
    digestOf: (payout) => digestOf(crypto, payout),
    list: (range) => listPayouts(store, range),
    approve: (id, by, digest) =>
      move(id, 'approve', by, undefined, [], (payout) => {
        if (!mayApprove(payout, by)) return fail('payout.same_person', `proposed by ${payout.createdBy}, account of ${payout.accountBy}`)
        const isAsShown = digest === digestOf(crypto, payout)
        return isAsShown && isPayable(payout)
          ? ok(undefined)
          : fail('payout.changed', isAsShown ? 'the merchant has another account by now, or is held' : 'not what was shown')
      }),
    reject: (id, by, reason) =>
      move(id, 'reject', by, reason, [], ({ state }) =>
        state === 'proposed' || state === 'approved' ? ok(undefined) : fail('payout.wrong_state', `it is ${state}, and only the bank can refuse it now`),
      ),
    step: (id, event, { by, ref, beside = [] }) =>
      move(id, event, by, ref, beside, (payout) =>
        // A file that waited since it was begun, for room on the disk or for a hub that was killed, takes along nothing that was stopped meanwhile.
        event === 'send' && payout.state === 'approved' && !isPayable(payout)
          ? fail('payout.changed', 'the merchant has another account by now, or is held')
          : ok(undefined),
      ),
  }
}

/** Whatever the backup knows of it, it is under way: of one that it does not know nobody has taken the money off the merchant, and the window that is open counts that. */
async function adoptPayout({ clock, store, merchants, changed }: Omit<PayoutPorts, 'crypto'>, left: Payout, ref: string): Promise<Outcome<Payout, PayoutCode>> {
  const { payoutId, merchant, currency, amountMinor } = left
  const terms = merchants.find(merchant)?.terms
  if (terms === undefined) return fail('merchant.unknown')
  const accounts = (['proposed', 'approved', 'sent'] as const).map((place) => payoutAccount(place, merchant, currency))
  const needs = { payments: [], documents: [payoutDocument(payoutId)], accounts }
  for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
    const desk = await Desk.open(store, needs, { merchant, currency, terms }, clock.now())
    const row = desk.document(payoutDocument(payoutId))
    const known = row && readPayout(row)
    if (known !== undefined && isRepeated(known, 'send', HUB, ref)) return ok(known)
    if (known === undefined) {
      const debit = desk.openAccount({ id: merchantAccount(merchant, currency), label: terms.name, currency, side: 'credit', rule: 'none' })
      const credit = desk.openAccount({ id: payoutAccount('sent', merchant, currency), label: 'Payouts, sent', currency, side: 'credit', rule: 'none' })
      invariant(desk.apply({ kind: 'single', id: `payout/${payoutId}/adopted`, debit, credit, amount: amountMinor }).ok, 'a payout is adopted once')
    } else {
      if (known.state !== 'proposed' && known.state !== 'approved') return fail('payout.wrong_state', known.state)
      if (known.state === 'proposed') postStep(desk, known, 'approved')
      postStep(desk, { ...known, state: 'approved' }, 'sent')
    }
    const after: Payout = { ...left, state: 'sent', ...(known === undefined && { windows: [], adopted: true as const }) }
    desk.saveDocument(payoutRow(after, row?.version ?? 0))
    const committed = await store.commit(await indexed(store, desk.changes(), after, known?.state))
    if (committed === 'full') return fail('till.disk_full')
    if (committed === 'stale') continue
    changed()
    return ok(after)
  }
  return fail('payout.changed', 'others change the same rows without end')
}

/** From where the money is to where it goes. What fails is the merchant's again, and counts in the window that is open now. */
function postStep(desk: Desk, { payoutId, merchant, currency, amountMinor, state }: Payout, next: PayoutState): void {
  const open = (id: string, label: string) => desk.openAccount({ id, label, currency, side: 'credit', rule: 'none' })
  const accountOf = (place: PayoutState): string => {
    if (isOnItsWay(place)) return open(payoutAccount(place, merchant, currency), `Payouts, ${place}`)
    return place === 'settled' ? open(unassignedAccount(currency), 'Bank, unassigned') : merchantAccount(merchant, currency)
  }
  const id = next === 'rejected' || next === 'returned' ? `payout/${payoutId}/${next}/back` : `payout/${payoutId}/${next}`
  const posted = desk.apply({ kind: 'single', id, debit: accountOf(state), credit: accountOf(next), amount: amountMinor })
  invariant(posted.ok, 'a payout takes each step once')
}
