import type { Minor } from '#protocol/money.ts'

/** A payment at the hub, as the world counts it. */
export type Standing = { readonly state: string; readonly captured: Minor; readonly refunded: Minor }

/** `mayPass`: the hub has told people that it set this one aside, so it need not have happened. */
export type Step = { readonly event: string; readonly amount: Minor; readonly mayPass: boolean }

/** What may follow what at the hub, written down a second time on purpose. */
const given = { 'payment.refunded': 'same', 'hub.refunded': 'same', 'payment.voided': 'VOIDED' }
const law: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CREATED: { 'payment.intended': 'INTENDED', 'payment.rejected': 'REJECTED', 'payment.taken_in_cash': 'CAPTURED' },
  INTENDED: {
    'payment.held': 'HELD',
    'payment.accepted_offline': 'ACCEPTED_OFFLINE',
    'payment.declined': 'DECLINED',
    'payment.unknown': 'UNKNOWN',
    'payment.voided': 'VOIDED',
    'hub.hold_expired': 'EXPIRED',
  },
  UNKNOWN: { 'payment.held': 'HELD', 'payment.declined': 'DECLINED', 'payment.reversed': 'REVERSED', 'hub.hold_expired': 'EXPIRED' },
  HELD: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED', 'hub.hold_expired': 'EXPIRED' },
  ACCEPTED_OFFLINE: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED', 'hub.hold_expired': 'EXPIRED' },
  EXPIRED: {
    'payment.held': 'same',
    'payment.accepted_offline': 'same',
    'payment.unknown': 'same',
    'payment.captured': 'CAPTURED',
    'payment.declined': 'DECLINED',
    'payment.voided': 'VOIDED',
    'payment.reversed': 'REVERSED',
  },
  CAPTURED: { ...given, 'hub.declined_late': 'RETRY' },
  RETRY: { ...given, 'hub.recovered': 'RECOVERED', 'hub.gave_up': 'RECOVERY' },
  RECOVERY: { ...given, 'hub.recovered': 'RECOVERED', 'hub.wrote_off': 'WRITTEN_OFF' },
  RECOVERED: given,
  WRITTEN_OFF: given,
}
/** A capture that contradicts its intent makes a payment QUARANTINED, where a capture may follow at all. */
const QUARANTINABLE = ['HELD', 'ACCEPTED_OFFLINE', 'EXPIRED']

function after(at: Standing, { event, amount }: Step): Standing | undefined {
  if (event === 'hub.quarantined') return QUARANTINABLE.includes(at.state) ? { ...at, state: 'QUARANTINED' } : undefined
  const to = law[at.state]?.[event]
  if (to === undefined) return undefined
  const state = to === 'same' ? at.state : to
  if (event === 'payment.captured' || event === 'payment.taken_in_cash') return { ...at, state, captured: amount }
  if (event === 'payment.refunded' || event === 'hub.refunded') {
    const refunded = at.refunded + amount
    if (refunded > at.captured || amount === 0) return undefined
    return { ...at, state: refunded === at.captured ? 'REFUNDED' : state, refunded }
  }
  return event === 'payment.voided' && at.refunded > 0 ? undefined : { ...at, state }
}

/**
 * In which order a till's entries and the hub's own steps, each in their order, lead from one standing to another: as `FROM event`, or undefined if in none.
 * An entry that says again what has been said changes nothing (the entry that began a payment).
 */
export function explain(from: Standing, to: Standing, entries: readonly Step[], steps: readonly Step[]): readonly string[] | undefined {
  const [entry, ...laterEntries] = entries
  const [step, ...laterSteps] = steps
  if (entry === undefined && step === undefined) {
    return from.state === to.state && from.captured === to.captured && from.refunded === to.refunded ? [] : undefined
  }
  const take = (taken: Step, restEntries: readonly Step[], restSteps: readonly Step[]): readonly string[] | undefined => {
    const next = after(from, taken)
    const rest = next === undefined ? undefined : explain(next, to, restEntries, restSteps)
    return rest === undefined ? undefined : [`${from.state} ${taken.event}`, ...rest]
  }
  if (step !== undefined) {
    const path = take(step, entries, laterSteps)
    if (path !== undefined) return path
  }
  if (entry === undefined) return undefined
  const path = take(entry, laterEntries, steps)
  if (path !== undefined) return path
  const saysItAgain = (entry.event === 'payment.intended' || entry.event === 'payment.taken_in_cash') && from.state !== 'CREATED'
  return entry.mayPass || saysItAgain ? explain(from, to, laterEntries, steps) : undefined
}
