import { base64url } from '#protocol/bytes.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { readQuote } from '#protocol/exchange/quote.ts'
import { paidCode } from '#protocol/hub/paid.ts'
import type { Id } from '#protocol/ids.ts'
import { ok } from '#protocol/outcome.ts'
import { MINUTE, type EpochMs } from '#protocol/time.ts'
import type { RateFeed } from '../../hub/exchange/feeds.ts'
import { readPaymentExchange } from '../../hub/exchange/payment-exchange.ts'
import type { RateTable } from '../../hub/exchange/rate-table.ts'
import type { ExchangePorts } from '../../hub/exchange/settings.ts'
import type { Changes, HubStore } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { Customer } from './customer.ts'
import type { HubMachine } from './hub-machine.ts'
import type { PhonesAtHub } from './phone-work.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What can become of a payment by a wallet in another currency, and of the rates by which it is exchanged. */
export const exchangeMoves = [
  'quoted',
  'held',
  'paid',
  'paid late',
  'given back',
  'hold expired',
  'back at its own rate',
  'back at today’s rate',
  'refused exchange.quote_expired',
  'refused exchange.wrong_quote',
  'refused exchange.rate_held',
  'rates moved',
  'rates waited',
  'rates confirmed',
] as const

export const FOREIGN_CURRENCY = 'CNY'
/** Enough for all that can be bought here. */
export const FOREIGN_FUNDS = 200_000

/** A source whose rates wander, and jump now and then by what a lost comma does. */
export class WorldRates implements RateFeed {
  readonly #random: Random
  readonly #now: () => EpochMs
  #tenthousandths = 78_123
  #slip = false
  /** Its slips begin when the shop is open. */
  troubled = false
  #at: EpochMs

  constructor(random: Random, now: () => EpochMs) {
    this.#random = random
    this.#now = now
    this.#at = now()
  }

  get ports(): ExchangePorts {
    return { feed: this, settings: { marginPpm: 15_000, maxAgeMs: 13 * 24 * 60 * MINUTE, maxJumpPpm: 50_000, quoteForMs: MINUTE / 2 } }
  }

  latest() {
    const random = this.#random
    if (random.chance(0.5)) {
      this.#tenthousandths += random.between(-300, 300)
      this.#slip = this.troubled && random.chance(0.15)
      this.#at = Math.floor(this.#now())
    }
    const shown = this.#slip ? this.#tenthousandths * 10 : this.#tenthousandths
    const table: RateTable = { source: 'World', at: new Date(this.#at).toISOString(), base: 'EUR', rates: { [FOREIGN_CURRENCY]: (shown / 10_000).toFixed(4) } }
    return Promise.resolve(ok(table))
  }
}

const acts = { pays: 8, paysWithOld: 3, paysWithOther: 2, asks: 2, confirmsRates: 3 } as const
const REMEMBERED = 8
type Kept = { readonly shown: string; readonly quote: string }

/** Somebody from abroad, who pays at any till, and a person who looks at rates. */
export class ExchangeWork {
  /** What the owner of the phone has confirmed for a request, by its nonce: the only sums that may leave the wallet. */
  readonly confirmed = new Map<string, bigint[]>()
  readonly #hub: HubMachine
  readonly #phones: PhonesAtHub
  readonly #trace: Trace
  readonly #moves: Set<string>
  #quotes: readonly Kept[] = []

  constructor(hub: HubMachine, phones: PhonesAtHub, trace: Trace, moves: Set<string>) {
    this.#hub = hub
    this.#phones = phones
    this.#trace = trace
    this.#moves = moves
  }

  act(random: Random, foreigner: Customer, now: EpochMs): void {
    const act = random.weighted(acts)
    const [newest] = this.#phones.shown.slice(-1)
    const old = this.#quotes.length === 0 ? undefined : random.pick(this.#quotes)
    if (act === 'confirmsRates') return this.#confirmRates()
    if (act === 'paysWithOld') return old && this.#pay(foreigner, old.shown, old.quote, now)
    if (newest === undefined) return
    if (act === 'paysWithOther') return old && this.#pay(foreigner, newest, old.quote, now)
    this.#hub.ask(async ({ hub }) => {
      const read = readShownRequest(newest)
      if (!read.ok) return
      const quoted = await hub.quoteForPhone({ wallet: foreigner.wallet.wallet, request: base64url(read.value.bytes) })
      if (!quoted.ok) return void this.#moves.add(`exchange refused ${quoted.code}`)
      this.#moves.add('exchange quoted')
      const kept = { shown: newest, quote: base64url(quoted.value) }
      this.#quotes = [...this.#quotes, kept].slice(-REMEMBERED)
      if (act === 'pays') this.#pay(foreigner, kept.shown, kept.quote, now)
    })
  }

  #pay(foreigner: Customer, shown: string, quote: string, now: EpochMs): void {
    const [read, said] = [readShownRequest(shown), readQuote(quote)]
    const code = foreigner.answer(shown, now)
    if (!read.ok || !said.ok || code === undefined) return
    const { request, bytes } = read.value
    const { amountMinor, currency } = said.value.quote.exchange
    const isAbout = said.value.quote.nonce === request.nonce
    if (isAbout) this.confirmed.set(request.nonce, [...(this.confirmed.get(request.nonce) ?? []), BigInt(amountMinor)])
    this.#trace.note(`the phone from abroad pays ${amountMinor} ${currency} for ${request.till}`)
    this.#hub.ask(async ({ hub }) => {
      const paid = await hub.payByPhone({ wallet: foreigner.wallet.wallet, code: code.text, request: base64url(bytes), quote })
      this.#trace.note(`the hub tells the phone from abroad ${paid.ok ? 'that it paid' : paid.code}`)
      if (!paid.ok) return void this.#moves.add(`exchange refused ${paid.code}`)
      // What was paid before is told once more, whatever comes with the question.
      if (!isAbout && !this.confirmed.has(request.nonce)) this.#trace.violation(16, 'a phone paid by a quote for something else')
      this.#phones.paidBy(request.nonce, foreigner.wallet.wallet)
      this.#phones.receipts.push({ text: paidCode(paid.value), till: request.till })
    })
  }

  #confirmRates(): void {
    this.#hub.ask(async ({ hub }) => {
      const held = hub.rates?.view().held
      if (held !== undefined) await hub.rates?.confirm(held.at, 'ann')
    })
  }
}

export const exchangeMovesOf = ({ documents = [], transfers = [] }: Changes): string[] => [
  ...documents.flatMap((row) => {
    if (row.id === 'exchange-rates')
      return [row.body.includes('"held"') ? 'rates waited' : row.body.includes('"confirmed"') ? 'rates confirmed' : 'rates moved']
    if (!row.id.startsWith('exchange/')) return []
    const last = readPaymentExchange(row).returned.at(-1)
    return [last === undefined ? 'held' : last.rate === undefined ? 'back at its own rate' : 'back at today’s rate']
  }),
  ...transfers.flatMap(({ id }) => ends.find(([end]) => id.endsWith(end))?.[1] ?? []),
]
const ends = [
  ['/fx-post', 'paid'],
  ['/fx-pay', 'paid late'],
  ['/fx-void', 'given back'],
  ['/fx-expire', 'hold expired'],
] as const

/** Of the wallet's side of an exchange: in another currency than the payment. */
export const isExchangePosting = (id: string): boolean => /\/fx-[a-z]+$/.test(id)

/** Who paid a payment whose money came through the hub's position, and how much of his own. */
export function exchangedFor(transfers: ReadonlyMap<string, { readonly debit: string; readonly amount: bigint }>, payment: Id) {
  return transfers.get(`${payment}/fx-post`) ?? transfers.get(`${payment}/fx-pay`)
}

/** Counts again from raw rows: both sides or none, nothing left of what has wholly gone back, and never more back at its own rate than was paid. */
export function checkExchanges({ rows }: MemoryDisk, trace: Trace): void {
  const [left, inWallet] = [new Map<string, bigint>(), new Map<string, bigint>()]
  const add = (sums: Map<string, bigint>, key: string, amount: bigint): void => void sums.set(key, (sums.get(key) ?? 0n) + amount)
  for (const { kind, debit, credit, amount, currency, payment } of rows.transfers.values()) {
    if (payment === undefined || (kind !== 'single' && kind !== 'post')) continue
    for (const [account, sign] of [
      [debit, -1n],
      [credit, 1n],
    ] as const) {
      if (account.startsWith('fx-position/')) add(left, `${payment} ${currency}`, sign * amount)
      if (account.startsWith('wallet/') && currency === FOREIGN_CURRENCY) add(inWallet, payment, sign * amount)
    }
  }
  for (const row of rows.documents.values()) {
    if (!row.id.startsWith('exchange/')) continue
    const { payment, currency, exchange, returned } = readPaymentExchange(row)
    const [shop, wallet] = [left.get(`${payment} ${currency}`) ?? 0n, left.get(`${payment} ${exchange.currency}`) ?? 0n]
    if ((shop === 0n) !== (wallet === 0n)) trace.violation(12, `${row.id} left ${shop} ${currency} and ${wallet} ${exchange.currency}`)
    const isOwnRate = returned.every(({ rate }) => rate === undefined)
    const came = inWallet.get(payment) ?? 0n
    if (isOwnRate && came > 0n) trace.violation(12, `the wallet of ${row.id} won ${came}`)
    if (isOwnRate && shop === 0n && came !== 0n) trace.violation(12, `all of ${row.id} went back but ${-came}`)
  }
}

/** A bug for the simulation to find: what goes back is one more than it was. */
export function givesBackMore(store: HubStore): HubStore {
  return {
    ...store,
    commit(changes) {
      const back = changes.transfers?.find(({ id, version }) => id.endsWith('/fx-back') && version === 0)
      if (back === undefined) return store.commit(changes)
      const accounts = changes.accounts?.map((account) => ({
        ...account,
        debitsPosted: account.debitsPosted + (account.id === back.debit ? 1n : 0n),
        creditsPosted: account.creditsPosted + (account.id === back.credit ? 1n : 0n),
      }))
      const transfers = changes.transfers?.map((transfer) => (transfer === back ? { ...back, amount: back.amount + 1n } : transfer))
      return store.commit({ ...changes, ...(accounts && { accounts }), ...(transfers && { transfers }) })
    },
  }
}

/** A bug for the simulation to find: the wallet pays for a payment and its shop never gets the money's worth, since only one side is posted. */
export function postsOneSide(store: HubStore): HubStore {
  return {
    ...store,
    commit(changes) {
      const side = changes.transfers?.find(({ id }) => id.endsWith('/fx-post'))
      if (side === undefined) return store.commit(changes)
      const accounts = changes.accounts?.map((account) => ({
        ...account,
        debitsPosted: account.debitsPosted - (account.id === side.debit ? side.amount : 0n),
        creditsPosted: account.creditsPosted - (account.id === side.credit ? side.amount : 0n),
      }))
      const transfers = changes.transfers?.map((transfer) => (transfer === side ? { ...side, amount: 0n } : transfer))
      return store.commit({ ...changes, ...(accounts && { accounts }), ...(transfers && { transfers }) })
    },
  }
}
