import { claimDocument, claimRow, leftOf, readClaim, type Claim } from './claim.ts'
import { Desk } from '../intake/desk.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { claimAccount, claimLossAccount, unassignedAccount } from '../ledger/names.ts'
import type { HubStore } from '../store/hub-store.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

/** What merchants owe and were asked for: they pay it, or two people give it up. */
export interface Claims {
  list(limit: number): Promise<readonly Claim[]>
  /** The merchant paid `amountMinor` into the hub's bank account; `ref`: the line of the statement, which counts once. */
  paid(claim: ClaimName, amountMinor: bigint, ref: string): Promise<Outcome<Claim, ClaimCode>>
  /** Somebody wants to give it up. */
  proposeWriteOff(claim: ClaimName, by: string, reason: string): Promise<Outcome<Claim, ClaimCode>>
  /** Somebody else agrees: what is left of it is the hub's loss. */
  writeOff(claim: ClaimName, by: string): Promise<Outcome<Claim, ClaimCode>>
}
export type ClaimName = Pick<Claim, 'id' | 'merchant' | 'currency'>
export type ClaimCode = 'claim.unknown' | 'claim.wrong_state' | 'payout.same_person' | 'till.disk_full'

export type ClaimPorts = { readonly clock: Pick<Clock, 'now'>; readonly store: HubStore; changed(): void }

export function createClaims({ clock, store, changed }: ClaimPorts): Claims {
  async function act(name: ClaimName, decide: (desk: Desk, claim: Claim) => Outcome<Claim, ClaimCode>): Promise<Outcome<Claim, ClaimCode>> {
    const { merchant, currency } = name
    const accounts = [claimAccount(merchant, currency), claimLossAccount(currency), unassignedAccount(currency)]
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      // Touches no merchant's account, so no window counts it.
      const desk = await Desk.open(store, { payments: [], documents: [claimDocument(name)], accounts }, { merchant, currency }, clock.now())
      const row = desk.document(claimDocument(name))
      if (row === undefined) return fail('claim.unknown')
      const claim = readClaim(row)
      const decided = decide(desk, claim)
      if (!decided.ok || decided.value === claim) return decided
      desk.saveDocument(claimRow(decided.value, row.version))
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return decided
    }
    invariant(false, 'what a person does commits in the end')
  }

  return {
    list: async (limit) => (await store.documents({ prefix: 'claim/', limit })).map(readClaim),
    paid: (name, amountMinor, ref) =>
      act(name, (desk, claim) => {
        if (claim.payments?.includes(ref) === true) return ok(claim)
        if (claim.state !== 'open' || amountMinor <= 0n || amountMinor > leftOf(claim)) return fail('claim.wrong_state', `${amountMinor} of ${leftOf(claim)}`)
        const { merchant, currency, id } = claim
        const debit = desk.openAccount({ id: unassignedAccount(currency), label: 'Bank, unassigned', currency, side: 'credit', rule: 'none' })
        post(desk, `${id}/${ref}/claim-paid`, debit, claimAccount(merchant, currency), amountMinor)
        const paidMinor = claim.paidMinor + amountMinor
        return ok({ ...claim, paidMinor, payments: [...(claim.payments ?? []), ref], state: paidMinor === claim.amountMinor ? 'paid' : 'open' })
      }),
    proposeWriteOff: (name, by, reason) =>
      act(name, (desk, claim) => {
        if (claim.state !== 'open') return fail('claim.wrong_state', claim.state)
        return claim.writeOff?.by === by && claim.writeOff.reason === reason ? ok(claim) : ok({ ...claim, writeOff: { by, reason, at: desk.now } })
      }),
    writeOff: (name, by) =>
      act(name, (desk, claim) => {
        const { merchant, currency, id, writeOff } = claim
        if (claim.state === 'written_off' && claim.writtenOffBy === by) return ok(claim)
        if (claim.state !== 'open' || writeOff === undefined) return fail('claim.wrong_state', claim.state)
        if (writeOff.by === by) return fail('payout.same_person', `proposed by ${by}`)
        const debit = desk.openAccount({ id: claimLossAccount(currency), label: 'Losses by merchants', currency, side: 'debit', rule: 'none' })
        post(desk, `${id}/claim-written-off`, debit, claimAccount(merchant, currency), leftOf(claim))
        return ok({ ...claim, state: 'written_off', writtenOffBy: by })
      }),
  }
}

function post(desk: Desk, id: string, debit: string, credit: string, amount: bigint): void {
  invariant(desk.apply({ kind: 'single', id, debit, credit, amount }).ok, 'what is claimed is posted once')
}
