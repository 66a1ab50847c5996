import type { HubStore, Payment } from '../store/hub-store.ts'
import { dayOf } from '../risk/learning.ts'
import { standingOf } from '../risk/standing.ts'
import { chargebackDocument, readChargeback } from '../settlement/chargeback.ts'
import { termsOf, type PolicyRules } from './rules.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { hex } from '#protocol/bytes.ts'
import { cardRefOf } from '#protocol/card.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Policy } from '#protocol/hub/messages.ts'
import type { Replayed, Tally } from '#protocol/hub-api/policy.ts'
import { decodeEntry, type EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import { decideOffline, type Asked, type Situation } from '#protocol/policy/decide.ts'
import { fingerprintOf, type DeniedName } from '#protocol/policy/deny-list.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { LoneMemory } from '#protocol/risk/lone.ts'
import type { DurationMs, EpochMs } from '#protocol/time.ts'

/** A payment as its till saw it, which is the same whatever the rules are, and what became of it. */
export type Seen = {
  readonly payment: Pick<Payment, 'id' | 'till' | 'at' | 'amountMinor' | 'currency' | 'wallet' | 'decidedBy' | 'settledAt'>
  readonly asked: Omit<Asked, 'instrumentExposureMinor' | 'instrumentCount' | 'lone'>
  readonly offlineFor: DurationMs
  readonly codeAgeMs?: DurationMs | undefined
  /** The money never came, or was taken back. */
  readonly isBad: boolean
}

/** A week of a busy chain is more; then it is the newest that count. */
const MAX_PAYMENTS = 20_000

/** What an instrument is to a policy, from what the journal says of it; undefined where that cannot be read. */
export function askedAs(
  crypto: Pick<Crypto, 'sha256'>,
  instrument: EntryBody<'payment.intended'>['instrument'],
  amountMinor: Minor,
): (Pick<Asked, 'instrument' | 'denyFingerprints'> & { readonly shownAt?: EpochMs }) | undefined {
  // What is left of a credit is between the till and the hub's ledger.
  if (instrument.type === 'credit') return { instrument: { kind: 'credit', leftMinor: amountMinor }, denyFingerprints: [] }
  if (instrument.type === 'card')
    return { instrument: { kind: 'card' }, denyFingerprints: [fingerprintOf(crypto, { kind: 'card', id: cardRefOf(crypto, instrument) })] }
  // Whether these are taken is nobody's policy: the hub holds the one's money, and the other's issuer is asked.
  if (instrument.type !== 'wallet') return undefined
  const code = readCode(instrument.code)
  if (!code.ok) return undefined
  const { claims, envelope } = code.value.credential
  const { perPaymentLimitMinor, totalLimitMinor } = claims
  const names: readonly DeniedName[] = [
    { kind: 'wallet', id: claims.wallet },
    { kind: 'credential', id: claims.credentialId },
    { kind: 'key', id: hex(envelope.keyId) },
  ]
  return {
    instrument: { kind: code.value.profile === 'show' ? 'wallet_shown' : 'wallet_bound', limits: { perPaymentLimitMinor, totalLimitMinor } },
    denyFingerprints: names.map((name) => fingerprintOf(crypto, name)),
    shownAt: code.value.issuedAtMs,
  }
}

/** The payments since then that a policy might have decided, oldest first, from the hub's journal. */
export async function paymentsSeen(store: HubStore, crypto: Pick<Crypto, 'sha256'>, since: EpochMs): Promise<readonly Seen[]> {
  const takenBack = await chargedBack(store)
  const recent = (await store.newestPayments(MAX_PAYMENTS)).filter(({ at, profile }) => at >= since && profile !== undefined && profile !== 'cash')
  const seen: Seen[] = []
  for (const payment of recent.toReversed()) {
    const [stored] = await store.entriesOf(payment.id, 1)
    const entry = stored === undefined ? undefined : decodeEntry(stored.bytes, stored)
    if (stored === undefined || entry?.ok !== true || entry.value.kind !== 'payment.intended') continue
    const asked = askedAs(crypto, entry.value.body.instrument, payment.amountMinor)
    if (asked === undefined) continue
    const { amountMinor, currency, at } = payment
    const { shownAt, ...instrument } = asked
    seen.push({
      payment,
      asked: { ...instrument, amountMinor, currency },
      offlineFor: Math.max(0, at - (stored.floorAt ?? at)),
      codeAgeMs: shownAt === undefined ? undefined : Math.max(0, at - shownAt),
      isBad: payment.unpaidSince !== undefined || takenBack.has(payment.id),
    })
  }
  return seen.toSorted((a, b) => a.payment.at - b.payment.at)
}

/**
 * What these rules would have done, by the very function that decides on tills. A payment that they refuse is not made, and counts against nothing later; one that
 * they accept counts until the hub settled it. `alone`: only those that tills decided alone, at the time without the hub that they really had;
 * otherwise all, as if their till had just been cut off. Slices are equal shares; deny lists are those of today.
 */
export function replayed(
  rules: PolicyRules,
  seen: readonly Seen[],
  tills: number,
  currency: string,
  has: (fingerprint: number) => boolean,
  alone: boolean,
): Replayed {
  const accepted: Tally[] = []
  const refused = new Map<ErrorCode, Tally>()
  for (const { one, decided } of decidedAgain(rules, seen, tills, currency, has, alone)) {
    const { amountMinor } = one.payment
    if (decided.ok) accepted.push({ payments: 1, sumMinor: amountMinor })
    else refused.set(decided.code, plus(refused.get(decided.code), amountMinor))
  }
  return {
    accepted: { payments: accepted.length, sumMinor: accepted.reduce((total, { sumMinor }) => total + sumMinor, 0) },
    refused: [...refused].map(([code, tally]) => ({ code, ...tally })).toSorted((a, b) => b.sumMinor - a.sumMinor),
  }
}

/** Each payment with what these rules say to it, and what its till would have known, to be asked before the next: the till's memory is of what was really paid there, in the order of time. */
export function* decidedAgain(
  rules: PolicyRules,
  seen: readonly Seen[],
  tills: number,
  currency: string,
  has: (fingerprint: number) => boolean,
  alone: boolean,
): Generator<{ readonly one: Seen; readonly decided: Outcome<Policy>; readonly lone: () => Float64Array }> {
  const open = new Map<string, Seen[]>()
  const memories = new Map<string, TillMemory>()
  for (const one of seen) {
    const { payment, asked, offlineFor } = one
    const memory = memories.get(payment.till) ?? { own: new LoneMemory(), past: [] }
    memories.set(payment.till, memory)
    if (alone && payment.decidedBy !== 'policy') {
      remember(memory, one)
      continue
    }
    const counting = (open.get(payment.till) ?? []).filter(({ payment: { settledAt } }) => settledAt === undefined || settledAt > payment.at)
    const same = counting.filter((other) => other.payment.wallet === payment.wallet)
    const sum = (all: readonly Seen[]): Minor => all.reduce((total, other) => total + other.payment.amountMinor, 0)
    const policy: Policy = policyAt(rules, payment, tills, currency)
    const denyList = { version: 1, check: '0'.repeat(12), confirmedAt: payment.at, has }
    const situation: Situation = { now: payment.at, clockDoubtful: false, offlineFor: alone ? offlineFor : 0, tillExposureMinor: sum(counting), denyList }
    const exposureMinor = sum(same)
    const lone = (): Float64Array => loneOf(memory, one, exposureMinor)
    const known = rules.risk === undefined ? {} : { lone: lone() }
    const decided = decideOffline(policy, situation, { ...asked, instrumentExposureMinor: exposureMinor, instrumentCount: same.length, ...known })
    open.set(payment.till, decided.ok ? [...counting, one] : counting)
    yield { one, decided, lone }
    remember(memory, one)
  }
}

type TillMemory = { readonly own: LoneMemory; readonly past: { readonly at: EpochMs; readonly isBad: boolean }[] }

/** Unknown instruments are none of each other. */
const instrumentOf = ({ payment: { wallet, id } }: Seen): string => wallet ?? id

function remember({ own, past }: TillMemory, one: Seen): void {
  const { at, amountMinor } = one.payment
  own.add({ at, instrument: instrumentOf(one), amountMinor })
  past.push({ at, isBad: one.isBad })
}

function loneOf({ own, past }: TillMemory, one: Seen, exposureMinor: Minor): Float64Array {
  const { payment, asked, offlineFor, codeAgeMs } = one
  const { kind } = asked.instrument
  const limits = 'limits' in asked.instrument ? asked.instrument.limits : undefined
  const { at, amountMinor } = payment
  return own.features({
    at,
    instrument: instrumentOf(one),
    kind,
    amountMinor,
    limits,
    exposureMinor,
    offlineFor,
    codeAgeMs,
    // A hub signs a policy a few times a day.
    standing: standingOf(past, dayOf(at)),
  })
}

const MAX_CHARGEBACKS = 10_000

/** Payments that a customer's bank took back, and has not given back since. */
async function chargedBack(store: Pick<HubStore, 'documents'>): Promise<ReadonlySet<string>> {
  const rows = await store.documents({ prefix: chargebackDocument(''), limit: MAX_CHARGEBACKS, newestFirst: true })
  return new Set(rows.map(readChargeback).flatMap(({ state, payment }) => (state === 'won' ? [] : [payment])))
}

const plus = (tally: Tally | undefined, minor: Minor): Tally => ({ payments: (tally?.payments ?? 0) + 1, sumMinor: (tally?.sumMinor ?? 0) + minor })

function policyAt(rules: PolicyRules, { till, at }: Seen['payment'], tills: number, currency: string): Policy {
  const { storeMinor } = rules
  const storeSlice = storeMinor === undefined ? {} : { storeSlice: { storeMinor, sliceMinor: Math.floor(storeMinor / Math.max(1, tills)) } }
  const risk = rules.risk === undefined ? {} : { risk: rules.risk }
  return { v: 1, version: 1, till, issuedAt: at, validUntil: at + rules.validForMs, currency, ...termsOf(rules), ...storeSlice, ...risk }
}
