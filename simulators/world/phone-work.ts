import { base64url, hex } from '#protocol/bytes.ts'
import { makeMerchantRequest, readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { paidCode } from '#protocol/hub/paid.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import { REQUEST_NONCE_BYTES } from '#protocol/payment-code/request.ts'
import type { EpochMs } from '#protocol/time.ts'
import { isPhonePaymentId } from '../../hub/intake/phone-payment-id.ts'
import type { Changes } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { Customer, GenuineCode } from './customer.ts'
import type { HubMachine } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What can become of what a phone pays at the hub, and of codes of other schemes. */
export const atHubMoves = [
  'asked and paid',
  'asked again',
  'second phone refused',
  'taken online',
  'taken offline',
  'given back',
  'both ways',
  'hold expired',
  'refused code.forged',
  'refused qr.other_till',
  'refused qr.unknown',
  'refused scheme.alipay_offline',
  'refused scheme.wechat_pay_not_connected',
] as const

/** What the hub signed for a phone, as the phone shows it. */
export type KeptReceipt = { readonly text: string; readonly till: Id }

/** People whose phones reach the hub, whatever the till does. What they hear of it may be lost. */
export class PhonesAtHub {
  readonly receipts: KeptReceipt[] = []
  /** What tills showed last. */
  readonly shown: string[] = []
  readonly #hub: HubMachine
  readonly #trace: Trace
  readonly #moves: Set<string>
  /** Who has paid each request, by its nonce. */
  readonly #paid = new Map<string, string>()

  constructor(hub: HubMachine, trace: Trace, moves: Set<string>) {
    this.#hub = hub
    this.#trace = trace
    this.#moves = moves
  }

  paidByOther(nonce: string | undefined, wallet: string | undefined): boolean {
    const payer = this.#paid.get(nonce ?? '')
    return payer !== undefined && payer !== wallet
  }

  paidBy(nonce: string, wallet: string): void {
    this.#paid.set(nonce, wallet)
  }

  /** Pays what a till shows, or showed. Answers with the confirmation that it made, which a till can be shown as well. */
  pay(customer: Customer, shown: string, now: EpochMs, hears: boolean, code = customer.answer(shown, now)): GenuineCode | undefined {
    const read = readShownRequest(shown)
    if (!read.ok || code === undefined) return code
    const { request, bytes } = read.value
    this.#trace.note(`the phone of ${customer.wallet.name} pays ${request.amountMinor} at the hub for ${request.till}`)
    this.#hub.ask(async ({ hub }) => {
      const paid = await hub.payByPhone({ wallet: customer.wallet.wallet, code: code.text, request: base64url(bytes) })
      this.#trace.note(`the hub tells the phone of ${customer.wallet.name} ${paid.ok ? 'that it paid' : paid.code}`)
      const payer = this.#paid.get(request.nonce)
      if (!paid.ok && payer !== undefined && payer !== customer.wallet.wallet) this.#moves.add('at hub second phone refused')
      if (!paid.ok) return
      this.#moves.add(payer === undefined ? 'at hub asked and paid' : 'at hub asked again')
      this.#paid.set(request.nonce, customer.wallet.wallet)
      if (hears) this.receipts.push({ text: paidCode(paid.value), till: request.till })
    })
    return code
  }
}

const acts = {
  pays: 6,
  paysUnheard: 2,
  paysTwice: 2,
  paysAgainLater: 1,
  secondPhone: 1,
  paysOld: 2,
  bothWays: 2,
  shows: 8,
  showsOld: 2,
  showsOthers: 1,
  damaged: 1,
  fakeCode: 1,
} as const
const schemeCodes = { alipay: 8, used: 1, wechat: 1 } as const
const REMEMBERED = 6

export type Asking = {
  readonly till: Id
  readonly request: string
  readonly now: EpochMs
  readonly customer: Customer
  readonly other: Customer
  scan(text: string, what: string): void
}

/** What the customers at one till do with phones that reach the hub, and with wallets of other schemes. */
export class PhoneWork {
  readonly #random: Random
  readonly #phones: PhonesAtHub
  #requests: string[] = []
  #codes: string[] = []

  constructor(random: Random, phones: PhonesAtHub) {
    this.#random = random
    this.#phones = phones
  }

  act({ till, request, now, customer, other, scan }: Asking): void {
    const random = this.#random
    if (this.#requests.at(-1) !== request) this.#phones.shown.push(request)
    if (this.#requests.at(-1) !== request) this.#requests = [...this.#requests, request].slice(-REMEMBERED)
    if (random.chance(0.3)) return this.#scheme(scan)
    const mine = this.#phones.receipts.filter((receipt) => receipt.till === till)
    const pay = (who: Customer, what: string, hears = true, code?: GenuineCode) => this.#phones.pay(who, what, now, hears, code)
    const act = random.weighted(acts)
    switch (act) {
      case 'pays':
        return void pay(customer, request)
      case 'paysUnheard':
        return void pay(customer, request, false)
      case 'paysTwice':
        return void pay(customer, request, false, pay(customer, request, false))
      case 'paysAgainLater':
        pay(customer, request, false)
        return void pay(customer, request)
      case 'secondPhone':
        pay(customer, request)
        return void pay(other, request)
      case 'paysOld':
        return void pay(customer, random.pick(this.#requests))
      case 'fakeCode':
        return void pay(customer, this.#fake(till, now))
      case 'bothWays': {
        const code = pay(customer, request, random.chance(0.5))
        return code === undefined ? undefined : scan(code.text, 'a code that pays at the hub as well')
      }
      case 'shows':
        return this.#show(mine.slice(-1), scan)
      case 'showsOld':
        return this.#show(mine, scan)
      case 'showsOthers':
        return this.#show(
          this.#phones.receipts.filter((receipt) => receipt.till !== till),
          scan,
        )
      case 'damaged':
        return this.#show(
          mine.map(({ text }) => ({ text: text.slice(0, -3) + (text.endsWith('00') ? '111' : '000') })),
          scan,
        )
    }
  }

  /** A sticker beside the till with a code that names it, and that it never showed. */
  #fake(till: Id, now: EpochMs): string {
    const random = this.#random
    const request = {
      till,
      amountMinor: random.between(1, 2000),
      currency: 'EUR',
      nonce: hex(random.bytes(REQUEST_NONCE_BYTES)),
      issuedAtMs: Math.floor(now),
      merchant: 'Fake',
    }
    return makeMerchantRequest(request, { merchantCity: 'Nowhere', country: 'DE', categoryCode: '5411' }).text
  }

  #show(receipts: readonly Pick<KeptReceipt, 'text'>[], scan: Asking['scan']): void {
    if (receipts.length > 0) scan(this.#random.pick(receipts).text, 'the hub’s receipt on a phone')
  }

  #scheme(scan: Asking['scan']): void {
    const random = this.#random
    const fresh = String(random.between(1, 999_999_999)).padStart(16, '0')
    const kind = random.weighted(schemeCodes)
    if (kind === 'wechat') return scan(`10${fresh}`, 'a code of WeChat Pay')
    const code = kind === 'used' && this.#codes.length > 0 ? random.pick(this.#codes) : `28${fresh}`
    this.#codes = [...this.#codes, code].slice(-REMEMBERED)
    scan(code, 'a code of Alipay')
  }
}

/** What an entry that became durable says about such payments. `online`: its till had a connection. */
export function phoneMovesIn({ kind, body }: Entry, ofPhone: boolean, online: boolean): readonly string[] {
  const refused = kind === 'payment.rejected' || kind === 'payment.declined' || kind === 'payment.voided' ? [`at hub refused ${body.code}`] : []
  if (kind === 'payment.captured' && ofPhone) return [online ? 'at hub taken online' : 'at hub taken offline']
  if (kind === 'payment.voided' && body.code === 'qr.given_back') return ['at hub given back']
  return refused.filter((move) => (atHubMoves as readonly string[]).includes(move.slice('at hub '.length)))
}

/** What a commit of the hub says about them. */
export function phoneMovesOf({ codes = [], transfers = [] }: Changes, knows: (payment: Id) => boolean): readonly string[] {
  const ended = transfers.some(({ kind, payment }) => kind === 'expire' && payment !== undefined && isPhonePaymentId(payment) && !knows(payment))
  return [...(ended ? ['at hub hold expired'] : []), ...(codes.some(({ id }) => id.startsWith('taken-over/')) ? ['at hub both ways'] : [])]
}

/** Holds of phones for payments that no till has spoken of, by their wallets. */
export const unclaimed = ({ rows: { transfers, payments } }: MemoryDisk) =>
  [...transfers.values()].filter(({ id, payment }) => payment !== undefined && id === `${payment}/hold` && isPhonePaymentId(payment) && !payments.has(payment))
