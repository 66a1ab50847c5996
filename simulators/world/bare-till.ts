import type { Signer } from '#protocol/crypto.ts'
import { encodeBatch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { HubMachine } from './hub-machine.ts'

export type BareTillParts = { readonly till: Id; readonly signer: Signer; readonly hub: HubMachine; now(): EpochMs }

/** How a batch differs from the honest one. */
export type Forgery = {
  readonly signer?: Signer
  readonly till?: Id
  readonly epoch?: number
  readonly from?: number
  readonly previous?: Uint8Array
  readonly entries?: readonly Uint8Array[]
  readonly flip?: number
}

/** An enrolled till that is not of our make: a key, a journal in memory, and nothing that keeps it from writing what it likes. It hears nothing. */
export class BareTill {
  readonly till: Id
  readonly #parts: BareTillParts
  readonly #entries: Uint8Array[] = []
  readonly #hashes: Uint8Array[] = [GENESIS]

  constructor(parts: BareTillParts) {
    this.till = parts.till
    this.#parts = parts
    this.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } })
  }

  get entries(): readonly Uint8Array[] {
    return this.#entries
  }

  write(fact: Fact, at = this.#parts.now()): void {
    this.append(encodeEntry({ till: this.till, epoch: 1, n: this.#entries.length + 1 }, at, fact))
  }

  append(bytes: Uint8Array): void {
    this.#entries.push(bytes)
    this.#hashes.push(chainHash(nodeCrypto, this.#hashes.at(-1) ?? GENESIS, bytes))
  }

  /** Everything that the hub does not have yet. */
  send(): void {
    this.publish({})
  }

  publish(forgery: Forgery): void {
    const { hub, signer } = this.#parts
    if (!hub.up) return
    const from = forgery.from ?? (hub.disk.rows.heads.get(this.till)?.n ?? 0) + 1
    const entries = forgery.entries ?? this.#entries.slice(from - 1, from - 1 + AT_ONCE)
    const bytes = encodeBatch(forgery.signer ?? signer, {
      till: forgery.till ?? this.till,
      epoch: forgery.epoch ?? 1,
      from,
      previous: forgery.previous ?? this.#hashes[from - 1] ?? GENESIS,
      lastAck: new Uint8Array(0),
      waiting: undefined,
      entries,
    })
    if (forgery.flip !== undefined) bytes[forgery.flip % bytes.length] = (bytes[forgery.flip % bytes.length] ?? 0) ^ 1
    hub.published(this.till, bytes)
  }
}

/** What fits into a batch for certain. */
const AT_ONCE = 500
