import { letterOf, type LetterShop } from './letter.ts'
import type { Outbox } from './outbox.ts'
import type { SubjectKeys } from './subject-keys.ts'
import type { HubKeys } from '../keys.ts'
import { soldGoodsOf, soldKey } from '../intake/sold-goods.ts'
import type { HubStore, SendingRow } from '../store/hub-store.ts'
import { unbase64url, unhex } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Erased, SendingsState } from '#protocol/hub-api/receipts.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { addressContext, openAddress, openAddressKey } from '#protocol/node/sealed-address.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { readAddress, type ReceiptAddress } from '#protocol/receipt-address.ts'
import type { Clock } from '#protocol/time.ts'

export type ReceiptDeskPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: Pick<HubKeys, 'exportKey'>
  readonly subjects: SubjectKeys
  readonly outbox: Outbox
  readonly shop: LetterShop
  ackSigner(): Signer
  answer(till: Id, message: Uint8Array): void
  changed(): void
  warn(line: string): void
}

/**
 * Sends receipts that customers asked for, each once. The address is in the journal as ciphertext; its key comes beside that, is kept apart from the database, and
 * is destroyed when somebody wants to be forgotten. One thing at a time: so nothing is sent while it is being erased.
 */
export interface ReceiptDesk {
  /** Goes on where the last process stopped. */
  start(): void
  offer(till: Id, message: Uint8Array): void
  state(): Promise<SendingsState>
  erase(id: Id): Promise<Outcome<Erased>>
  eraseAddress(text: string): Promise<Outcome<Erased>>
  idle(): Promise<void>
}

/** A key's message is much shorter; what is longer is a batch. */
const MAX_KEY_MESSAGE_BYTES = 1024
const SHOWN = 100
const MAX_RESUMED = 100_000

export function isAddressKey(message: Uint8Array): boolean {
  if (message.length > MAX_KEY_MESSAGE_BYTES) return false
  const envelope = parseSign1(message)
  return envelope.ok && envelope.value.typ === signedTypes.addressKey
}

export function createReceiptDesk(ports: ReceiptDeskPorts): ReceiptDesk {
  const { clock, crypto, store, subjects, outbox, shop, changed, warn } = ports
  let last: Promise<unknown> = Promise.resolve()

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = last.then(act)
    last = next.catch((error: unknown) => warn(`receipts: ${error instanceof Error ? error.message : String(error)}`))
    return next
  }

  async function become(row: SendingRow, state: SendingRow['state'], code?: ErrorCode): Promise<SendingRow | undefined> {
    const committed = await store.commit({ sendings: [{ ...row, state, code, changedAt: clock.now() }] })
    changed()
    return committed === 'done' ? (await store.get('sendings', [row.id]))[0] : undefined
  }

  async function hear(from: Id, message: Uint8Array): Promise<void> {
    const [till] = await store.get('tills', [from])
    if (till === undefined || till.revokedAt !== undefined) return
    const opened = openSigned(crypto, message, signedTypes.addressKey, () => unhex(till.publicKey ?? ''))
    if (!opened.ok || opened.value.till !== from) return
    const { requestId, key } = opened.value
    const [row] = await store.get('sendings', [requestId])
    // Not settled yet: the till sends it again.
    if (row === undefined || row.till !== from) return
    if (row.state === 'waiting' && subjects.get(requestId) === undefined) await take(row, unbase64url(key) ?? new Uint8Array(0))
    ports.answer(from, encodeSigned(ports.ackSigner(), signedTypes.addressed, { v: 1, till: from, requestId, hubTime: clock.now() }))
  }

  async function take(row: SendingRow, key: Uint8Array): Promise<void> {
    const own = await openAddressKey(key, addressContext(row.till, row.id), (id) => ports.keys.exportKey(id))
    if (!own.ok) return void (await become(row, 'failed', own.code))
    subjects.keep(row.id, own.value)
    await hand(row)
  }

  async function hand(row: SendingRow): Promise<void> {
    if (row.state === 'waiting') {
      const address = addressOf(row)
      if (!address.ok) return void (await become(row, 'failed', 'receipt.unreadable'))
      const sold = await saleOf(row)
      if (sold === undefined) return void (await become(row, 'failed', 'receipt.no_sale'))
      outbox.stage(row.id, letterOf(row.id, address.value, sold.sale, shop, sold.at, clock.now()))
      const handing = await become(row, 'handing')
      if (handing !== undefined) await hand(handing)
    } else if (row.state === 'handing') {
      outbox.release(row.id)
      await become(row, 'sent')
    }
  }

  function addressOf({ id, till, sealed }: SendingRow): Outcome<ReceiptAddress> {
    const own = subjects.get(id)
    if (own === undefined) return fail('receipt.unreadable')
    const text = openAddress(own, addressContext(till, id), unbase64url(sealed) ?? new Uint8Array(0))
    // A till may have sealed anything.
    return text.ok ? readAddress(text.value) : text
  }

  async function saleOf({ till, receiptNumber }: SendingRow) {
    const paid = (await store.paymentsByReceipt([receiptNumber])).filter((payment) => payment.till === till)
    const sold = await soldGoodsOf(
      store,
      paid.map(({ id }) => id),
    )
    const [payment] = paid
    const goods = payment && sold.get(soldKey(till, payment.saleId))
    return goods?.sale.receiptNumber === receiptNumber && payment !== undefined ? { sale: goods.sale, at: payment.at } : undefined
  }

  async function resume(): Promise<void> {
    for (const row of await store.sendings('handing', MAX_RESUMED)) await hand(row)
    for (const row of await store.sendings('waiting', MAX_RESUMED)) if (subjects.get(row.id) !== undefined) await hand(row)
    // Erased, and killed before its key was gone.
    for (const row of await store.get('sendings', subjects.ids())) if (row.state === 'erased') forget(row.id)
  }

  function forget(id: Id): void {
    outbox.withdraw(id)
    subjects.destroy(id)
  }

  async function eraseAll(rows: readonly SendingRow[]): Promise<Outcome<Erased>> {
    for (const row of rows) {
      // First said, then done: who is killed between does it at the next start.
      if (row.state !== 'erased' && (await become(row, 'erased')) === undefined) return fail('till.disk_full', 'nothing was erased of what is left: try again')
      forget(row.id)
    }
    return ok({ erased: rows.length })
  }

  async function withAddress(address: string): Promise<readonly SendingRow[]> {
    const rows = await store.get('sendings', subjects.ids())
    const name = address.toLowerCase()
    return rows.filter((row) => {
      const known = addressOf(row)
      return known.ok && known.value.address.toLowerCase() === name
    })
  }

  return {
    start: () => void inTurn(resume),
    offer: (till, message) => void inTurn(() => hear(till, message)),
    state: () =>
      inTurn(async () => {
        const names = new Map((await store.tills()).map(({ id, name }) => [id, name]))
        const sendings = (await store.sendings(undefined, SHOWN)).map((row) => {
          const address = addressOf(row)
          const { id, till, receiptNumber, at, state, code } = row
          const told = { id, till: names.get(till) ?? till, receiptNumber, at, state }
          return { ...told, ...(code === undefined ? {} : { code }), ...(address.ok ? { to: masked(address.value) } : {}) }
        })
        return { sendings }
      }),
    erase: (id) =>
      inTurn(async () => {
        const [row] = await store.get('sendings', [id])
        if (row === undefined) return fail('wire.malformed', 'no such request')
        const address = addressOf(row)
        const same = address.ok ? await withAddress(address.value.address) : []
        return eraseAll([row, ...same.filter((other) => other.id !== id)])
      }),
    eraseAddress: (text) =>
      inTurn(async () => {
        const address = readAddress(text)
        return address.ok ? eraseAll(await withAddress(address.value.address)) : address
      }),
    idle: async () => void (await last),
  }
}

/** `a…@example.org`, `…567`: whoever asks can be found, and who reads along learns little. */
const masked = ({ by, address }: ReceiptAddress): string =>
  by === 'mail' ? `${address.slice(0, 1)}…${address.slice(address.lastIndexOf('@'))}` : `…${address.slice(-3)}`
