import { base64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { readAddress } from '#protocol/receipt-address.ts'
import type { SendingView } from '#protocol/till-api/api.ts'
import { DAY, SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import { compare, type Place } from './outbox.ts'
import type { Payments } from './payments.ts'
import type { Addresses, Link, TillIdentity } from './ports.ts'
import { parseRecord, type Change, type TillStore } from './store.ts'
import type { TillClock } from './till-clock.ts'

const RECORD = 'receipt/sending'
/** Requests that a till remembers, and how many may wait for the hub. */
const KEPT = 100
export const MAX_SENDINGS_OF_RECEIPT = 3
const SEND_AGAIN: DurationMs = 10 * SECOND
const MAX_SENT_AT_ONCE = 20
/** A hub that has not wanted a key for so long never will. */
const GIVE_UP: DurationMs = 30 * DAY

/** `key`: until the hub has it. Sealed to the hub, as the address in the journal is to this key: neither can be read here. */
type Request = { readonly requestId: Id; readonly receiptNumber: string; readonly at: EpochMs; readonly place: Place; readonly key?: string }

export type ReceiptSendingPorts = {
  readonly identity: Pick<TillIdentity, 'till' | 'signer'>
  readonly store: TillStore
  readonly clock: TillClock
  readonly authority: Authority
  readonly payments: Pick<Payments, 'byReceipt'>
  readonly link: Pick<Link, 'send'>
  readonly addresses: Addresses | undefined
  newId(): Id
  nextPlace(): Place
  isNumberedTwice(place: Place): boolean
  record(facts: readonly Fact[], also: Omit<Change, 'entries'>): void
  /** Minds the disk, and shows what became of it. */
  later(action: () => void): void
  /** What could not be done, for the screen. */
  failed(): void
}

/**
 * Receipts that customers want sent. The address is sealed before it is anywhere: it is in this process's memory while that takes, and never in a view, a log or
 * on a disk. The journal carries the ciphertext; its key goes to the hub beside it, when the hub has settled the request, and is forgotten when the hub has it.
 */
export class ReceiptSending {
  readonly #ports: ReceiptSendingPorts
  /** Oldest first. */
  #requests: readonly Request[]
  readonly #sentAt = new Map<Id, DurationMs>()

  constructor(ports: ReceiptSendingPorts) {
    this.#ports = ports
    this.#requests = parseRecord<readonly Request[]>(ports.store.records(RECORD).get(RECORD) ?? '[]')
  }

  /** The newest; undefined where none was ever asked for. */
  get view(): SendingView | undefined {
    const last = this.#requests.at(-1)
    return last && { receiptNumber: last.receiptNumber, state: last.key === undefined ? 'handed' : 'waiting' }
  }

  /** Answers before the address is sealed and the request is on the disk: `View.sending` tells of that. */
  send(number: string, text: string): Outcome<null> {
    const address = readAddress(text)
    if (!address.ok) return address
    const { payments, addresses, authority, clock, identity, newId, isNumberedTwice } = this.#ports
    const receiptNumber = number.trim().toUpperCase()
    const sold = payments.byReceipt(receiptNumber)
    if (sold === undefined) return fail('sale.unknown_receipt')
    const exportKey = authority.exportKey(clock.now())
    const mayWait = this.#requests.filter(({ key }) => key !== undefined).length < KEPT
    if (addresses === undefined || exportKey === undefined || !mayWait || isNumberedTwice(sold.intended)) return fail('receipt.cannot_send')
    if (this.#requests.filter((request) => request.receiptNumber === receiptNumber).length >= MAX_SENDINGS_OF_RECEIPT) return fail('receipt.too_many')
    const requestId = newId()
    addresses.seal(exportKey, identity.till, requestId, address.value.address, (made) => {
      this.#ports.later(() => (made === undefined ? this.#ports.failed() : this.#write(requestId, receiptNumber, made)))
    })
    return ok(null)
  }

  /** Throws StoreError. */
  #write(requestId: Id, receiptNumber: string, { sealed, key }: { readonly sealed: Uint8Array; readonly key: Uint8Array }): void {
    const { clock, nextPlace, record } = this.#ports
    const request: Request = { requestId, receiptNumber, at: clock.now(), place: nextPlace(), key: base64url(key) }
    const all = [...this.#requests, request]
    // Those that wait stay, whatever else is forgotten.
    const spare = all.length - KEPT
    const kept = all.filter((one, index) => one.key !== undefined || index >= spare)
    record([{ kind: 'receipt.requested', body: { requestId, receiptNumber, sealed: base64url(sealed) } }], { put: { [RECORD]: JSON.stringify(kept) } })
    this.#requests = kept
  }

  /** To be called by a timer, while the hub answers: what it has settled it gets the keys of. `at` is monotonic. Throws StoreError. */
  step(settled: Place, at: DurationMs): void {
    const { identity, link, clock } = this.#ports
    const isOver = (request: Request): boolean => request.key !== undefined && clock.now() - request.at > GIVE_UP
    if (this.#requests.some(isOver)) this.#keep(this.#requests.filter((request) => !isOver(request)))
    const due = this.#requests.filter(
      ({ requestId, place, key }) => key !== undefined && compare(place, settled) <= 0 && at - (this.#sentAt.get(requestId) ?? -Infinity) >= SEND_AGAIN,
    )
    for (const { requestId, key = '' } of due.slice(0, MAX_SENT_AT_ONCE)) {
      this.#sentAt.set(requestId, at)
      link.send(encodeSigned(identity.signer, signedTypes.addressKey, { v: 1, till: identity.till, requestId, key }))
    }
  }

  /** The hub has the key, or no use for it. Throws StoreError. */
  answered(bytes: Uint8Array): Outcome<null> {
    const { authority, identity } = this.#ports
    const opened = authority.open(bytes, signedTypes.addressed)
    if (!opened.ok) return opened
    const { till, requestId } = opened.value
    if (till !== identity.till) return fail('wire.wrong_till')
    if (this.#requests.some((one) => one.requestId === requestId && one.key !== undefined)) {
      this.#keep(this.#requests.map((one) => (one.requestId === requestId ? withoutKey(one) : one)))
      this.#sentAt.delete(requestId)
    }
    return ok(null)
  }

  #keep(requests: readonly Request[]): void {
    this.#ports.store.commit({ put: { [RECORD]: JSON.stringify(requests) } })
    this.#requests = requests
  }
}

const withoutKey = ({ key: _, ...rest }: Request): Request => rest
