import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { DAY, HOUR, SECOND, type DurationMs } from '#protocol/time.ts'
import { downKinds, type DownKind } from '#protocol/topics.ts'
import type { Scheduler } from './clock.ts'
import type { HubMachine } from './hub-machine.ts'
import type { WorldCrypto } from './keys.ts'
import type { Random } from './random.ts'
import { outwardPoints, type TillMachine } from './till-machine.ts'
import type { Trace } from './trace.ts'

/** What can go wrong in a world. Each world has a mixture of its own: some only lose messages, some only crash, some have all of it. */
const kinds = {
  weather: 3,
  cable: 4,
  tillPower: 4,
  tillCommitCrash: 6,
  tillOutwardCrash: 4,
  tillDiskFull: 2,
  tillClock: 2,
  tillGarbage: 2,
  tillForgery: 3,
  tillEcho: 2,
  hubPower: 2,
  hubCommitCrash: 4,
  hubDiskFull: 1,
  hubCopyFull: 1,
  hubSlow: 2,
  hubClock: 1,
  hubBackup: 2,
  hubRestore: 1,
  longNight: 1,
  hubGarbage: 2,
} as const
type Kind = keyof typeof kinds

export type Place = {
  readonly tills: readonly TillMachine[]
  readonly hub: HubMachine
  readonly crypto: WorldCrypto
  readonly trace: Trace
  readonly scheduler: Scheduler
}

/** A full disk is noticed and emptied within this. */
const LONGEST_FULL: DurationMs = 15 * SECOND
const A_WEEK_AND_MORE: DurationMs = 8 * DAY
/** Credentials and keys must outlive the world. */
const MOST_NIGHTS = 3

/** The saboteur. */
export class Trouble {
  readonly #random: Random
  readonly #place: Place
  readonly #weights: Record<Kind, number>
  /** Messages of the hub that somebody recorded, to be played back. */
  readonly #recorded: { readonly kind: DownKind; readonly bytes: Uint8Array }[] = []
  #stopped = false
  #nights = 0
  #hubTimeWasWrong = false

  constructor(random: Random, place: Place) {
    this.#random = random
    this.#place = place
    this.#weights = { ...kinds }
    for (const kind of Object.keys(kinds) as Kind[]) if (random.chance(0.4)) this.#weights[kind] = 0
    if (Object.values(this.#weights).every((weight) => weight === 0)) this.#weights.weather = 1
    place.hub.onSaid = (kind, bytes) => {
      if (this.#recorded.length < 50) this.#recorded.push({ kind, bytes })
    }
  }

  /** Then tills doubt their clocks, and rightly sell nothing alone, until the hub's time is later than any that it ever signed. */
  get hubTimeWasWrong(): boolean {
    return this.#hubTimeWasWrong
  }

  stop(): void {
    this.#stopped = true
  }

  act(): void {
    if (this.#stopped) return
    const kind = this.#random.weighted(this.#weights)
    const machine = this.#random.pick(this.#place.tills)
    this.#place.trace.note(`trouble: ${kind}${kind.startsWith('till') || kind === 'cable' || kind === 'weather' ? ` ${machine.name}` : ''}`)
    if (kind === 'longNight') this.#longNight()
    else if (kind.startsWith('hub')) this.#hub(kind)
    else this.#till(kind, machine)
  }

  #soon(heal: () => void): void {
    this.#place.scheduler.after(this.#random.between(0, LONGEST_FULL), heal)
  }

  // ---------------------------------------------------------------- tills

  #till(kind: Kind, machine: TillMachine): void {
    const random = this.#random
    switch (kind) {
      case 'weather':
        machine.line.weather = { drop: random.pick([0, 0.1, 0.5]), duplicate: random.pick([0, 0.3]), slow: random.pick([0, 0.2, 0.6]) }
        return
      case 'cable':
        return machine.line.plugged ? machine.line.pull() : machine.line.plug()
      case 'tillPower':
        return machine.cutPower('power cut')
      case 'tillCommitCrash':
        return machine.disk.crashAt(random.between(1, 4), random.pick(['before', 'after']))
      case 'tillOutwardCrash':
        return machine.crashWhen(random.pick(outwardPoints))
      case 'tillDiskFull':
        machine.disk.full = true
        return this.#soon(() => {
          machine.disk.full = false
        })
      case 'tillClock':
        machine.clock.setWrongBy(random.pick([-HOUR, -3 * SECOND, 0, 3 * SECOND, HOUR]))
        return random.chance(0.5) ? machine.cutPower('its clock was set') : undefined
      case 'tillGarbage':
        return machine.hear(random.pick(downKinds), random.bytes(random.between(0, 200)))
      case 'tillForgery':
        return this.#forge(machine)
      case 'tillEcho':
        return this.#echo(machine)
      default:
        throw new Error(`${kind} is not a trouble of tills`)
    }
  }

  /** Well-formed messages that the hub did not say: signed by a stranger, or by a key of the hub that is for something else. */
  #forge(machine: TillMachine): void {
    const { till } = machine.identity
    const signer = this.#place.crypto.signer(this.#random.pick(['a stranger', 'hub policy', 'hub issuer', `till ${machine.name}`]))
    const hubTime = machine.clock.now() + HOUR
    const head = machine.disk.entries.at(-1)
    const forged = this.#random.pick(['ack', 'decision', 'keys'] as const)
    if (forged === 'ack') {
      const received = { n: head?.n ?? 1, head: hex(head?.hash ?? new Uint8Array(32)) }
      machine.hear(
        'ack',
        encodeSigned(signer, signedTypes.ack, {
          v: 1,
          till,
          epoch: 1,
          received,
          safe: received.n,
          settled: received.n,
          answers: '00'.repeat(32),
          exceptions: [],
          hubEpoch: 1,
          hubTime,
        }),
      )
    } else if (forged === 'decision') {
      const intended = machine.disk.entries.at(-1)
      const body = {
        v: 1 as const,
        till,
        paymentId: till,
        intended: hex(intended?.hash ?? new Uint8Array(32)),
        verdict: { type: 'held' as const, until: hubTime },
        hubTime,
      }
      machine.hear('decision', encodeSigned(signer, signedTypes.decision, body))
    } else {
      const stranger = this.#place.crypto.signer('a stranger')
      const keys = (['ack', 'policy', 'issuer'] as const).map((role) => ({
        role,
        keyId: hex(stranger.keyId),
        publicKey: hex(stranger.publicKey),
        notBefore: 1,
        notAfter: 2 * hubTime,
      }))
      machine.hear('keys', encodeSigned(signer, signedTypes.keySet, { v: 1, version: 99, keys }))
    }
  }

  /** Something that the hub did say, once, to somebody. */
  #echo(machine: TillMachine): void {
    if (this.#recorded.length === 0) return
    const { kind, bytes } = this.#random.pick(this.#recorded)
    machine.hear(this.#random.chance(0.9) ? kind : this.#random.pick(downKinds), bytes)
  }

  /** No network, and all machines asleep for longer than a hold lasts; then the hub looks around for a while before tills are back. */
  #longNight(): void {
    const { tills, hub, scheduler } = this.#place
    if (++this.#nights > MOST_NIGHTS) return
    for (const { line } of tills) line.pull()
    hub.crash('switched off for the night')
    scheduler.sleep(A_WEEK_AND_MORE)
    scheduler.after(this.#random.between(30, 90) * SECOND, () => {
      if (!this.#stopped) for (const { line } of tills) line.plug()
    })
  }

  // ---------------------------------------------------------------- the hub

  #hub(kind: Kind): void {
    const random = this.#random
    const { hub, tills } = this.#place
    switch (kind) {
      case 'hubPower':
        return hub.crash('power cut')
      case 'hubCommitCrash':
        return hub.crashAt(random.between(1, 4), random.pick(['before', 'after']))
      case 'hubDiskFull':
        hub.full = true
        return this.#soon(() => {
          hub.full = false
        })
      case 'hubCopyFull':
        hub.copyFull = true
        return this.#soon(() => {
          hub.copyFull = false
        })
      case 'hubBackup':
        return hub.backUp()
      case 'hubRestore':
        return hub.restore()
      case 'hubSlow':
        hub.slow = random.pick([0, 0.3, 1])
        return
      case 'hubClock':
        this.#hubTimeWasWrong = true
        return hub.clock.setWrongBy(random.pick([-HOUR, -3 * SECOND, 0, 3 * SECOND, HOUR]))
      case 'hubGarbage':
        if (hub.up) hub.published(random.pick(tills).identity.till, random.bytes(random.between(0, 300)))
        return
      default:
        throw new Error(`${kind} is not a trouble of the hub`)
    }
  }
}
