import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { DurationMs, EpochMs } from '#protocol/time.ts'
import type { DocumentRow } from '../store/documents.ts'

/**
 * Money of one payment that is held until what was bought has been delivered. Pure. `held` becomes `disputed` when the buyer says that something is wrong, and
 * `proposed` where a decision waits for a second person. The rest are ends, in which nothing is held any more.
 */
export const escrowStates = ['held', 'disputed', 'proposed', 'released', 'refunded', 'split'] as const
export type EscrowState = (typeof escrowStates)[number]
export const isOpen = ({ state }: Pick<Escrow, 'state'>): boolean => state === 'held' || state === 'disputed' || state === 'proposed'

export type EscrowSide = 'buyer' | 'seller'
/** Who gets what is released, in proportion to `parts`. Without a wallet: the merchant. */
export type Payee = { readonly wallet?: string | undefined; readonly parts: number }
export type EscrowEvent = 'opened' | 'confirm' | 'deadline' | 'dispute' | 'evidence' | 'give_up' | 'decide' | 'agree' | 'refuse'
export type EscrowStep = {
  readonly event: EscrowEvent
  readonly by: string
  readonly at: EpochMs
  readonly words?: string
  readonly side?: EscrowSide
  /** Of a decision: how much goes back to the buyer. */
  readonly refundMinor?: Minor
}

export type Escrow = {
  /** It is known by its payment: each has one at most. */
  readonly payment: Id
  readonly merchant: Id
  /** The buyer's. */
  readonly wallet: string
  readonly currency: Currency
  readonly amountMinor: Minor
  /** What the buyer waits for, in the merchant's words. */
  readonly about: string
  readonly deadline: EpochMs
  /** What becomes of it when nobody has said anything until then. */
  readonly atDeadline: 'release' | 'refund'
  /** Of a refund at the deadline so much stays the merchant's, as the buyer was told. */
  readonly forfeitMinor?: Minor
  readonly payees: readonly Payee[]
  readonly state: EscrowState
  /** Of a dispute: until then both sides may say what happened. */
  readonly evidenceUntil?: EpochMs
  readonly steps: readonly EscrowStep[]
  /** Where it went. `alreadyBack`: decided for the buyer, who had it from a till by then; so it is the merchant's, who gave it. */
  readonly ended?: {
    readonly at: EpochMs
    readonly refundedMinor: Minor
    readonly alreadyBackMinor: Minor
    readonly released: readonly { readonly wallet?: string | undefined; readonly amountMinor: Minor }[]
  }
}

export type EscrowAct =
  /** `side`: of the seller, who says that it was delivered; missing: the buyer has it. */
  | { readonly event: 'confirm'; readonly by: string; readonly side?: 'seller' }
  | { readonly event: 'deadline'; readonly by: string }
  | { readonly event: 'dispute' | 'give_up' | 'refuse'; readonly by: string; readonly words: string }
  | { readonly event: 'evidence'; readonly by: string; readonly words: string; readonly side: EscrowSide }
  | { readonly event: 'decide'; readonly by: string; readonly words: string; readonly refundMinor: Minor }
  /** `refundMinor`: of the proposal that was shown. */
  | { readonly event: 'agree'; readonly by: string; readonly refundMinor: Minor }

/** From `secondPersonAboveMinor` on two people decide. */
export type EscrowRules = { readonly secondPersonAboveMinor: Minor; readonly evidenceForMs: DurationMs }
export type EscrowCode = 'escrow.wrong_state' | 'escrow.exceeds' | 'escrow.too_early' | 'escrow.too_late' | 'escrow.same_person' | 'escrow.changed'

/** `refundMinor`: it has ended, and so much of it is the buyer's again; the rest is released. */
export type Stepped = { readonly escrow: Escrow; readonly refundMinor?: Minor }

const MAX_EVIDENCE = 10

/** One step at the time `at`. The same act again, with nothing in between, is answered with what it came to and changes nothing. */
export function stepEscrow(escrow: Escrow, act: EscrowAct, rules: EscrowRules, at: EpochMs): Outcome<Stepped, EscrowCode> {
  if (isRepeated(escrow, act)) return ok({ escrow })
  if (!isOpen(escrow)) return fail('escrow.wrong_state', `${act.event} when it is ${escrow.state}`)
  // What is due at the deadline never depends on who came first after it.
  if (escrow.state === 'held' && act.event !== 'deadline' && at >= escrow.deadline) return fail('escrow.too_late', 'the deadline has passed')
  switch (act.event) {
    case 'confirm':
      // It has an answer already that people weigh against what the seller says.
      if (act.side === 'seller' && escrow.state !== 'held') return fail('escrow.wrong_state', `it is ${escrow.state}`)
      return ok(ended(escrow, act, 0, at))
    case 'give_up':
      return ok(ended(escrow, act, escrow.amountMinor, at))
    case 'deadline':
      invariant(escrow.state !== 'held' || at >= escrow.deadline, 'a deadline comes when it has come')
      return escrow.state === 'held'
        ? ok(ended(escrow, act, escrow.atDeadline === 'refund' ? escrow.amountMinor - (escrow.forfeitMinor ?? 0) : 0, at))
        : ok({ escrow })
    case 'dispute':
      if (escrow.state !== 'held') return fail('escrow.wrong_state', `it is ${escrow.state}`)
      return ok({ escrow: { ...noted(escrow, act, at), state: 'disputed', evidenceUntil: at + rules.evidenceForMs } })
    case 'evidence':
      return hear(escrow, act, at)
    case 'decide':
      return decide(escrow, act, rules, at)
    case 'agree':
      return agree(escrow, act, at)
    case 'refuse':
      return escrow.state === 'proposed'
        ? ok({ escrow: { ...noted(escrow, act, at), state: 'disputed' } })
        : fail('escrow.wrong_state', `it is ${escrow.state}`)
  }
}

const same = (step: EscrowStep | undefined, act: EscrowAct): boolean =>
  step !== undefined &&
  step.event === act.event &&
  step.by === act.by &&
  step.words === ('words' in act ? act.words : undefined) &&
  step.refundMinor === ('refundMinor' in act ? act.refundMinor : undefined)

/** Evidence counts once, whatever was said in between. */
const isRepeated = ({ steps }: Escrow, act: EscrowAct): boolean =>
  act.event === 'evidence' ? steps.some((step) => same(step, act) && step.side === act.side) : same(steps.at(-1), act)

const noted = (escrow: Escrow, act: EscrowAct, at: EpochMs): Escrow => ({ ...escrow, steps: [...escrow.steps, { ...act, at }] })

function ended(escrow: Escrow, act: EscrowAct, refundMinor: Minor, at: EpochMs): Stepped {
  const state = refundMinor === 0 ? 'released' : refundMinor === escrow.amountMinor ? 'refunded' : 'split'
  return { escrow: { ...noted(escrow, act, at), state }, refundMinor }
}

const saidBy = ({ steps }: Escrow, side: EscrowSide): readonly EscrowStep[] => steps.filter((step) => step.event === 'evidence' && step.side === side)

function hear(escrow: Escrow, act: Extract<EscrowAct, { event: 'evidence' }>, at: EpochMs): Outcome<Stepped, EscrowCode> {
  if (escrow.state !== 'disputed') return fail('escrow.wrong_state', `it is ${escrow.state}`)
  if (at >= (escrow.evidenceUntil ?? 0)) return fail('escrow.too_late', 'the time for evidence is over')
  if (saidBy(escrow, act.side).length >= MAX_EVIDENCE) return fail('escrow.exceeds', `${MAX_EVIDENCE} pieces of evidence`)
  return ok({ escrow: noted(escrow, act, at) })
}

/** Nobody decides before both sides were heard: what the buyer said in the dispute counts, the seller answers with evidence or lets its time go by. */
function decide(escrow: Escrow, act: Extract<EscrowAct, { event: 'decide' }>, rules: EscrowRules, at: EpochMs): Outcome<Stepped, EscrowCode> {
  if (escrow.state !== 'disputed') return fail('escrow.wrong_state', `it is ${escrow.state}`)
  if (act.refundMinor < 0 || act.refundMinor > escrow.amountMinor) return fail('escrow.exceeds', `${act.refundMinor} of ${escrow.amountMinor}`)
  if (at < (escrow.evidenceUntil ?? 0) && saidBy(escrow, 'seller').length === 0) return fail('escrow.too_early')
  if (escrow.amountMinor < rules.secondPersonAboveMinor) return ok(ended(escrow, act, act.refundMinor, at))
  return ok({ escrow: { ...noted(escrow, act, at), state: 'proposed' } })
}

/** The proposal that a second person agrees to is the last one, and is what was shown. */
function agree(escrow: Escrow, act: Extract<EscrowAct, { event: 'agree' }>, at: EpochMs): Outcome<Stepped, EscrowCode> {
  const proposal = proposalOf(escrow)
  if (proposal === undefined) return fail('escrow.wrong_state', `it is ${escrow.state}`)
  if (proposal.by === act.by) return fail('escrow.same_person', proposal.by)
  return proposal.refundMinor === act.refundMinor ? ok(ended(escrow, act, act.refundMinor, at)) : fail('escrow.changed', `proposed: ${proposal.refundMinor}`)
}

export const proposalOf = ({ state, steps }: Pick<Escrow, 'state' | 'steps'>): EscrowStep | undefined =>
  state === 'proposed' ? steps.findLast(({ event }) => event === 'decide') : undefined

// ---------------------------------------------------------------- as documents

export const escrowDocument = (payment: Id): string => `escrow/${payment}`
export const readEscrow = ({ body }: DocumentRow): Escrow => JSON.parse(body) as Escrow
/** Looked at again at its deadline. A dispute waits for people. */
export const escrowRow = (escrow: Escrow, version: number): DocumentRow => ({
  id: escrowDocument(escrow.payment),
  version,
  dueAt: escrow.state === 'held' ? escrow.deadline : undefined,
  body: JSON.stringify(escrow),
})
