import { FeeRecount } from './recount-fees.ts'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'

/**
 * Counts settlement again, from what was posted and nothing else, without the code that settles: other sums, other loops, plain text. What it finds is a defect of one
 * of the two. For tests, simulations and whoever doubts a report.
 */
type Json = { readonly [name: string]: unknown }
type Sums = { count: number; fees: bigint; taxes: bigint; readonly totals: Map<string, bigint> }

const PAGE = 1000
const MOST_ATTEMPTS = 5
/** `merchant/{id}/{currency}`, and not what lies beside it. */
const MERCHANTS = /^merchant\/[^/]+\/[^/]+$/

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\/(post|pay)$/, 'sales'],
  [/\/(refund|return)$/, 'refunds'],
  [/\/(tip|untip)$/, 'tips'],
  [/\/(chargeback|represented)$/, 'chargebacks'],
  [/\/(reserve|release)$/, 'reserve'],
  [/\/(claim|offset)$/, 'claims'],
  [/\/back$/, 'returned'],
  [/\/fees$/, 'fees'],
  [/\/tax$/, 'feeTax'],
]

export type SettlementRecount = { readonly postings: number; readonly windows: number; readonly payouts: number; readonly differences: readonly string[] }

/** A hub that goes on working would be counted half before and half after: it is counted again, and at last with a word about that. */
export async function recountSettlement(store: HubStore): Promise<SettlementRecount> {
  for (let attempt = 1; ; attempt++) {
    const { last, ...counted } = await recountOnce(store)
    if ((await store.transfersAfter(last, 1)).length === 0) return counted
    if (attempt === MOST_ATTEMPTS) return { ...counted, differences: ['postings came while it was counted: ask again when it is calm', ...counted.differences] }
  }
}

async function recountOnce(store: HubStore): Promise<SettlementRecount & { readonly last: number }> {
  const differences: string[] = []
  const differ = (what: string, is: unknown, should: unknown): void => {
    if (String(is) !== String(should)) differences.push(`${what}: ${String(is)}, but ${String(should)} was posted`)
  }
  const raw = await countPostings(store, differ)
  const windows = await all(store, 'window/')
  const payouts = await all(store, 'payout/')
  checkWindows(raw, windows, differ)
  checkPayouts(raw, payouts, windows, differ)
  checkPositions(raw, await all(store, 'position/'), windows, differ)
  sumsAre(
    raw.balances,
    'reserve/',
    (await all(store, 'reserve/')).filter(({ releasedAt }) => releasedAt === undefined).map((row) => [of(row), amount(row['amountMinor'])]),
    differ,
  )
  const open = (await all(store, 'claim/')).filter(({ state }) => state === 'open')
  sumsAre(
    raw.owed,
    'claims/',
    open.map((row) => [of(row), amount(row['amountMinor']) - amount(row['paidMinor'])]),
    differ,
  )
  return { last: raw.last, postings: raw.postings, windows: windows.length, payouts: payouts.length, differences }
}

type Differ = (what: string, is: unknown, should: unknown) => void
type Raw = {
  last: number
  postings: number
  readonly windows: Map<number, Sums>
  /** Credits less debits, and the other way round. */
  readonly balances: Map<string, bigint>
  readonly owed: Map<string, bigint>
  readonly proposed: Map<string, bigint>
  /** Of payouts that had left before the hub was put back to a backup: counted by a window, and no window's own. */
  readonly adopted: Map<string, bigint>
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const amount = (value: unknown): bigint => BigInt(text(value))
const of = ({ merchant, currency }: Json): string => `${text(merchant)}/${text(currency)}`
const add = (sums: Map<string, bigint>, name: string, more: bigint): void => void sums.set(name, (sums.get(name) ?? 0n) + more)

async function all(store: HubStore, prefix: string): Promise<Json[]> {
  const found: Json[] = []
  for await (const { body } of everyDocument(store, prefix)) found.push(JSON.parse(body) as Json)
  return found
}

async function countPostings(store: HubStore, differ: Differ): Promise<Raw> {
  const raw: Raw = { last: 0, postings: 0, windows: new Map(), balances: new Map(), owed: new Map(), proposed: new Map(), adopted: new Map() }
  const fees = new FeeRecount(store)
  for (let after = 0; ;) {
    const page = await store.transfersAfter(after, PAGE)
    for (const { seq, id, kind, debit, credit, amount: moved, window, feeMinor = 0, taxMinor = 0 } of page) {
      raw.last = after = seq
      if (kind !== 'single' && kind !== 'post') continue
      for (const [account, change] of [
        [credit, moved],
        [debit, -moved],
      ] as const) {
        add(raw.balances, account, change)
        add(raw.owed, account, -change)
        if (!MERCHANTS.test(account)) continue
        raw.postings += 1
        const payout = /^payout\/(.*)\/proposed$/.exec(id)?.[1]
        const adopted = /^payout\/(.*)\/adopted$/.exec(id)?.[1]
        if (adopted !== undefined) raw.adopted.set(adopted, -change)
        if (payout !== undefined) raw.proposed.set(payout, -change)
        else if (window === undefined) differ(`window of ${id}`, 'none', change)
        else countInto(raw, window, NAMES.find(([pattern]) => pattern.test(id))?.[1] ?? 'other', change, feeMinor, taxMinor)
      }
    }
    await checkFees(store, fees, page, differ)
    if (page.length < PAGE) return raw
  }
}

/** A sale is a posting of a payment's money onto a merchant's account. */
async function checkFees(store: HubStore, fees: FeeRecount, page: Awaited<ReturnType<HubStore['transfersAfter']>>, differ: Differ): Promise<void> {
  const sales = page.filter(({ id, kind, credit }) => (kind === 'single' || kind === 'post') && /\/(post|pay)$/.test(id) && MERCHANTS.test(credit))
  const payments = await store.get(
    'payments',
    sales.flatMap(({ payment }) => payment ?? []),
  )
  const profiles = new Map(payments.map(({ id, profile }) => [id, profile]))
  for (const { id, at, amount: sold, credit, payment, feeMinor = 0, taxMinor = 0 } of sales) {
    const [, merchant = '', currency = ''] = credit.split('/')
    const sale = { id, merchant, currency, at, amount: sold, fee: feeMinor, tax: taxMinor, profile: profiles.get(payment ?? '') }
    const wrong = await fees.check(sale)
    if (wrong !== undefined) differ(wrong, 'wrong', 'other')
  }
}

function countInto({ windows }: Raw, number: number, name: string, change: bigint, feeMinor: number, taxMinor: number): void {
  const sums = windows.get(number) ?? { count: 0, fees: 0n, taxes: 0n, totals: new Map<string, bigint>() }
  windows.set(number, sums)
  add(sums.totals, name, change)
  if (name === 'fees' || name === 'feeTax') return
  sums.count += 1
  sums.fees -= BigInt(feeMinor)
  sums.taxes -= BigInt(taxMinor)
}

function checkWindows({ windows: raw }: Raw, windows: readonly Json[], differ: Differ): void {
  const known = new Set(windows.map(({ number }) => Number(number)))
  for (const number of raw.keys()) if (!known.has(number)) differ(`window ${number}`, 'unknown', 'something')
  const last = new Map<string, { end: number; carried: bigint }>()
  for (const window of windows) {
    const { id, number, postings, totals, closed, startsAt, endsAt } = window
    const sums = raw.get(Number(number)) ?? { count: 0, fees: 0n, taxes: 0n, totals: new Map<string, bigint>() }
    const said = Object.entries(totals as Json)
    for (const [name, value] of said) differ(`${name} of window ${text(id)}`, value, sums.totals.get(name) ?? 0n)
    differ(`postings of window ${text(id)}`, postings, sums.count)
    differ(`shares of fees of window ${text(id)}`, sums.fees, sums.totals.get('fees') ?? 0n)
    differ(`shares of taxes of window ${text(id)}`, sums.taxes, sums.totals.get('feeTax') ?? 0n)
    // In the order of their ends.
    const before = last.get(of(window)) ?? { end: 0, carried: 0n }
    if (Number(startsAt) < before.end) differ(`start of window ${text(id)}`, startsAt, before.end)
    let carried = before.carried
    if (closed !== undefined && closed !== null) {
      const { carriedIn, carriedOut, payout } = closed as Json
      differ(`carried into window ${text(id)}`, carriedIn, before.carried)
      if (payout === undefined) carried += [...sums.totals.values()].reduce((sum, value) => sum + value, 0n)
      else carried = 0n
      differ(`carried out of window ${text(id)}`, carriedOut, carried)
    }
    last.set(of(window), { end: Number(endsAt), carried })
  }
}

function checkPayouts(raw: Raw, payouts: readonly Json[], windows: readonly Json[], differ: Differ): void {
  const net = new Map(
    windows.map(({ id, number }) => [text(id), [...(raw.windows.get(Number(number))?.totals.values() ?? [])].reduce((sum, value) => sum + value, 0n)]),
  )
  const paid = new Set<string>()
  const places = new Map<string, bigint>()
  for (const payout of payouts) {
    const { payoutId, amountMinor, windows: pays, state } = payout
    const ids = pays as readonly string[]
    for (const id of ids) if (paid.has(id)) differ(`window ${id}`, 'paid twice', 'once')
    for (const id of ids) paid.add(id)
    const taken = payout['adopted'] === true ? raw.adopted : raw.proposed
    differ(`payout ${text(payoutId)}`, amountMinor, taken.get(text(payoutId)) ?? 0n)
    if (taken === raw.proposed)
      differ(
        `windows of payout ${text(payoutId)}`,
        amountMinor,
        ids.reduce((sum, id) => sum + (net.get(id) ?? 0n), 0n),
      )
    add(places, `payouts/${text(state)}/${of(payout)}`, amount(amountMinor))
  }
  differ('payouts', payouts.length, raw.proposed.size + raw.adopted.size)
  for (const [account, balance] of raw.balances) if (account.startsWith('payouts/')) differ(account, places.get(account) ?? 0n, balance)
  for (const [account, sum] of places) if (/^payouts\/(proposed|approved|sent|accepted)\//.test(account)) differ(account, sum, raw.balances.get(account) ?? 0n)
}

/** What a merchant is owed is what open windows have come to and what closed ones have carried on. */
function checkPositions(raw: Raw, positions: readonly Json[], windows: readonly Json[], differ: Differ): void {
  const open = new Map<string, bigint>()
  for (const window of windows)
    if (window['state'] === 'open') for (const sum of raw.windows.get(Number(window['number']))?.totals.values() ?? []) add(open, of(window), sum)
  for (const position of positions) {
    const balance = raw.balances.get(`merchant/${of(position)}`) ?? 0n
    differ(`balance of merchant ${of(position)}`, amount(position['carried']) + (open.get(of(position)) ?? 0n), balance)
  }
}

function sumsAre(balances: ReadonlyMap<string, bigint>, prefix: string, parts: readonly (readonly [string, bigint])[], differ: Differ): void {
  const sums = new Map<string, bigint>()
  for (const [name, part] of parts) add(sums, `${prefix}${name}`, part)
  for (const [account, balance] of balances) if (account.startsWith(prefix)) differ(account, sums.get(account) ?? 0n, balance)
  for (const [account, sum] of sums) differ(account, sum, balances.get(account) ?? 0n)
}
