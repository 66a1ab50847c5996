import type { Answer, Exchange, ExchangeKind, ExchangeRef, Secret } from './acquirer.ts'
import { isUndone } from './response-codes.ts'
import type { CardRow } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { MINUTE, SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'

/**
 * One payment by card, between the hub and the acquirer. Settling says what is wanted, the acquirer's answers say what there is, and this decides what to
 * ask next, one thing at a time: so nothing is charged while it is not known what became of the last attempt. Pure.
 *
 * An exchange is `open` from the commit before it is sent to the commit of its answer. One that has no answer, because none came or the hub was killed, is
 * never sent again: it is reversed, as often as it takes until the acquirer says that it is undone, and only then may anything else be asked.
 */
export type CardCase = {
  /** The payment's. */
  readonly id: Id
  readonly version: number
  /** Whom it is asked. */
  readonly acquirer: string
  readonly maskedPan: string
  readonly currency: Currency
  /** Gone when nothing more can be asked with it. */
  readonly secret: Secret | undefined
  /** Serial number of the swipe, to have its key destroyed. Undefined when that is done. */
  readonly ksn: string | undefined
  /** `hold`: reserve it. `money`: `wantedMinor` of it, for good. `nothing`: undo whatever there is. `rest`: leave it as it is, nobody asks now. */
  readonly wants: 'hold' | 'money' | 'nothing' | 'rest'
  readonly wantedMinor: Minor
  /** What the acquirer has confirmed. */
  readonly has: 'nothing' | 'hold' | 'money'
  readonly hasMinor: Minor
  /** By which exchange it has that. */
  readonly by: (ExchangeRef & { readonly approvalCode?: string }) | undefined
  /** What was reserved before it was captured: when the capture is undone, it is reserved again. */
  readonly hold: CardCase['by']
  readonly open: Exchange | undefined
  /** Since when something is to be undone. */
  readonly reversingSince: EpochMs | undefined
  /** How often each was begun, for its reference. Missing in a case that was kept before. */
  readonly begun?: Begun | undefined
  /** How often the open exchange, or the last one that could not be sent, was tried. */
  readonly tries: number
  readonly dueAt: EpochMs | undefined
  /** The last refusal: field 39, or why it could not be asked. */
  readonly refusal: string | undefined
}

/** `charge`: sales and captures. */
type Begun = { readonly hold: number; readonly charge: number; readonly refund: number }
const NOTHING_BEGUN: Begun = { hold: 0, charge: 0, refund: 0 }
const begins = { authorise: 'hold', sale: 'charge', capture: 'charge', refund: 'refund' } as const

/** A trace number that was never used, and the reference of what is asked for the nth time under it (`referenceOf`). */
export type FreshNumbers = { readonly stan: number; rrnFor(kind: ExchangeKind, nth: number): string }

type Body = Omit<CardCase, 'id' | 'version' | 'dueAt' | 'reversingSince'>

export function caseOf({ id, version, dueAt, reversingSince, body }: CardRow): CardCase {
  const read = JSON.parse(body) as { readonly [K in keyof Body]?: Exclude<Body[K], undefined> } & Pick<
    Body,
    'acquirer' | 'maskedPan' | 'currency' | 'wants' | 'wantedMinor' | 'has' | 'hasMinor' | 'tries'
  >
  const { secret, ksn, by, hold, open, refusal } = read
  return { ...read, secret, ksn, by, hold, open, refusal, id, version, dueAt, reversingSince }
}

export function rowOf({ id, version, dueAt, reversingSince, ...body }: CardCase): CardRow {
  return { id, version, dueAt, reversingSince, body: JSON.stringify(body satisfies Body) }
}

export const newCase = (about: Pick<CardCase, 'id' | 'acquirer' | 'maskedPan' | 'currency' | 'secret' | 'ksn' | 'wantedMinor'>, now: EpochMs): CardCase => ({
  ...about,
  version: 0,
  wants: 'hold',
  has: 'nothing',
  hasMinor: 0,
  by: undefined,
  hold: undefined,
  open: undefined,
  reversingSince: undefined,
  tries: 0,
  dueAt: now,
  refusal: undefined,
})

/** What somebody wants now takes the place of what was wanted before; an exchange that is open ends first. */
export const wanting = (card: CardCase, wants: CardCase['wants'], wantedMinor: Minor, now: EpochMs): CardCase => ({
  ...card,
  wants,
  wantedMinor,
  dueAt: card.dueAt === undefined ? now : Math.min(card.dueAt, now),
})

/** What is to be asked next; undefined when what there is is what is wanted, or nothing can be done about it. */
export function nextKind({
  wants,
  wantedMinor,
  has,
  hasMinor,
  by,
}: Pick<CardCase, 'wants' | 'wantedMinor' | 'has' | 'hasMinor' | 'by'>): ExchangeKind | undefined {
  if (wants === 'rest') return undefined
  if (wants === 'nothing') return has === 'nothing' ? undefined : has === 'money' && hasMinor !== by?.amountMinor ? 'refund' : 'reverse'
  if (wants === 'hold') return has === 'nothing' ? 'authorise' : undefined
  if (has === 'money') return hasMinor > wantedMinor ? 'refund' : undefined
  if (wantedMinor === 0) return has === 'hold' ? 'reverse' : undefined
  return has === 'hold' ? 'capture' : 'sale'
}

/** The next exchange under a number that was never used. Undefined where there is none, and `dueAt` is of no use any more. */
export function begin(card: CardCase, { stan, rrnFor }: FreshNumbers, now: EpochMs): CardCase | undefined {
  const kind = nextKind(card)
  if (kind === undefined) return undefined
  const amountMinor =
    kind === 'refund' ? card.hasMinor - (card.wants === 'nothing' ? 0 : card.wantedMinor) : kind === 'reverse' ? card.hasMinor : card.wantedMinor
  const of = kind === 'capture' || kind === 'refund' || kind === 'reverse' ? { of: card.by } : {}
  const common = { stan, at: now, amountMinor, ...(of.of === undefined ? {} : { of: of.of }) }
  if (kind === 'reverse') {
    const open: Exchange = { ...common, rrn: rrnFor(kind, stan), kind, why: 'voided' }
    return { ...card, open, tries: 0, dueAt: now, reversingSince: now }
  }
  const { begun = NOTHING_BEGUN } = card
  const nth = begun[begins[kind]] + 1
  return { ...card, open: { ...common, rrn: rrnFor(kind, nth), kind }, begun: { ...begun, [begins[kind]]: nth }, tries: 0, dueAt: now }
}

const LONGEST_PAUSE: DurationMs = 1 * MINUTE
/** Between repeats of a reversal, and before an acquirer that could not be reached is tried again. */
const pauses: readonly DurationMs[] = [2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, LONGEST_PAUSE]
export const pauseAfter = (tries: number): DurationMs => pauses[Math.min(tries, pauses.length - 1)] ?? LONGEST_PAUSE

/** What is due later than any pause lasts was written by a clock that has been set back since: nobody's money is held for as long as that was wrong. */
export const isDue = ({ dueAt }: Pick<CardCase, 'dueAt'>, now: EpochMs): boolean => dueAt !== undefined && (dueAt <= now || dueAt > now + LONGEST_PAUSE)

export type Happened =
  | 'held'
  | 'paid'
  | 'refunded'
  | 'undone'
  /** It said no. Nobody asks again before somebody wants to. */
  | 'refused'
  /** Nothing is known, or nothing was asked: it goes on by itself. */
  | 'waits'

/**
 * What an answer about the open exchange changes. `numbers`: for the reversal that silence asks for. The caller has looked that the answer is about this exchange.
 */
export function answered(
  card: CardCase,
  answer: Answer,
  { stan, rrnFor }: FreshNumbers,
  now: EpochMs,
): { readonly card: CardCase; readonly happened: Happened } {
  const { open } = card
  if (open === undefined) return { card, happened: 'waits' }
  const tries = card.tries + 1
  const later = { tries, dueAt: now + pauseAfter(card.tries) }
  if (open.kind === 'reverse') {
    const isDone = answer.type === 'approved' || (answer.type === 'declined' && isUndone(answer.code))
    return isDone ? { card: undoneCase(card, open, now), happened: 'undone' } : { card: { ...card, ...later }, happened: 'waits' }
  }
  const ended = { ...card, open: undefined, tries: 0, dueAt: now }
  switch (answer.type) {
    case 'silence': {
      const reversal: Exchange = {
        stan,
        rrn: rrnFor('reverse', stan),
        kind: 'reverse',
        why: 'no_answer',
        at: now,
        amountMinor: open.amountMinor,
        of: refOf(open),
      }
      return { card: { ...ended, open: reversal, reversingSince: now }, happened: 'waits' }
    }
    case 'unsent':
      // A customer who waits gets an answer now or never; everything else can wait for the acquirer.
      return {
        card: {
          ...card,
          open: undefined,
          // What was not sent is asked under the same reference: none may be left out that the acquirer never heard.
          begun: unbegun(card, open.kind),
          ...(open.kind === 'authorise' ? { tries, dueAt: undefined, wants: card.wants === 'hold' ? 'rest' : card.wants } : later),
        },
        happened: 'waits',
      }
    case 'declined':
    case 'unreadable':
      return { card: { ...ended, ...afterRefusal(card, open.kind), refusal: answer.code }, happened: 'refused' }
    case 'approved':
      return approvedCase(ended, open, answer.approvalCode)
  }
}

function unbegun({ begun = NOTHING_BEGUN }: CardCase, kind: ExchangeRef['kind']): Begun {
  return { ...begun, [begins[kind]]: Math.max(0, begun[begins[kind]] - 1) }
}

const refOf = ({ kind, stan, rrn, at, amountMinor }: ExchangeRef): ExchangeRef => ({ kind, stan, rrn, at, amountMinor })

/** A refund that was refused waits for a person; everything else is left to who wanted it, after what is still held was given back. */
const afterRefusal = ({ has }: CardCase, kind: ExchangeRef['kind']): Pick<CardCase, 'wants'> => ({
  wants: kind === 'refund' || has === 'nothing' ? 'rest' : 'nothing',
})

function approvedCase(ended: CardCase, open: ExchangeRef, approvalCode: string | undefined): ReturnType<typeof answered> {
  const by = { ...refOf(open), ...(approvalCode === undefined ? {} : { approvalCode }) }
  switch (open.kind) {
    case 'authorise':
      return { card: { ...ended, has: 'hold', hasMinor: open.amountMinor, by, hold: by, refusal: undefined }, happened: 'held' }
    case 'sale':
    case 'capture':
      return { card: { ...ended, has: 'money', hasMinor: open.amountMinor, by, refusal: undefined }, happened: 'paid' }
    case 'refund': {
      const hasMinor = ended.hasMinor - open.amountMinor
      return { card: { ...ended, has: hasMinor === 0 ? 'nothing' : 'money', hasMinor, refusal: undefined }, happened: 'refunded' }
    }
  }
}

/**
 * A refund that was undone leaves the money where it was, a capture what it was reserved by; whatever else was undone leaves nothing. What was merely to be
 * reserved is not asked for a second time.
 */
function undoneCase(card: CardCase, { of }: Exchange, now: EpochMs): CardCase {
  const calm = { ...card, open: undefined, tries: 0, dueAt: now, reversingSince: undefined }
  if (of?.kind === 'refund') return calm
  if (of?.kind === 'capture' && card.hold !== undefined) return { ...calm, has: 'hold', hasMinor: card.hold.amountMinor, by: card.hold }
  return { ...calm, has: 'nothing', hasMinor: 0, by: undefined, hold: undefined, wants: card.wants === 'hold' ? 'rest' : card.wants }
}
