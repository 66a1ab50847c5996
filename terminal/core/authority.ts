import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import { openSigned, packed, type Catalogue, type JsonType, type KeyRole, type KeySet, type Policy, type Product } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Currency } from '#protocol/money.ts'
import type { IssuerKey } from '#protocol/payment-code/verify.ts'
import { gtin14 } from '../sale/basket.ts'
import type { TillStore } from './store.ts'

/** Where each signed document is kept, exactly as it came. */
const RECORD = { keys: 'authority/keys', policy: 'authority/policy', catalogue: 'authority/catalogue' } as const
export type DocumentKind = keyof typeof RECORD

/**
 * What this till is allowed and what it sells: three documents signed by the hub, believed only down a chain of signatures from the root key
 * that was pinned at enrolment. A lower version is never taken, whoever signed it.
 */
export class Authority {
  readonly #crypto: Crypto
  readonly #store: TillStore
  readonly #root: Uint8Array
  readonly #till: string
  #keys: KeySet | undefined
  #policy: Policy | undefined
  #catalogue: Catalogue | undefined
  #byGtin: ReadonlyMap<string, Product> = new Map()

  constructor(crypto: Crypto, store: TillStore, till: string, rootPublicKey: Uint8Array) {
    this.#crypto = crypto
    this.#store = store
    this.#till = till
    this.#root = rootPublicKey
    const kept = store.records('authority/')
    for (const kind of ['keys', 'policy', 'catalogue'] as const) {
      const text = kept.get(RECORD[kind])
      if (text !== undefined) this.#take(kind, packed.bytes(text))
    }
  }

  get policy(): Policy | undefined {
    return this.#policy
  }

  get products(): readonly Product[] {
    return this.#catalogue?.products ?? []
  }

  /** By the 14 digits of its GTIN. */
  product(gtin14: string): Product | undefined {
    return this.#byGtin.get(gtin14)
  }

  /** Under which names and in which currency this till sells. */
  get shop(): { readonly merchant: string; readonly store: string; readonly currency: Currency } {
    const { merchant, store } = this.#catalogue ?? {}
    return { merchant: merchant?.name ?? 'Stillpoint', store: store?.name ?? '', currency: this.#catalogue?.currency ?? this.#policy?.currency ?? 'EUR' }
  }

  /** Takes a document from the hub and keeps it. The same version again is fine and changes nothing: answers false. */
  accept(kind: DocumentKind, bytes: Uint8Array): Outcome<boolean> {
    const taken = this.#take(kind, bytes)
    if (taken.ok && taken.value) this.#store.commit({ put: { [RECORD[kind]]: packed.text(bytes) } })
    return taken
  }

  /** Raw public key of a hub key with this role, for an envelope's key id. */
  keyOf(role: KeyRole, keyIdHex: string): Uint8Array | undefined {
    const found = this.#keys?.keys.find((key) => key.role === role && key.keyId === keyIdHex)
    return found === undefined ? undefined : unhex(found.publicKey)
  }

  issuerKey(keyIdHex: string): IssuerKey | undefined {
    const found = this.#keys?.keys.find((key) => key.role === 'issuer' && key.keyId === keyIdHex)
    const publicKey = found === undefined ? undefined : unhex(found.publicKey)
    return found === undefined || publicKey === undefined ? undefined : { publicKey, notBefore: found.notBefore, notAfter: found.notAfter }
  }

  #take(kind: DocumentKind, bytes: Uint8Array): Outcome<boolean> {
    switch (kind) {
      case 'keys': {
        const rootId = hex(keyIdOf(this.#crypto, this.#root))
        const opened = openSigned(this.#crypto, bytes, signedTypes.keySet, (id) => (id === rootId ? this.#root : undefined))
        const newer = this.#newer(opened, this.#keys)
        if (newer.ok && newer.value) this.#keys = newer.value
        return flag(newer)
      }
      case 'policy': {
        const opened = this.#open(bytes, signedTypes.policy)
        if (opened.ok && opened.value.till !== this.#till) return fail('wire.wrong_till')
        const newer = this.#newer(opened, this.#policy)
        if (newer.ok && newer.value) this.#policy = newer.value
        return flag(newer)
      }
      case 'catalogue': {
        const newer = this.#newer(this.#open(bytes, signedTypes.catalogue), this.#catalogue)
        if (newer.ok && newer.value) {
          this.#catalogue = newer.value
          this.#byGtin = new Map(newer.value.products.map((product) => [gtin14(product.gtin), product]))
        }
        return flag(newer)
      }
    }
  }

  #open<T extends JsonType>(bytes: Uint8Array, typ: T) {
    return openSigned(this.#crypto, bytes, typ, (id) => this.keyOf('policy', id))
  }

  /** Of two policies of one version, which have the same rules, the one that was issued later holds for longer. */
  #newer<T extends { readonly version: number; readonly issuedAt?: number }>(opened: Outcome<T>, current: T | undefined): Outcome<T | undefined> {
    if (!opened.ok || current === undefined || opened.value.version > current.version) return opened
    if (opened.value.version < current.version) return fail('wire.lower_version', `${opened.value.version} after ${current.version}`)
    return (opened.value.issuedAt ?? 0) > (current.issuedAt ?? 0) ? opened : ok(undefined)
  }
}

const flag = (newer: Outcome<unknown>): Outcome<boolean> => (newer.ok ? ok(newer.value !== undefined) : newer)
