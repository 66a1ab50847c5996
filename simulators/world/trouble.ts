import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, keyRoles } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Minor } from '#protocol/money.ts'
import { DAY, HOUR, SECOND, type DurationMs } from '#protocol/time.ts'
import { downKinds, type DownKind } from '#protocol/topics.ts'
import type { Payment } from '../../hub/store/hub-store.ts'
import type { Scheduler } from './clock.ts'
import { lastPaymentOfTheDay } from './closing-time.ts'
import type { HubMachine } from './hub-machine.ts'
import type { WorldCrypto } from './keys.ts'
import type { Losses } from './losses.ts'
import type { Random } from './random.ts'
import { outwardPoints, type TillMachine } from './till-machine.ts'
import type { Trace } from './trace.ts'
import type { WorldVault } from './vault.ts'

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
  tillDiskTight: 1,
  tillBackup: 2,
  tillRestore: 1,
  tillCorruption: 1,
  tillStolen: 1,
  hubPower: 2,
  hubCommitCrash: 4,
  hubDiskFull: 1,
  hubCopyFull: 1,
  hubSlow: 2,
  hubClock: 1,
  hubBackup: 2,
  hubRestore: 1,
  hubRestoreBare: 1,
  hubNewKey: 1,
  hubOperator: 5,
  hubTopUp: 2,
  hubPolicy: 3,
  hubDeny: 2,
  hubPhone: 3,
  hubGarbage: 2,
  longNight: 3,
  closingTime: 2,
  shortNight: 2,
  holidays: 2,
} as const
type Kind = keyof typeof kinds

export type Place = {
  readonly tills: readonly TillMachine[]
  readonly hub: HubMachine
  readonly crypto: WorldCrypto
  readonly vault: WorldVault
  readonly trace: Trace
  readonly scheduler: Scheduler
  readonly losses: Losses
  /** A till is carried away. False if the shop cannot spare it. */
  steal(machine: TillMachine, random: Random): boolean
  /** Somebody puts money on a wallet. */
  topUp(random: Random): void
  putMoneyOn(wallet: string, amountMinor: Minor): void
  /** Its acquirer's file says that this card was charged. */
  isCharged(payment: Id): boolean
  /** Somebody was told what became of their payment. */
  talkOf(payment: Id): void
  /** Something is asked of the bank with somebody's phone. */
  phone(random: Random): void
  /** A person signs other rules for tills that are alone. */
  signPolicy(random: Random): void
  /** A wallet is blocked, or let go of. */
  deny(random: Random): void
}

/** A full disk is noticed and emptied within this. */
const LONGEST_FULL: DurationMs = 15 * SECOND
const A_WEEK_AND_MORE: DurationMs = 8 * DAY
/** Credentials and keys must outlive the world. */
const MOST_NIGHTS = 7
/** More than the hub's retries take, one a night. */
const HOLIDAY_NIGHTS = 6
const HOLIDAY_MORNING: DurationMs = 17 * SECOND
/**
 * After a long night, a till that is set back by this is behind the last that it heard of the hub, whatever the hub's clock was like and however many short
 * nights it was off as well; one that is set back to just after it could not know.
 */
const FAR_BACK: DurationMs = A_WEEK_AND_MORE + 4 * DAY
/** A till that is contradicted by the hub more often within an hour (restored itself, or the hub without its copy) takes itself for two, and stops: rightly. */
const MOST_RESTORES = 2
/** Less than a till keeps in reserve. */
const TIGHT = 1024 * 1024

/** The saboteur. */
export class Trouble {
  readonly #random: Random
  readonly #place: Place
  readonly #weights: Record<Kind, number>
  /** Messages of the hub that somebody recorded, to be played back. */
  readonly #recorded: { readonly kind: DownKind; readonly bytes: Uint8Array }[] = []
  #stopped = false
  readonly #backups = new Map<TillMachine, ReturnType<TillMachine['disk']['snapshot']>>()
  readonly #restores = new Map<TillMachine, number>()
  /** How often the hub has lost both of its places. */
  #forgotten = 0
  #stolen = false
  #nights = 0
  #hadHolidays = false
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
    if (kind === 'holidays') this.#holidays()
    else if (kind === 'closingTime') this.#closingTime()
    else if (kind === 'longNight' || kind === 'shortNight') this.#nightfall(kind)
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
        machine.clock.setWrongBy(random.pick([-FAR_BACK, -HOUR, -3 * SECOND, 0, 3 * SECOND, HOUR]))
        return random.chance(0.5) ? machine.cutPower('its clock was set') : undefined
      case 'tillGarbage':
        return machine.hear(random.pick(downKinds), random.bytes(random.between(0, 200)))
      case 'tillForgery':
        return this.#forge(machine)
      case 'tillEcho':
        return this.#echo(machine)
      case 'tillDiskTight':
        machine.disk.room = TIGHT
        return this.#soon(() => {
          machine.disk.room = Infinity
        })
      case 'tillBackup':
        return void this.#backups.set(machine, machine.disk.snapshot())
      case 'tillRestore':
        return this.#restore(machine)
      case 'tillCorruption':
        return this.#corrupt(machine)
      case 'tillStolen':
        if (!this.#stolen) this.#stolen = this.#place.steal(machine, random)
        return
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

  #corrupt(machine: TillMachine): void {
    const entry = machine.disk.corrupt(this.#random)
    if (entry === undefined) return
    this.#place.trace.note(`${machine.name}: a bit of ${entry.epoch}/${entry.n} turns over`)
    this.#place.losses.ofEntry(machine, entry)
  }

  /** Somebody repairs a till with an older copy of its disk. */
  #restore(machine: TillMachine): void {
    const backup = this.#backups.get(machine)
    const restores = this.#restores.get(machine) ?? 0
    if (backup === undefined || restores + this.#forgotten >= MOST_RESTORES) return
    this.#restores.set(machine, restores + 1)
    machine.replaceDisk(backup)
    this.#place.losses.ofTill(machine)
  }

  /**
   * No network, and all machines asleep: for longer than a hold lasts, or for a few hours. Then the hub looks around for a while before tills are back.
   */
  #nightfall(kind: 'longNight' | 'shortNight'): void {
    if (kind === 'longNight' && ++this.#nights > MOST_NIGHTS) return
    this.#night(kind)
  }

  #closingTime(): void {
    const isOver = (): boolean => this.#stopped
    lastPaymentOfTheDay(this.#place, this.#random, isOver, () => {
      if (!isOver()) this.#nightfall('longNight')
    })
  }

  #night(kind: 'longNight' | 'shortNight'): void {
    const { tills, hub, scheduler } = this.#place
    for (const machine of tills) {
      machine.line.pull()
      if (!this.#random.chance(0.4)) continue
      machine.cutPower('switched off for the night')
      // Its battery is worn: it wakes in the evening before.
      if (kind === 'longNight' && this.#random.chance(0.5)) machine.clock.setWrongBy(-FAR_BACK)
    }
    hub.crash('switched off for the night')
    scheduler.sleep(kind === 'longNight' ? A_WEEK_AND_MORE : this.#random.between(1, 14) * HOUR)
    scheduler.after(this.#random.between(30, 90) * SECOND, () => {
      if (!this.#stopped) for (const { line } of tills) line.plug()
    })
  }

  /** Once, while people owe money, the shop closes for weeks. Then somebody goes through what was not paid meanwhile. */
  #holidays(): void {
    const { hub, scheduler } = this.#place
    if (this.#hadHolidays || ![...hub.disk.rows.payments.values()].some(({ state }) => state === 'RETRY')) return
    this.#hadHolidays = true
    const next = (left: number): void => {
      if (this.#stopped) return
      if (left === 0) return this.#operate()
      this.#night('longNight')
      scheduler.after(HOLIDAY_MORNING, () => next(left - 1))
    }
    next(HOLIDAY_NIGHTS)
  }

  // ---------------------------------------------------------------- the hub

  #restoreHub(copy: 'kept' | 'gone'): void {
    const restores = Math.max(0, ...this.#restores.values())
    if (copy === 'gone' && restores + this.#forgotten >= MOST_RESTORES) return
    if (!this.#place.hub.restore(copy)) return
    this.#place.losses.ofHub(copy)
    if (copy === 'gone') this.#forgotten += 1
  }

  /** What a person at the console does about money that has not come. Whether it helps is not known here. */
  #operate(): void {
    const random = this.#random
    const { running, disk } = this.#place.hub
    // A hub that was put back to a backup may not know what it took: a person who asks for money again has looked into the file first.
    const owing = ({ id, state }: Payment) => (state === 'RETRY' || state === 'RECOVERY') && !this.#place.isCharged(id)
    const unpaid = [...disk.rows.payments.values()].filter(owing)
    if (running === undefined || unpaid.length === 0) return
    const givenUp = unpaid.filter(({ state, exception }) => state === 'RECOVERY' && exception === 'hub.insufficient_funds')
    const over = unpaid.filter(({ state }) => state === 'RECOVERY')
    if (givenUp.length > 0 && random.chance(0.7)) return this.#collect(random.pick(givenUp))
    if (random.chance(0.3)) {
      // A round of calls to everybody who owes.
      for (const { id } of unpaid.filter(({ state }) => state === 'RECOVERY').slice(0, 5)) this.#place.hub.ask(({ hub }) => hub.retryPayment(id))
      return
    }
    const { id } = random.pick(random.chance(0.5) && over.length > 0 ? over : unpaid)
    this.#place.talkOf(id)
    if (random.chance(0.5)) this.#place.hub.ask(({ hub }) => hub.retryPayment(id))
    else this.#place.hub.ask(({ hub }) => hub.writeOff(id, 'nobody came to pay'))
  }

  /** Whoever owes is called and goes to the bank, and then the shop tries again. */
  #collect(payment: Payment): void {
    const { hub, scheduler } = this.#place
    const { id, wallet } = payment
    this.#place.talkOf(id)
    if (wallet === undefined) return
    this.#place.putMoneyOn(wallet, keptMinor(payment))
    scheduler.after(this.#random.between(1, 20) * SECOND, () => hub.ask((running) => running.hub.retryPayment(id)))
  }

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
      case 'hubRestoreBare':
        return this.#restoreHub(kind === 'hubRestore' ? 'kept' : 'gone')
      case 'hubNewKey':
        if (!hub.up) return
        hub.crash('its operator replaces a key')
        return this.#place.vault.replace(random.pick(keyRoles), hub.clock.now())
      case 'hubOperator':
        return this.#operate()
      case 'hubTopUp':
        return this.#place.topUp(random)
      case 'hubPolicy':
        return this.#place.signPolicy(random)
      case 'hubDeny':
        return this.#place.deny(random)
      case 'hubPhone':
        return this.#place.phone(random)
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
