import { places as order, type Place } from '#protocol/hub-api/conservation.ts'
import type { FleetState } from '#protocol/hub-api/fleet.ts'
import type { Overview } from '#protocol/hub-api/overview.ts'
import type { AttentionView, Concern, PlacesView } from '#protocol/hub-api/watch.ts'
import type { Currency } from '#protocol/money.ts'
import { MINUTE, type EpochMs } from '#protocol/time.ts'
import { errors } from './failures.ts'
import { fleetWords } from './fleet-words.ts'
import { formatMoney } from './money.ts'
import { needText } from './need-text.ts'
import { overviewWords as words } from './overview-words.ts'
import { linkTo } from './router.ts'
import { words as all } from './words.ts'

/** One thing that somebody should know: what, why, since when, and where everything about it stands. `fact`: nobody has to do anything about it. */
export type Found = {
  readonly key: string
  readonly say: string
  readonly tone: 'act' | 'fact'
  readonly why?: readonly string[]
  readonly since?: EpochMs
  readonly link?: string
}

const pageOf: Readonly<Record<Concern, string>> = {
  payoutsToApprove: 'settlement',
  merchantsToAgree: 'merchants',
  payoutsBack: 'settlement',
  claims: 'settlement',
  bankLines: 'bank',
  bankIncidents: 'bank',
  webhooksOff: 'programs',
  riskDrift: 'risk-model',
}
/** Reasons beyond these say little more. */
const REASONS = 3
/** A second copy takes a moment; what has none for longer is told. */
const SECOND_COPY_TAKES = 1 * MINUTE

export function stuckOf(overview: Overview, attention: AttentionView | undefined): readonly Found[] {
  const { counts, exceptions, atRisk } = overview
  const acquirers = [
    { name: all.acquirer.heading, acquirer: overview.acquirer },
    { name: all.acquirer.alipay, acquirer: overview.alipay },
  ].flatMap(({ name, acquirer }) => (acquirer === undefined ? [] : [{ name, ...acquirer }]))
  return [
    ...one(counts.exceptions, {
      key: 'exceptions',
      say: words.exceptions(counts.exceptions),
      why: reasonsOf(exceptions.map(({ code }) => errors[code].say)),
      link: linkTo('stuck'),
      ...oldest(exceptions.map(({ at }) => at)),
    }),
    ...one(counts.atRisk, {
      key: 'at risk',
      say: words.atRisk(
        counts.atRisk,
        sumsOf(overview)
          .map(({ told }) => told)
          .join(', '),
      ),
      why: reasonsOf(atRisk.map(({ code }) => errors[code].say)),
      link: linkTo('stuck'),
      ...oldest(atRisk.map(({ since }) => since)),
    }),
    ...acquirers.flatMap(({ id, name, waiting, link, since, reversals }) => [
      ...one(waiting, {
        key: `${id} hangs`,
        say: words.hanging(name, waiting),
        link: linkTo('acquirers'),
        ...oldest(reversals.map((reversal) => reversal.since)),
      }),
      ...one(link === 'ready' ? 0 : 1, { key: `${id} lost`, say: words.acquirerLost(name), link: linkTo('acquirers'), since }),
    ]),
    ...(attention?.concerns ?? []).map(({ what, count, since }): Found => {
      return { key: what, say: words.concerns[what](count), tone: 'act', link: linkTo(pageOf[what]), ...(since !== undefined && { since }) }
    }),
    ...(counts.unsettledEntries > 0
      ? [{ key: 'unsettled', say: words.unsettled(counts.unsettledEntries), tone: 'fact' as const, link: linkTo('payments') }]
      : []),
  ]
}

export function wrongOf(overview: Overview, attention: AttentionView | undefined, places: PlacesView | undefined): readonly Found[] {
  const { money, payments } = overview
  const lost = (places?.currencies ?? []).flatMap(({ currency, places: found }) =>
    found.filter(({ place }) => place === 'losses').map(({ minor }) => ({ currency, minor })),
  )
  const unexplained = (places?.currencies ?? []).flatMap(({ currency, places: found }) =>
    found.filter(({ place }) => place === 'unexplained').map(({ minor }) => ({ currency, minor })),
  )
  const policy = attention?.policy
  const exposed = policy && sumsOf(overview).find(({ currency }) => currency === policy.currency)
  const denied = payments.filter(({ exception }) => exception === 'policy.denied').length
  return [
    ...one(money.balanced ? 0 : 1, { key: 'unbalanced', say: words.unbalanced, link: linkTo('conservation') }),
    ...(policy !== undefined && exposed !== undefined && policy.worstMinor > 0 ? [exposure(exposed, policy.worstMinor)] : []),
    ...one(attention?.risk?.cases ?? 0, {
      key: 'cases',
      say: words.cases(attention?.risk?.cases ?? 0, formatMoney(attention?.risk?.heldMinor ?? 0, attention?.policy.currency ?? 'EUR')),
      link: linkTo('risk-cases'),
      ...(attention?.risk?.since !== undefined && { since: attention.risk.since }),
    }),
    ...one(denied, { key: 'denied', say: words.denied(denied), link: linkTo('payments') }),
    ...unexplained.map(({ currency, minor }): Found => ({
      key: `unexplained ${currency}`,
      say: words.unexplained(formatMoney(turned(minor), currency)),
      tone: 'act',
      link: linkTo('bank'),
    })),
    ...lost.map(({ currency, minor }): Found => ({
      key: `losses ${currency}`,
      say: words.losses(formatMoney(minor, currency)),
      tone: 'fact',
      link: linkTo('postings', { place: 'losses', currency }),
    })),
  ]
}

/** Of what tills may lose each time that they are cut off, so much has not come by now. */
function exposure({ minor, currency, told }: Sum, worstMinor: number): Found {
  const percent = Math.ceil((minor * 100) / worstMinor)
  const say = words.exposure(told, formatMoney(worstMinor, currency), percent)
  return { key: 'exposure', say, tone: percent >= 80 ? 'act' : 'fact', link: linkTo('policy') }
}

/** `fleet`: what tills say of themselves, once the hub has answered; of one that says nothing only its connection tells. */
export function devicesOf({ tills, at }: Overview, fleet?: FleetState): readonly Found[] {
  const told = (fleet?.needs ?? []).map((need): Found => {
    const { say, next } = needText(need)
    const why = need.takenBy === undefined ? next : fleetWords.needs.takenBy(need.takenBy)
    return { key: need.id, say, tone: need.takenBy === undefined ? 'act' : 'fact', why: [why], since: need.since, link: linkTo('tills') }
  })
  const speaks = new Set((fleet?.tills ?? []).filter(({ health }) => health !== undefined).map((till) => till.id))
  const others = tills.flatMap(({ id, name, link, since, received, safe, lastEntryAt }): Found[] => {
    const about = { link: linkTo('tills'), ...(since !== undefined && { since }) }
    const behind = received - safe
    const waits = behind > 0 && lastEntryAt !== undefined && at - lastEntryAt > SECOND_COPY_TAKES
    return [
      ...(link === 'offline' && !speaks.has(id) ? [{ key: `${id} silent`, say: words.silent(name), tone: 'act' as const, ...about }] : []),
      ...(link === 'never seen' ? [{ key: `${id} new`, say: words.neverSeen(name), tone: 'fact' as const, link: linkTo('tills') }] : []),
      ...(waits ? [{ key: `${id} behind`, say: words.behind(name, behind), tone: 'act' as const, link: linkTo('tills'), since: lastEntryAt }] : []),
    ]
  })
  return [...told, ...others]
}

/** What holds money stands before those whose it is. */
export const isHolder = (place: Place): boolean => order.indexOf(place) < order.indexOf('wallets')

/** What is owed stands in the books below zero, and is said without a sign. */
export const turned = (minor: string): string => (minor.startsWith('-') ? minor.slice(1) : minor === '0' ? minor : `-${minor}`)

const one = (count: number, found: Omit<Found, 'tone'>): readonly Found[] => (count > 0 ? [{ ...found, tone: 'act' }] : [])
const oldest = (times: readonly EpochMs[]): { readonly since?: EpochMs } => (times.length > 0 ? { since: Math.min(...times) } : {})

/** Each once, the most frequent first. */
function reasonsOf(said: readonly string[]): readonly string[] {
  const counts = [...Map.groupBy(said, (say) => say)].map(([say, each]) => ({ say, count: each.length }))
  return counts
    .toSorted((a, b) => b.count - a.count)
    .slice(0, REASONS)
    .map(({ say, count }) => words.why(count, say))
}

type Sum = { readonly currency: Currency; readonly minor: number; readonly told: string }

/** What is at risk by currency, of the claims that are listed. */
function sumsOf({ atRisk, counts }: Overview): readonly Sum[] {
  return [...Map.groupBy(atRisk, ({ currency }) => currency)].map(([currency, own]) => {
    const minor = own.reduce((sum, { claimMinor }) => sum + claimMinor, 0)
    const told = formatMoney(minor, currency)
    return { currency, minor, told: counts.atRisk > atRisk.length ? words.atLeast(told) : told }
  })
}
