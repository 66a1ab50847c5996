import { makeId } from '#protocol/ids.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { encodeBatch } from '#protocol/hub/messages.ts'
import { SECOND } from '#protocol/time.ts'
import type { Customer } from './customer.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import type { TillMachine } from './till-machine.ts'

/** How often somebody uses the stolen till, and after how many times it is missed and its key revoked. */
const USES = 12
const MISSED_AFTER = 4

/** Somebody carries a till away, with its key, and lets it write what brings money: codes that were photographed, and codes that nobody ever showed. */
export class Thief {
  readonly #scene: Scene
  readonly #random: Random
  readonly #machine: TillMachine
  readonly #customers: readonly Customer[]

  constructor(scene: Scene, random: Random, machine: TillMachine) {
    this.#scene = scene
    this.#random = random
    this.#machine = machine
    this.#customers = scene.customers.filter(({ wallet }) => wallet.currency === scene.currency)
  }

  begin(): void {
    const { scheduler } = this.#scene
    for (let use = 1; use <= USES; use++) {
      scheduler.after(use * 8 * SECOND, () => {
        if (use >= MISSED_AFTER) this.#revoke()
        this.#use()
      })
    }
  }

  /** Whoever runs the shop: again after every restore of the hub, whose backup may be older. */
  #revoke(): void {
    const { hub, hubWatch } = this.#scene
    const { till } = this.#machine.identity
    hub.ask(async ({ hub: running }) => {
      const revoked = await running.revokeTill(till)
      await running.idle()
      // Unless the hub has come back meanwhile from a backup that knows nothing of it.
      if (revoked.ok && hub.disk.rows.tills.get(till)?.revokedAt !== undefined) hubWatch.custody.revoked.add(till)
    })
  }

  #use(): void {
    const { hub, hubWatch, trace } = this.#scene
    const { till, signer } = this.#machine.identity
    if (!hub.up) return
    const head = hubWatch.custody.lastOf(till)
    const epoch = head?.epoch ?? 1
    trace.note(`thief: uses ${this.#machine.name}`)
    let n = head?.n ?? 0
    const entries = this.#claim().map((fact) => encodeEntry({ till, epoch, n: ++n }, this.#scene.now(), fact))
    const from = (head?.n ?? 0) + 1
    hub.published(till, encodeBatch(signer, { till, epoch, from, previous: head?.hash ?? GENESIS, lastAck: new Uint8Array(0), waiting: 0, entries }))
  }

  #claim(): readonly Fact[] {
    const random = this.#random
    const { currency } = this.#scene
    const shown = this.#customers.flatMap(({ codes }) => codes.filter(({ profile }) => profile === 'show'))
    const code = shown.length > 0 && random.chance(0.7) ? random.pick(shown).text : 'SP1:NOTHING'
    const [paymentId, saleId] = [makeId(this.#scene.now(), random.bytes(10)), makeId(this.#scene.now(), random.bytes(10))]
    const amountMinor = random.between(1, 2500)
    return [
      { kind: 'payment.intended', body: { paymentId, saleId, amountMinor, currency, instrument: { type: 'wallet', code } } },
      { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
      { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber: `THIEF-${paymentId.slice(-6)}` } },
    ]
  }
}
