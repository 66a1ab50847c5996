import { utf8Text } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { DeviceHealth, Order, PrintDocument, ScaleReading } from '#protocol/device/messages.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import { isSealedJournal } from '#protocol/node/sealed-journal.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import { gateActions, type Command, type GateAction, type View } from '#protocol/till-api/api.ts'
import type { Clock } from '#protocol/time.ts'
import type { DownKind } from '#protocol/topics.ts'
import type { LanePort, Link, Printer, TillIdentity } from '../../terminal/core/ports.ts'
import { batchAfter } from '../../terminal/core/batch.ts'
import { RECORD_OUTBOX, type Heard } from '../../terminal/core/draining.ts'
import { Epochs } from '../../terminal/core/epochs.ts'
import { parseRecord, StoreError, type Change, type Durability, type TillStore } from '../../terminal/core/store.ts'
import { Till } from '../../terminal/core/till.ts'
import { MachineClock, ProcessTimers, type Scheduler } from './clock.ts'
import { Disk, PowerCut } from './disk.ts'
import type { LaneNet } from './lane-net.ts'
import type { Line } from './network.ts'
import type { Random } from './random.ts'

/** What a till does to the world around it, in the moment it does it. */
export type TillWitness = {
  shows(till: TillMachine, view: View): void
  prints(till: TillMachine, job: string, document: PrintDocument): void
  /** Its drawer opens. */
  kicks(till: TillMachine): void
  sends(till: TillMachine, batch: Uint8Array): void
  /** About to be handed a message. */
  hears(till: TillMachine, kind: DownKind, bytes: Uint8Array): void
  starts(till: TillMachine): void
  stops(till: TillMachine, why: string): void
  /** Somebody asks for an action that money hangs on. Answers whom to tell how it ended. */
  asksToLeave(till: TillMachine, action: GateAction): (passed: boolean) => void
  /** What became of a command. */
  answers(till: TillMachine, command: Command, outcome: Outcome<null>): void
  /** Everything that is on its disk goes into a sealed file. */
  exports(till: TillMachine): void
  /** Something that no till may do: it threw. */
  breaks(till: TillMachine, error: unknown): void
}

/** Where the power can go besides at a commit: before the outside hears of something, and after. */
export const outwardPoints = ['before sending', 'after sending', 'before printing', 'after printing', 'before showing', 'after showing'] as const
export type OutwardPoint = (typeof outwardPoints)[number]

export type TillParts = {
  readonly identity: TillIdentity
  readonly scheduler: Scheduler
  readonly random: Random
  readonly crypto: Crypto
  readonly line: Line
  readonly disk: Disk
  readonly witness: TillWitness
  readonly durability: Durability
  /** The store's edge. */
  readonly lanes?: LaneNet
  /** It has just lost its power. */
  stopped(machine: TillMachine): void
  /** Its core has ended by itself, to come back as another version or as a till that nobody has enrolled. */
  left(machine: TillMachine, reason: 'update' | 'reset'): void
  /** For a planted bug: what is put between the till and its ports. */
  readonly bug?: TillBug
}

export type TillBug = {
  /** `show`: tells the screen something before the till does. */
  store?(store: TillStore, show: (approval: Approved) => void): TillStore
  clock?(clock: Clock): Clock
  link?(link: Link): Link
  lanes?(lanes: LanePort): LanePort
  crypto?(crypto: Crypto): Crypto
  /** What it takes a message of the hub for. */
  hears?(kind: DownKind, bytes: Uint8Array): Uint8Array
  /** Messages for the till besides those that came: e.g. an acknowledgement that nobody signed. */
  forges?(batch: Uint8Array, deliver: (kind: DownKind, bytes: Uint8Array) => void): void
}

type Approved = Extract<View['tender'], { stage: 'approved' }>

/** What the screen is going to say about these entries. */
export function approvalIn({ entries = [] }: Change): Approved | undefined {
  for (const { bytes } of entries) {
    const { kind, body } = JSON.parse(utf8Text(bytes)) as Entry
    if (kind !== 'payment.captured') continue
    const { paymentId, amountMinor, receiptNumber } = body
    return { stage: 'approved', paymentId, amountMinor, receiptNumber, decidedBy: 'policy', receipt: 'printing' }
  }
  return undefined
}

/** Everything that is not safe at the hub, as `journal-tools.ts` exports it, without the seal. */
function exportOf(identity: TillIdentity, crypto: Crypto, store: TillStore): Uint8Array[] {
  const text = store.records(RECORD_OUTBOX).get(RECORD_OUTBOX)
  const heard = text === undefined ? undefined : parseRecord<Heard>(text)
  const batches: Uint8Array[] = []
  for (let place = heard?.safe ?? { epoch: 1, n: 0 }; ;) {
    const { bytes, last } = batchAfter(crypto, identity, store, new Epochs(store), place, heard?.lastAck ?? '')
    if (last === undefined) return batches
    batches.push(bytes)
    place = last
  }
}

const SCALE: DeviceHealth = { device: 'scale', kind: 'scale', state: 'ready', counters: {} }

/** The machine that a till runs on: disk, clock, power, a screen, a printer and a scale. The till in it is the production one. */
export class TillMachine {
  readonly identity: TillIdentity
  readonly disk: Disk
  readonly line: Line
  readonly clock: MachineClock
  readonly random: Random
  readonly #parts: TillParts
  #running: { readonly till: Till; readonly timers: ProcessTimers } | undefined
  #inside = false
  #point: OutwardPoint | undefined
  #view: View | undefined
  #exported: readonly Uint8Array[] = []
  #repairs = 0
  printerPresent = true

  constructor(parts: TillParts) {
    this.#parts = parts
    this.identity = parts.identity
    this.disk = parts.disk
    this.line = parts.line
    this.random = parts.random
    this.clock = new MachineClock(parts.scheduler)
  }

  get name(): string {
    return this.identity.name
  }

  /** What the cashier looks at; nothing while the machine is off. */
  get view(): View | undefined {
    return this.#view
  }

  /** The batches of its last export, as they are in the sealed file. */
  get exported(): readonly Uint8Array[] {
    return this.#exported
  }

  /** Switches it on. A disk that cannot be used stops it again. */
  start(): void {
    if (this.#running !== undefined) return
    this.clock.restart()
    this.#parts.witness.starts(this)
    this.#guarded(() => {
      const timers = new ProcessTimers(this.#parts.scheduler, (action) => this.#guarded(action))
      const till = new Till(this.identity, this.#ports(timers))
      this.#running = { till, timers }
      till.start()
      till.device({ device: 'printer', kind: 'printer', state: 'ready', counters: {} })
    })
    if (this.#running === undefined) return
    this.line.open(this.#end())
    this.#parts.lanes?.open(this.identity.till, {
      connected: () => void this.#ask((till) => till.laneConnected()),
      disconnected: () => void this.#ask((till) => till.laneDisconnected()),
      heard: (channel, bytes) => void this.#ask((till) => till.laneHeard(channel, bytes)),
    })
  }

  /** Pulls the plug: now, whatever it is doing. */
  cutPower(why: string): void {
    if (this.#running === undefined) return
    this.#running.timers.stop()
    this.#running = undefined
    this.#off(why)
  }

  /** Somebody repairs it with an older copy of its disk, and whatever was open on its screen is gone. */
  replaceDisk(content: ReturnType<Disk['snapshot']>): void {
    this.cutPower('its disk is replaced')
    this.disk.restore(content)
    this.#repairs += 1
  }

  /** How often that has happened. */
  get repairs(): number {
    return this.#repairs
  }

  /** The power will go at the next of these moments. */
  crashWhen(point: OutwardPoint): void {
    this.#point = point
  }

  calm(): void {
    this.#point = undefined
    this.disk.room = Infinity
    this.disk.calm()
  }

  command(command: Command): Outcome<null> | undefined {
    const action = gateActions.find((one) => one === command.type)
    const ended = action === undefined || this.#running === undefined ? undefined : this.#parts.witness.asksToLeave(this, action)
    const outcome = this.#ask((till) => till.command(command))
    // A core that lost its power over it has not answered, and nobody knows.
    if (outcome !== undefined) {
      ended?.(outcome.ok)
      this.#parts.witness.answers(this, command, outcome)
    }
    return outcome
  }

  scan(text: string): Outcome<null> | undefined {
    return this.#ask((till) => till.scanned(text))
  }

  /** The printer's word about a job, or a scanner's noise. */
  device(tell: (till: Till) => void): void {
    this.#ask((till) => {
      tell(till)
    })
  }

  /** What the scale shows now. */
  weighs(reading: ScaleReading): void {
    this.device((till) => {
      till.device(SCALE)
      till.reading(reading)
    })
  }

  hear(kind: DownKind, bytes: Uint8Array): void {
    if (this.#running === undefined) return
    this.#parts.witness.hears(this, kind, bytes)
    this.#ask((till) => till.received(kind, this.#parts.bug?.hears?.(kind, bytes) ?? bytes))
  }

  // ---------------------------------------------------------------- inside

  #ask<T>(question: (till: Till) => T): T | undefined {
    let answer: T | undefined
    this.#guarded(() => {
      if (this.#running !== undefined) answer = question(this.#running.till)
    })
    return answer
  }

  /** Every way into the till. Only here a power cut ends: what called from inside the till dies with it. */
  #guarded(action: () => void): void {
    if (this.#inside) return action()
    this.#inside = true
    try {
      action()
    } catch (error) {
      this.#running?.timers.stop()
      this.#running = undefined
      if (!(error instanceof PowerCut) && !(error instanceof StoreError)) this.#parts.witness.breaks(this, error)
      this.#off(error instanceof Error ? error.message : String(error))
    } finally {
      this.#inside = false
    }
  }

  #off(why: string): void {
    this.#view = undefined
    this.line.close()
    this.#parts.lanes?.close(this.identity.till)
    this.disk.loseCache(this.random)
    this.#parts.witness.stops(this, why)
    this.#parts.stopped(this)
  }

  #end() {
    return {
      connected: () => void this.#ask((till) => till.connected()),
      disconnected: () => void this.#ask((till) => till.disconnected()),
      received: (kind: DownKind, bytes: Uint8Array) => this.hear(kind, bytes),
    }
  }

  #ports(timers: ProcessTimers) {
    const { bug, crypto, witness } = this.#parts
    const store = this.disk.open(this.#parts.durability)
    const link: Link = {
      send: (batch) => this.#outward('sending', () => this.#send(batch)),
      reconnect: () => this.line.reconnect(),
    }
    const printer: Printer = {
      print: (job, document) => {
        this.#outward('printing', () => witness.prints(this, job, document))
        return this.printerPresent
      },
    }
    return {
      clock: bug?.clock?.(this.clock) ?? this.clock,
      timers,
      crypto: bug?.crypto?.(crypto) ?? crypto,
      store: bug?.store?.(store, (tender) => this.#view === undefined || witness.shows(this, { ...this.#view, tender })) ?? store,
      link: bug?.link?.(link) ?? link,
      ...(this.#parts.lanes === undefined ? {} : { lanes: this.#lanePort(this.#parts.lanes, timers) }),
      printer,
      devices: {
        order: (_: string, what: Order) => {
          if (what.do === 'open_drawer') witness.kicks(this)
          return true
        },
      },
      exporter: {
        exportJournal: () => {
          witness.exports(this)
          this.#exported = exportOf(this.identity, crypto, store)
          return ok({ file: `${this.name}.sealed`, entries: this.disk.entries.length })
        },
      },
      leave: (reason: 'update' | 'reset') => {
        this.#parts.scheduler.after(1, () => {
          this.cutPower(reason)
          this.#parts.left(this, reason)
        })
      },
      show: (message: { readonly type: string; readonly view?: View }) => {
        const { view } = message
        if (view === undefined) return
        this.#outward('showing', () => {
          witness.shows(this, view)
          this.#view = view
        })
      },
      log: () => {},
    }
  }

  #lanePort(net: LaneNet, timers: ProcessTimers): LanePort {
    const port = net.portOf(this.identity.till, timers)
    return this.#parts.bug?.lanes?.(port) ?? port
  }

  #send(batch: Uint8Array): void {
    // What it brings of a neighbour's is that one's word, not its own.
    if (isSealedJournal(batch)) return this.line.send(batch)
    this.#parts.witness.sends(this, batch)
    this.line.send(batch)
    this.#parts.bug?.forges?.(batch, (kind, bytes) => this.#parts.scheduler.after(1, () => this.hear(kind, bytes)))
  }

  #outward(what: 'sending' | 'printing' | 'showing', act: () => void): void {
    if (this.#point === `before ${what}`) this.#cut()
    act()
    if (this.#point === `after ${what}`) this.#cut()
  }

  #cut(): never {
    const point = this.#point ?? ''
    this.#point = undefined
    throw new PowerCut(point)
  }
}
