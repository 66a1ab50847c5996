import type { Id } from '#protocol/ids.ts'
import { SECOND } from '#protocol/time.ts'
import { readEscrow, type EscrowAct } from '../../hub/escrow/escrow.ts'
import type { Changes, HubStore } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { RunningHub } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What can become of money that waits for a delivery. */
export const escrowMoves = [
  'held',
  'disputed',
  'evidence',
  'proposed',
  'refused',
  'confirmed',
  'given up',
  'decided',
  'deadline',
  'alone',
  'already back',
] as const
type EscrowMove = (typeof escrowMoves)[number]

const moveOf = {
  opened: 'held',
  confirm: 'confirmed',
  deadline: 'deadline',
  dispute: 'disputed',
  evidence: 'evidence',
  give_up: 'given up',
  decide: 'proposed',
  agree: 'decided',
  refuse: 'refused',
} as const satisfies Record<string, EscrowMove>

export const escrowMovesOf = ({ documents = [] }: Changes): EscrowMove[] =>
  documents.flatMap((row) => {
    if (!row.id.startsWith('escrow/')) return []
    const { steps, ended } = readEscrow(row)
    const last = steps.at(-1)
    const move = last?.event === 'decide' && ended !== undefined ? 'alone' : moveOf[last?.event ?? 'opened']
    return (ended?.alreadyBackMinor ?? 0) > 0 ? [move, 'already back' as const] : [move]
  })

const acts = ['confirm', 'confirm', 'dispute', 'dispute', 'dispute', 'heard', 'heard', 'decide', 'decide', 'agree', 'agree', 'refuse', 'give_up'] as const

/** Merchants hold what was paid just now; buyers, merchants and people at the hub say anything at any time, and often twice. */
export async function workOnEscrows({ hub, store }: RunningHub, random: Random): Promise<void> {
  const open = await hub.escrows.list({ open: true, limit: 20 })
  if (open.length === 0 || random.chance(0.3)) return await hold({ hub, store }, random)
  const { payment, amountMinor, steps } = random.pick(open)
  const act = actFor(random, amountMinor, steps.findLast(({ event }) => event === 'decide')?.refundMinor)
  for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) await hub.escrows.act(payment, act)
}

async function hold({ hub, store }: Pick<RunningHub, 'hub' | 'store'>, random: Random): Promise<void> {
  const payments = await store.paymentsBefore(Number.MAX_SAFE_INTEGER, 20)
  if (payments.length === 0) return
  const { id, capturedMinor } = random.pick(payments)
  // Some are of more than there is, or of what cannot be held: the hub has to say no.
  const amountMinor = Math.max(1, random.chance(0.9) ? random.between(1, Math.max(1, capturedMinor)) : capturedMinor + 1)
  const terms = { amountMinor, about: 'a delivery', atDeadline: random.pick(['release', 'refund'] as const), forMs: random.between(1, 200) * SECOND }
  for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) await hub.escrows.open(id, terms, 'ann')
}

function actFor(random: Random, amountMinor: number, proposed: number | undefined): Exclude<EscrowAct, { event: 'deadline' }> {
  const event = random.pick(acts)
  const by = random.pick(['ann', 'bob'])
  const words = random.pick(['one', 'two'])
  if (event === 'heard') return { event: 'evidence', side: random.chance(0.7) ? 'seller' : 'buyer', by, words }
  if (event === 'decide') return { event, by, words, refundMinor: random.between(0, amountMinor + 1) }
  if (event === 'agree') return { event, by, refundMinor: proposed ?? 0 }
  return event === 'confirm' ? { event, by: 'buyer' } : { event, by, words }
}

type Said = { readonly payment: Id; readonly amountMinor: number; readonly ended?: unknown }

/** Counts again, from raw rows: what went into each came out of it once and in full, or is still there because nobody has decided. */
export function checkEscrows({ rows }: MemoryDisk, trace: Trace): void {
  const [into, out] = [new Map<string, bigint>(), new Map<string, bigint>()]
  for (const { debit, credit, amount } of rows.transfers.values()) {
    if (credit.startsWith('escrow/')) into.set(credit, (into.get(credit) ?? 0n) + amount)
    if (debit.startsWith('escrow/')) out.set(debit, (out.get(debit) ?? 0n) + amount)
  }
  for (const row of rows.documents.values()) {
    if (!row.id.startsWith('escrow/')) continue
    const { amountMinor, ended } = JSON.parse(row.body) as Said
    const [came, went] = [into.get(row.id) ?? 0n, out.get(row.id) ?? 0n]
    if (came !== BigInt(amountMinor)) trace.violation(12, `${row.id} holds ${amountMinor}, and ${came} came into it`)
    if (went !== (ended === undefined ? 0n : came)) trace.violation(12, `${row.id}: ${came} came in and ${went} went out`)
    into.delete(row.id)
  }
  for (const [account, came] of into) trace.violation(12, `${account} got ${came}, and nobody knows what for`)
}

/** A bug for the simulation to find: what is released is released once more, under another name. */
export function releasesTwice(store: HubStore): HubStore {
  return {
    ...store,
    commit(changes) {
      const released = changes.transfers?.find(({ id }) => /^escrow\/.*\/released-\d+$/.test(id))
      if (released === undefined) return store.commit(changes)
      const { debit, credit, amount } = released
      const accounts = changes.accounts?.map((account) => ({
        ...account,
        debitsPosted: account.debitsPosted + (account.id === debit ? amount : 0n),
        creditsPosted: account.creditsPosted + (account.id === credit ? amount : 0n),
      }))
      const again = { ...released, id: `${released.id}-again` }
      return store.commit({ ...changes, ...(accounts && { accounts }), transfers: [...(changes.transfers ?? []), again] })
    },
  }
}
