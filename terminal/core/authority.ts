import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import {
  EXPORT_ROLE,
  openSigned,
  packed,
  type Catalogue,
  type JsonMessage,
  type JsonType,
  type KeyRole,
  type KeySet,
  type LaneSettings,
  type Policy,
  type Product,
} from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { Situation } from '#protocol/policy/decide.ts'
import type { IssuerKey } from '#protocol/payment-code/verify.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import { DAY, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { Assortment } from './assortment.ts'
import { Denied } from './denied.ts'
import type { SoldBefore } from './search.ts'
import type { TillStore } from './store.ts'

/** Where each signed document is kept, exactly as it came. */
const RECORD = { keys: 'authority/keys', policy: 'authority/policy', lanes: 'authority/lanes' } as const
type HubKey = KeySet['keys'][number]
type Records = Pick<TillStore, 'records' | 'commit'>
export type DocumentKind = keyof typeof RECORD | 'catalogue' | 'deny'

/**
 * What this till is allowed and what it sells: three documents signed by the hub, believed only down a chain of signatures from the root key
 * that was pinned at enrolment. A lower version is never taken, whoever signed it.
 */
export class Authority {
  readonly #crypto: Crypto
  readonly #store: Records
  readonly #root: Uint8Array
  readonly #till: string
  /** Documents that may have come before the keys that they are signed with, the last of each kind: the network keeps no order. */
  readonly #early = new Map<DocumentKind, Uint8Array>()
  #keys: KeySet | undefined
  #lastHubTime: EpochMs = 0
  #policy: Policy | undefined
  #lanes: LaneSettings | undefined
  readonly #assortment: Assortment
  /** What may not pay without the hub. */
  readonly denied: Denied

  constructor(crypto: Crypto, store: Records, till: string, rootPublicKey: Uint8Array) {
    this.#crypto = crypto
    this.#store = store
    this.#till = till
    this.#root = rootPublicKey
    this.#assortment = new Assortment(crypto, store)
    this.denied = new Denied(crypto, store)
    const kept = store.records('authority/')
    for (const kind of ['keys', 'policy', 'lanes'] as const) {
      const text = kept.get(RECORD[kind])
      if (text !== undefined) this.#take(kind, packed.bytes(text), false)
    }
    this.#assortment.restore((bytes) => this.#document(bytes, signedTypes.catalogue, false))
  }

  get policy(): Policy | undefined {
    return this.#policy
  }

  /** Of what is sold now. */
  get catalogueVersion(): number | undefined {
    return this.#assortment.catalogue?.version
  }

  /** The other tills of this store, and its edge. */
  get lanes(): LaneSettings | undefined {
    return this.#lanes
  }

  /** What the store's edge believes: the key set and the lanes' settings, as the hub signed them. Undefined until both are here. */
  laneDocuments(): { readonly store: Id; readonly keys: Uint8Array; readonly lanes: Uint8Array } | undefined {
    const kept = this.#store.records('authority/')
    const [keys, lanes] = [kept.get(RECORD.keys), kept.get(RECORD.lanes)]
    return keys === undefined || lanes === undefined || this.#lanes === undefined
      ? undefined
      : { store: this.#lanes.store, keys: packed.bytes(keys), lanes: packed.bytes(lanes) }
  }

  /** For the policy's decision; empty while there is no deny list. */
  get denyStanding(): Pick<Situation, 'denyList'> {
    const { standing } = this.denied
    return standing === undefined ? {} : { denyList: standing }
  }

  get products(): readonly Product[] {
    return this.#assortment.products
  }

  /** By the 14 digits of its GTIN. */
  product(gtin14: string): Product | undefined {
    return this.#assortment.product(gtin14)
  }

  /** By the number that the shop's own labels carry, without leading zeros. */
  productByPlu(plu: string): Product | undefined {
    return this.#assortment.productByPlu(plu)
  }

  /** The products that fit what somebody types, the best of them first, at most `limit`. */
  search(text: string, soldBefore: SoldBefore, limit: number): readonly Product[] {
    return this.#assortment.search(text, soldBefore, limit)
  }

  /** To be called by a timer: see `Assortment`. */
  prepareSearch(): void {
    this.#assortment.prepare()
  }

  /** Which chunk of a new catalogue to ask the hub for, by its hash. */
  get wantedChunk(): string | undefined {
    return this.#assortment.wanted ?? this.denied.wanted
  }

  /** Answers whether a new catalogue is in use now. Throws StoreError. */
  acceptChunk(bytes: Uint8Array): Outcome<boolean> {
    const taken = this.#assortment.takeChunk(bytes)
    const ofList = this.denied.takeChunk(bytes)
    return ofList.ok ? taken : ofList
  }

  /** How the shop's own labels are laid out (`catalogueSchema`). */
  get labels(): readonly string[] {
    return this.#assortment.catalogue?.labels ?? []
  }

  /** What is taken off and how prices and taxes are to be read. */
  get terms(): Pick<
    Catalogue,
    | 'merchantQr'
    | 'promotions'
    | 'taxIncluded'
    | 'taxRounding'
    | 'cashRoundingMinor'
    | 'credits'
    | 'tips'
    | 'foreignCash'
    | 'orders'
    | 'receiptLanguage'
    | 'loyalty'
    | 'returns'
  > {
    return this.#assortment.catalogue ?? {}
  }

  /** Every deposit that a product here has, rising: what an empty piece may be worth. */
  get deposits(): readonly Minor[] {
    return this.#assortment.deposits
  }

  /** Who works here; empty where nobody has to sign in. */
  get staff(): readonly StaffMember[] {
    return this.#assortment.catalogue?.staff ?? []
  }

  /** Under which names and in which currency this till sells. */
  get shop(): { readonly merchant: string; readonly store: string; readonly currency: Currency; readonly timeZone: string | undefined } {
    const { merchant, store, timeZone } = this.#assortment.catalogue ?? {}
    return {
      merchant: merchant?.name ?? 'Stillpoint',
      store: store?.name ?? '',
      currency: this.#assortment.catalogue?.currency ?? this.#policy?.currency ?? 'EUR',
      timeZone,
    }
  }

  /** The hub has said what time it is, and later than before. */
  heard(hubTime: EpochMs): void {
    this.#lastHubTime = Math.max(hubTime, this.#lastHubTime)
  }

  /**
   * Opens an answer of the hub. Its key must be valid at the time that the answer says, and not have run out by the last time that the hub has said before:
   * the machine's own clock, which anybody can set, decides nothing here.
   */
  open<
    T extends Extract<
      JsonType,
      'sp.ack' | 'sp.decision' | 'sp.refund' | 'sp.copied' | 'sp.points' | 'sp.addressed' | 'sp.rekeyed' | 'sp.watch' | 'SPp' | 'SPq'
    >,
  >(bytes: Uint8Array, typ: T): Outcome<JsonMessage<T>> {
    return this.#opened(bytes, typ, 'ack', ({ hubTime }) => hubTime)
  }

  /** Takes a document from the hub and keeps it. The same version again is fine and changes nothing: answers false. */
  accept(kind: DocumentKind, bytes: Uint8Array): Outcome<boolean> {
    const taken = this.#take(kind, bytes, true)
    if (!taken.ok && taken.code === 'wire.bad_signature' && kind !== 'keys') this.#early.set(kind, bytes)
    if (!taken.ok || !taken.value) return taken
    if (kind === 'keys') this.#tryEarly()
    return taken
  }

  #tryEarly(): void {
    const early = [...this.#early]
    this.#early.clear()
    for (const [kind, bytes] of early) this.accept(kind, bytes)
  }

  /** The public X25519 key to which exports are sealed: of those that are valid now, the newest. */
  exportKey(now: EpochMs): Uint8Array | undefined {
    const valid = (this.#keys?.keys ?? []).filter((key) => key.role === EXPORT_ROLE && isValid(key, now))
    const newest = valid.toSorted((a, b) => b.notBefore - a.notBefore)[0]
    return newest === undefined ? undefined : unhex(newest.publicKey)
  }

  issuerKey(keyIdHex: string): IssuerKey | undefined {
    const found = this.#keys?.keys.find((key) => key.role === 'issuer' && key.keyId === keyIdHex)
    const publicKey = found === undefined ? undefined : unhex(found.publicKey)
    return found === undefined || publicKey === undefined ? undefined : { publicKey, notBefore: found.notBefore, notAfter: found.notAfter }
  }

  #take(kind: DocumentKind, bytes: Uint8Array, isNew: boolean): Outcome<boolean> {
    switch (kind) {
      case 'keys': {
        const rootId = hex(keyIdOf(this.#crypto, this.#root))
        const opened = openSigned(this.#crypto, bytes, signedTypes.keySet, (id) => (id === rootId ? this.#root : undefined))
        const newer = this.#newer(opened, this.#keys)
        if (newer.ok && newer.value) this.#keys = this.#kept(kind, bytes, isNew, newer.value)
        return flag(newer)
      }
      case 'policy': {
        const opened = this.#document(bytes, signedTypes.policy, isNew)
        if (opened.ok && opened.value.till !== this.#till) return fail('wire.wrong_till')
        const newer = this.#newer(opened, this.#policy)
        if (newer.ok && newer.value) this.#policy = this.#kept(kind, bytes, isNew, newer.value)
        return flag(newer)
      }
      case 'lanes': {
        const newer = this.#newer(this.#document(bytes, signedTypes.lanes, isNew), this.#lanes)
        if (newer.ok && newer.value) this.#lanes = this.#kept(kind, bytes, isNew, newer.value)
        return flag(newer)
      }
      case 'catalogue': {
        const newer = this.#newer(this.#document(bytes, signedTypes.catalogue, isNew), this.#assortment.newest)
        return newer.ok ? ok(newer.value !== undefined && this.#assortment.take(newer.value, bytes)) : newer
      }
      case 'deny': {
        const opened = this.#document(bytes, signedTypes.deny, isNew)
        return opened.ok ? this.denied.take(opened.value) : opened
      }
    }
  }

  /** On the disk before it counts: the hub lets another till have what it took from this one, and an older policy must not be there again. Throws StoreError. */
  #kept<T>(kind: keyof typeof RECORD, bytes: Uint8Array, isNew: boolean, document: T): T {
    if (isNew) this.#store.commit({ put: { [RECORD[kind]]: packed.text(bytes) } })
    return document
  }

  /** One that was kept was in time when it came. */
  #document<T extends 'sp.policy' | 'sp.catalogue' | 'sp.lanes' | 'sp.deny'>(bytes: Uint8Array, typ: T, isNew: boolean): Outcome<JsonMessage<T>> {
    return this.#opened(bytes, typ, 'policy', (document) => (isNew ? ('issuedAt' in document ? document.issuedAt : this.#lastHubTime) : undefined))
  }

  /** `saidAt`: the time that a message says of itself, 0 if none is known yet; undefined where time does not matter. */
  #opened<T extends JsonType>(bytes: Uint8Array, typ: T, role: KeyRole, saidAt: (message: JsonMessage<T>) => EpochMs | undefined): Outcome<JsonMessage<T>> {
    let key: HubKey | undefined
    const opened = openSigned(this.#crypto, bytes, typ, (id) => {
      key = this.#keys?.keys.find((candidate) => candidate.role === role && candidate.keyId === id)
      return key === undefined ? undefined : unhex(key.publicKey)
    })
    const at = opened.ok ? saidAt(opened.value) : undefined
    const inTime = key === undefined || at === undefined || at === 0 || isValid(key, Math.max(at, this.#lastHubTime))
    return opened.ok && !inTime ? fail('wire.bad_signature', 'signed by a key whose time is over, or has not come') : opened
  }

  /** Of two policies of one version, which have the same rules, the one that was issued later holds for longer. */
  #newer<T extends { readonly version: number; readonly issuedAt?: number }>(opened: Outcome<T>, current: T | undefined): Outcome<T | undefined> {
    if (!opened.ok || current === undefined || opened.value.version > current.version) return opened
    if (opened.value.version < current.version) return fail('wire.lower_version', `${opened.value.version} after ${current.version}`)
    return (opened.value.issuedAt ?? 0) > (current.issuedAt ?? 0) ? opened : ok(undefined)
  }
}

/** A till's clock may be off, and a key must not stop a shop for that; a key that was stolen is taken out of the key set, not waited for. */
const CLOCK_TOLERANCE: DurationMs = 2 * DAY
const isValid = ({ notBefore, notAfter }: HubKey, now: EpochMs): boolean => notBefore - CLOCK_TOLERANCE <= now && now <= notAfter + CLOCK_TOLERANCE

const flag = (newer: Outcome<unknown>): Outcome<boolean> => (newer.ok ? ok(newer.value !== undefined) : newer)
