import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'

/**
 * Counts what is held for deliveries, orders and chargebacks again, from raw postings and raw entries of the tills' journals, without the code that moves that money:
 * what went into each came out of it once and in full, or is still there because nobody has decided; every order that a till wrote down is known; every chargeback
 * was taken once, and given back once if it was won. What it finds is a defect of one of the two.
 */
type Json = { readonly [name: string]: unknown }

const PAGE = 1000
const PAGE_BYTES = 4 * 1024 * 1024
const MOST_ATTEMPTS = 5

export type HeldRecount = {
  readonly held: number
  readonly heldMinor: Readonly<Record<string, string>>
  readonly orders: number
  readonly chargebacks: number
  readonly differences: readonly string[]
}

/** A hub that goes on working would be counted half before and half after: it is counted again, and at last with a word about that. */
export async function recountHeld(store: HubStore): Promise<HeldRecount> {
  for (let attempt = 1; ; attempt++) {
    const { last, ...counted } = await recountOnce(store)
    if ((await store.transfersAfter(last, 1)).length === 0) return counted
    if (attempt === MOST_ATTEMPTS) return { ...counted, differences: ['postings came while it was counted: ask again when it is calm', ...counted.differences] }
  }
}

type Sums = { came: bigint; went: bigint; readonly currency: string }

async function recountOnce(store: HubStore): Promise<HeldRecount & { readonly last: number }> {
  const differences: string[] = []
  const { last, accounts, taken, given } = await readPostings(store)
  const escrows = await all(store, 'escrow/')
  const heldMinor: Record<string, bigint> = {}
  for (const escrow of escrows) {
    const account = `escrow/${text(escrow['payment'])}`
    const { came, went } = accounts.get(account) ?? { came: 0n, went: 0n }
    accounts.delete(account)
    const [amount, ended, currency] = [whole(escrow['amountMinor']), escrow['ended'] as Json | undefined, text(escrow['currency'])]
    if (came !== amount) differences.push(`${account} is to hold ${amount}, and ${came} came into it`)
    if (went !== (ended === undefined ? 0n : came))
      differences.push(`${account}: ${came} came in and ${went} went out, and it ${ended === undefined ? 'is open' : 'has ended'}`)
    if (ended === undefined) heldMinor[currency] = (heldMinor[currency] ?? 0n) + came
    else if (endedSum(ended) !== amount) differences.push(`${account} of ${amount} ended with ${endedSum(ended)}`)
  }
  for (const [account, { came }] of accounts) differences.push(`${account} got ${came}, and nobody knows what for`)
  const chargebacks = await all(store, 'chargeback/')
  for (const chargeback of chargebacks) {
    const [id, amount, state] = [text(chargeback['id']), whole(chargeback['amountMinor']), text(chargeback['state'])]
    const [took, gave] = [taken.get(id) ?? 0n, given.get(id) ?? 0n]
    taken.delete(id)
    given.delete(id)
    if (took !== amount) differences.push(`chargeback ${id} of ${amount}: ${took} was taken`)
    if (gave !== (state === 'won' ? amount : 0n)) differences.push(`chargeback ${id} of ${amount} is ${state}, and ${gave} was given back`)
  }
  for (const id of [...taken.keys(), ...given.keys()]) differences.push(`chargeback ${id} was posted, and nobody knows it`)
  const orders = await all(store, 'order/')
  differences.push(...(await unknownOrders(store, new Set(orders.map((order) => text(order['orderId']))))))
  const sums = Object.fromEntries(Object.entries(heldMinor).map(([currency, minor]) => [currency, String(minor)]))
  return {
    last,
    held: escrows.filter(({ ended }) => ended === undefined).length,
    heldMinor: sums,
    orders: orders.length,
    chargebacks: chargebacks.length,
    differences,
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const whole = (value: unknown): bigint => BigInt(Number(value))
const endedSum = ({ refundedMinor, alreadyBackMinor, released }: Json): bigint =>
  (released as readonly Json[]).reduce((sum, { amountMinor }) => sum + whole(amountMinor), whole(refundedMinor) + whole(alreadyBackMinor))

async function readPostings(store: HubStore) {
  const accounts = new Map<string, Sums>()
  const [taken, given] = [new Map<string, bigint>(), new Map<string, bigint>()]
  const of = (account: string, currency: string): Sums => {
    const known = accounts.get(account) ?? { came: 0n, went: 0n, currency }
    accounts.set(account, known)
    return known
  }
  let last = 0
  for (;;) {
    const page = await store.transfersAfter(last, PAGE)
    for (const { seq, id, kind, debit, credit, amount, currency } of page) {
      last = seq
      if (kind !== 'single' && kind !== 'post') continue
      if (credit.startsWith('escrow/')) of(credit, currency).came += amount
      if (debit.startsWith('escrow/')) of(debit, currency).went += amount
      const [chargeback = '', what] = id.split('/')
      if (what === 'chargeback') taken.set(chargeback, (taken.get(chargeback) ?? 0n) + amount)
      if (what === 'represented') given.set(chargeback, (given.get(chargeback) ?? 0n) + amount)
    }
    if (page.length < PAGE) return { last, accounts, taken, given }
  }
}

async function all(store: HubStore, prefix: string): Promise<Json[]> {
  const found: Json[] = []
  for await (const { body } of everyDocument(store, prefix)) found.push(JSON.parse(body) as Json)
  return found
}

/** Of settled entries. What a person was told of is no difference. */
async function unknownOrders(store: HubStore, known: ReadonlySet<string>): Promise<readonly string[]> {
  const { settledSeq } = await store.standing()
  const missing: string[] = []
  for (let after = 0; after < settledSeq;) {
    const page = await store.entries(after, PAGE, PAGE_BYTES)
    for (const { seq, till, epoch, n, bytes } of page) {
      after = seq
      if (seq > settledSeq || !Buffer.from(bytes).includes('"order.placed"')) continue
      const { kind, body } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly kind: string; readonly body: Json }
      if (kind !== 'order.placed' || known.has(text(body['orderId']))) continue
      const told = (await store.exceptionsOf(till, epoch, PAGE)).some((exception) => exception.n === n)
      if (!told) missing.push(`order ${text(body['receiptNumber'])} of ${till} ${epoch}/${n} is not known`)
    }
    if (page.length === 0) break
  }
  return missing
}
