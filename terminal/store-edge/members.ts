import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import { openSigned, type KeySet, type LaneSettings } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

export type Documents = { readonly keys: Uint8Array | undefined; readonly lanes: Uint8Array | undefined }

/**
 * Who belongs to this store, by the hub's signed word, which tills pass on: this machine needs no way to the hub. Believed down the chain from the root key that
 * the machine was set up with; a lower version is never taken.
 */
export class Members {
  readonly #crypto: Crypto
  readonly #root: Uint8Array
  readonly #kept: (documents: Documents) => void
  #keys: { readonly set: KeySet; readonly bytes: Uint8Array } | undefined
  #lanes: { readonly settings: LaneSettings; readonly bytes: Uint8Array } | undefined

  /** `kept`: gets the newest documents whenever they have changed, to keep them for the next start. */
  constructor(crypto: Crypto, rootPublicKey: Uint8Array, kept: (documents: Documents) => void) {
    this.#crypto = crypto
    this.#root = rootPublicKey
    this.#kept = kept
  }

  /** Undefined until the first till has told. */
  get store(): Id | undefined {
    return this.#lanes?.settings.store
  }

  /** Whether a till with this key (raw, of its certificate) is one of this store. */
  isMember(till: Id, publicKey: Uint8Array): boolean {
    return this.#lanes?.settings.tills.some((one) => one.till === till && one.publicKey === hex(publicKey)) === true
  }

  /** Takes a document from whoever brings it. Answers whether it is news. */
  take(kind: keyof Documents, bytes: Uint8Array): Outcome<boolean> {
    const taken = kind === 'keys' ? this.#takeKeys(bytes) : this.#takeLanes(bytes)
    if (taken.ok && taken.value) this.#kept({ keys: this.#keys?.bytes, lanes: this.#lanes?.bytes })
    return taken
  }

  #takeKeys(bytes: Uint8Array): Outcome<boolean> {
    const rootId = hex(keyIdOf(this.#crypto, this.#root))
    const opened = openSigned(this.#crypto, bytes, signedTypes.keySet, (id) => (id === rootId ? this.#root : undefined))
    if (!opened.ok) return opened
    const before = this.#keys?.set.version ?? 0
    if (opened.value.version < before) return fail('wire.lower_version')
    if (opened.value.version === before) return ok(false)
    this.#keys = { set: opened.value, bytes }
    return ok(true)
  }

  #takeLanes(bytes: Uint8Array): Outcome<boolean> {
    const opened = openSigned(this.#crypto, bytes, signedTypes.lanes, (id) => {
      const key = this.#keys?.set.keys.find(({ role, keyId }) => role === 'policy' && keyId === id)
      return key === undefined ? undefined : unhex(key.publicKey)
    })
    if (!opened.ok) return opened
    const before = this.#lanes?.settings
    if (opened.value.version < (before?.version ?? 0)) return fail('wire.lower_version')
    if (opened.value.version === before?.version) return ok(false)
    this.#lanes = { settings: opened.value, bytes }
    return ok(true)
  }
}
