import type { Crypto } from '#protocol/crypto.ts'
import type { PrintDocument } from '#protocol/device/messages.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import type { DownKind } from '#protocol/topics.ts'
import type { Link, Printer, TillIdentity } from '../../terminal/core/ports.ts'
import { StoreError, type TillStore } from '../../terminal/core/store.ts'
import { Till } from '../../terminal/core/till.ts'
import { MachineClock, ProcessTimers, type Scheduler } from './clock.ts'
import { Disk, PowerCut } from './disk.ts'
import type { Line } from './network.ts'
import type { Random } from './random.ts'

/** What a till does to the world around it, in the moment it does it. */
export type TillWitness = {
  shows(till: TillMachine, view: View): void
  prints(till: TillMachine, job: string, document: PrintDocument): void
  sends(till: TillMachine, batch: Uint8Array): void
  /** About to be handed a message. */
  hears(till: TillMachine, kind: DownKind, bytes: Uint8Array): void
  starts(till: TillMachine): void
  stops(till: TillMachine, why: string): void
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
  /** It has just lost its power. */
  stopped(machine: TillMachine): void
  /** For a planted bug: what is put between the till and its ports. */
  readonly bug?: TillBug
}

export type TillBug = {
  store?(store: TillStore): TillStore
  link?(link: Link): Link
  crypto?(crypto: Crypto): Crypto
  /** Messages for the till besides those that came: e.g. an acknowledgement that nobody signed. */
  forges?(batch: Uint8Array, deliver: (kind: DownKind, bytes: Uint8Array) => void): void
}

/** The machine that a till runs on: disk, clock, power, a screen and a printer. The till in it is the production one. */
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
    })
    if (this.#running !== undefined) this.line.open(this.#end())
  }

  /** Pulls the plug: now, whatever it is doing. */
  cutPower(why: string): void {
    if (this.#running === undefined) return
    this.#running.timers.stop()
    this.#running = undefined
    this.#off(why)
  }

  /** The power will go at the next of these moments. */
  crashWhen(point: OutwardPoint): void {
    this.#point = point
  }

  calm(): void {
    this.#point = undefined
    this.disk.calm()
  }

  command(command: Command): Outcome<null> | undefined {
    return this.#ask((till) => till.command(command))
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

  hear(kind: DownKind, bytes: Uint8Array): void {
    if (this.#running === undefined) return
    this.#parts.witness.hears(this, kind, bytes)
    this.#ask((till) => till.received(kind, bytes))
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
    const store = this.disk.open()
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
      clock: this.clock,
      timers,
      crypto: bug?.crypto?.(crypto) ?? crypto,
      store: bug?.store?.(store) ?? store,
      link: bug?.link?.(link) ?? link,
      printer,
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

  #send(batch: Uint8Array): void {
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
