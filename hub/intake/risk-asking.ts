import type { Desk } from './desk.ts'
import { caseDocument, caseRow, type RiskCase } from '../risk/case.ts'
import type { HeardLabel } from '../risk/desk.ts'
import type { RiskEngine } from '../risk/engine.ts'
import { labelRow } from '../risk/labels.ts'
import type { RiskSettings } from '../risk/settings.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What each answer of risk does to a payment.
 *
 * - **approve**: nothing.
 * - **challenge**: a code that was merely shown is refused, and the till asks for the phone's own confirmation of the exact sum. Where the phone gave that, or an
 *   acquirer is asked anyway, it is met already.
 * - **review**: it goes on, and a case is opened. When it is captured, its money is kept from the merchant's payouts until people have looked, or the time is over.
 * - **decline**: refused, with a code that the till has words for.
 *
 * What a till has taken alone, or a phone has been promised, is not undone: there is a case, and until that is closed the wallet is lent nothing to spend offline.
 */
export type AskedRisk = {
  readonly engine: RiskEngine
  readonly settings: RiskSettings
  /** Payments of this turn of which it is known that goods were given for them. */
  readonly taken: ReadonlySet<Id>
}

type Asked = {
  readonly card: string
  /** The hub can say no to it still. */
  readonly isOpen: boolean
  readonly wasConfirmed: boolean
}
export type RiskRuling = Pick<Payment, 'risk' | 'riskSeq'> & { readonly verdict?: ErrorCode }

/** Asked once for each payment whose proof is genuine, before any money is held for it. */
export function askRisk(
  desk: Desk,
  risk: AskedRisk | undefined,
  { till, receivedAt, floorAt }: StoredEntry,
  { at, body }: Extract<Entry, { kind: 'payment.intended' }>,
  asked: Asked,
): RiskRuling {
  if (risk === undefined) return {}
  const { paymentId: payment, amountMinor, currency } = body
  const wasTaken = !asked.isOpen || risk.taken.has(payment)
  const { wasConfirmed } = asked
  const question = { payment, at: eventTime(at, floorAt, receivedAt), card: asked.card, terminal: till, amountMinor, currency, wasTaken, wasConfirmed }
  const { seq, body: row, record } = risk.engine.ask(question)
  desk.riskRows.push({ seq, at: desk.now, body: row })
  const ruling = { risk: record.outcome, riskSeq: seq }
  if (record.outcome === 'review' || (record.outcome === 'decline' && wasTaken)) {
    const opened: RiskCase = {
      payment,
      riskSeq: seq,
      openedAt: desk.now,
      outcome: record.outcome,
      wasTaken,
      probability: record.probability,
      amountMinor,
      currency,
      card: asked.card,
      till,
      state: 'open',
      heldMinor: 0,
      ...(!wasTaken && { heldUntil: desk.now + risk.settings.holdForMs }),
      steps: [{ event: 'opened', by: 'hub', at: desk.now }],
    }
    desk.saveDocument(caseRow(opened, 0))
  }
  if (wasTaken) return ruling
  if (record.outcome === 'decline') return { ...ruling, verdict: 'risk.declined' }
  return record.outcome === 'challenge' && !wasConfirmed ? { ...ruling, verdict: 'risk.confirm' } : ruling
}

/** Payments of which these entries say that goods were given for them. */
export function takenIn(items: Iterable<{ readonly entry: Outcome<Entry, 'entry.malformed'> }>): ReadonlySet<Id> {
  const taken = new Set<Id>()
  for (const { entry } of items)
    if (entry.ok && (entry.value.kind === 'payment.accepted_offline' || entry.value.kind === 'payment.captured')) taken.add(entry.value.body.paymentId)
  return taken
}

/** A till's clock counts as far as the hub's own signed times bound it: neither before what it had seen, nor after it came. */
const eventTime = (at: EpochMs, floorAt: EpochMs | undefined, receivedAt: EpochMs): EpochMs => Math.min(Math.max(at, floorAt ?? 0), receivedAt)

export const isRefusedByRisk = ({ verdict }: Pick<Payment, 'verdict'>): boolean => verdict === 'risk.declined' || verdict === 'risk.confirm'

/** A till had given goods for it when the hub's no arrived, or would not hear of it: a person looks, once. */
export function openCaseOfCaptured(desk: Desk, payment: Payment): void {
  if (!isRefusedByRisk(payment) || payment.riskSeq === undefined || desk.document(caseDocument(payment.id)) !== undefined) return
  const opened: RiskCase = {
    payment: payment.id,
    riskSeq: payment.riskSeq,
    openedAt: desk.now,
    outcome: payment.risk ?? 'decline',
    wasTaken: true,
    probability: undefined,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    card: payment.wallet ?? payment.profile ?? 'unknown',
    till: payment.till,
    state: 'open',
    heldMinor: 0,
    steps: [{ event: 'opened', by: 'hub', at: desk.now }],
  }
  desk.saveDocument(caseRow(opened, 0))
}

/** Puts what was said into the log, before this turn's payments. */
export function hearLabels(desk: Desk, risk: AskedRisk, labels: readonly HeardLabel[]): void {
  for (const { label, version, of, record } of labels) {
    const { at, card, terminal } = record
    const row = risk.engine.hear({ of, at, card, terminal, isFraud: label.isFraud, heardAt: label.at })
    desk.riskRows.push({ ...row, at: desk.now })
    desk.saveDocument(labelRow(label, version, true))
  }
}
