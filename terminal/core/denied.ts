import { base64url, hex, unbase64url } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { DenyListStanding } from '#protocol/policy/decide.ts'
import { decodeFingerprints, DENY_PARTS, DenyList, encodeFingerprints } from '#protocol/policy/deny-list.ts'
import { applyDelta, MAX_DENIED, type DenyMessage } from '#protocol/policy/deny-messages.ts'
import type { EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

const RECORD_STANDING = 'denied/standing'
/** Of the list's parts, each in one: a delta writes those anew that it touches. */
const RECORD_PART = 'denied/part/'

type Standing = { readonly version: number; readonly check: string; readonly confirmedAt: EpochMs }
type Whole = Extract<DenyMessage['content'], { type: 'whole' }>

/**
 * The deny list of this till. A delta is taken only if it goes on from exactly the list that is here and leads to exactly the one that was signed; anything else
 * leaves the list as it was and makes `behind` true, so that the hub is asked. A lost delta is therefore never skipped. The parts of a whole list are kept in
 * memory until the last has come; the old list holds until then.
 */
export class Denied {
  readonly #crypto: Pick<Crypto, 'sha256'>
  readonly #store: Pick<TillStore, 'records' | 'commit'>
  #list = DenyList.empty
  #standing: Standing | undefined
  #arriving: { readonly message: DenyMessage; readonly content: Whole } | undefined
  readonly #chunks = new Map<string, Float64Array>()
  /** The hub has spoken of a version that is not here. */
  #behind = false

  constructor(crypto: Pick<Crypto, 'sha256'>, store: Pick<TillStore, 'records' | 'commit'>) {
    this.#crypto = crypto
    this.#store = store
    const kept = store.records('denied/')
    const standing = kept.get(RECORD_STANDING)
    if (standing === undefined) return
    const list = listOf(Array.from({ length: DENY_PARTS }, (_, at) => kept.get(partName(at))))
    const told = parseRecord<Standing>(standing)
    // What the disk has lost or changed is fetched anew.
    if (list?.check !== told.check) return
    this.#list = list
    this.#standing = told
  }

  /** As the policy's decision needs it; undefined until there is one. */
  get standing(): DenyListStanding | undefined {
    const list = this.#list
    return this.#standing === undefined ? undefined : { ...this.#standing, has: (fingerprint) => list.has(fingerprint) }
  }

  /** 0 for none. */
  get version(): number {
    return this.#standing?.version ?? 0
  }

  get behind(): boolean {
    return this.#behind
  }

  get size(): number {
    return this.#list.size
  }

  /** The next part of a whole list that is missing, by its hash. */
  get wanted(): string | undefined {
    return this.#arriving?.content.chunks.find((hash) => !this.#chunks.has(hash))
  }

  /** A message of which the caller knows that it is to be believed. Answers whether something is new. Throws StoreError. */
  take(message: DenyMessage): Outcome<boolean> {
    const { version, content } = message
    if (version < this.version) return fail('wire.lower_version', `${version} after ${this.version}`)
    if (version === this.version) return ok(this.#confirmed(message))
    if (content.type === 'delta' && content.from === this.version && content.from > 0) {
      const applied = applyDelta(this.#list, message)
      this.#behind = !applied.ok
      if (!applied.ok) return this.#distrust(applied.detail)
      this.#become(applied.value, message, this.#list)
      return ok(true)
    }
    this.#behind = true
    if (content.type !== 'whole') return ok(false)
    this.#arriving = { message, content }
    return this.#tryWhole()
  }

  /** A part of a list that is arriving. Anybody may have sent it: only its hash counts. Answers whether the list is in use now. Throws StoreError. */
  takeChunk(bytes: Uint8Array): Outcome<boolean> {
    const hash = hex(this.#crypto.sha256(bytes))
    if (this.#arriving?.content.chunks.includes(hash) !== true || this.#chunks.has(hash)) return ok(false)
    const read = decodeFingerprints(bytes, MAX_DENIED)
    if (!read.ok) return read
    this.#chunks.set(hash, read.value)
    return this.#tryWhole()
  }

  #tryWhole(): Outcome<boolean> {
    if (this.#arriving === undefined || this.wanted !== undefined) return ok(false)
    const { message, content } = this.#arriving
    const list = DenyList.joined(content.chunks.flatMap((hash) => this.#chunks.get(hash) ?? []))
    this.#arriving = undefined
    this.#chunks.clear()
    if (list === undefined || list.size !== message.size || list.check !== message.check)
      return fail('wire.malformed', 'the parts of a deny list are not what was signed')
    this.#become(list, message)
    this.#behind = false
    return ok(true)
  }

  /** What was applied to is not what the hub thinks: all of it is fetched anew. */
  #distrust(detail: string | undefined): Outcome<boolean> {
    this.#standing = undefined
    this.#store.commit({ remove: [RECORD_STANDING] })
    return fail('wire.malformed', detail)
  }

  /** The hub says that this is still the newest. An older word is no news. Throws StoreError. */
  #confirmed({ issuedAt, check }: DenyMessage): boolean {
    if (this.#standing === undefined || check !== this.#standing.check || issuedAt <= this.#standing.confirmedAt) return false
    const standing = { ...this.#standing, confirmedAt: issuedAt }
    this.#store.commit({ put: { [RECORD_STANDING]: JSON.stringify(standing) } })
    this.#standing = standing
    this.#behind = false
    return true
  }

  /** Durable before it counts. `before`: what the disk has, if that is known: only parts that are others now are written. Throws StoreError. */
  #become(list: DenyList, { version, check, issuedAt }: DenyMessage, before?: DenyList): void {
    const standing = { version, check, confirmedAt: issuedAt }
    const put: Record<string, string> = { [RECORD_STANDING]: JSON.stringify(standing) }
    for (let at = 0; at < DENY_PARTS; at++) {
      if (list.part(at) !== before?.part(at)) put[partName(at)] = base64url(encodeFingerprints(list.part(at)))
    }
    this.#store.commit({ put })
    this.#list = list
    this.#standing = standing
  }
}

const partName = (at: number): string => RECORD_PART + String(at).padStart(2, '0')

function listOf(parts: readonly (string | undefined)[]): DenyList | undefined {
  const all: Float64Array[] = []
  for (const part of parts) {
    const read = decodeFingerprints(unbase64url(part ?? '') ?? new Uint8Array(0), MAX_DENIED)
    if (!read.ok) return undefined
    all.push(read.value)
  }
  return DenyList.joined(all)
}
