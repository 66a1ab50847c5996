import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import type { Clock, DurationMs, EpochMs, Timers } from '#protocol/time.ts'
import { escPosInterpreter } from './escpos.ts'
import { openLine, type DeviceLine, type DeviceTransport, type LineOptions } from './line.ts'
import { automaticStatus, realTimeStatus, statusWhenDone, type Paper, type PrinterState } from './printer-status.ts'
import type { Receipt } from './receipt.ts'
import { realTimeFilter } from './realtime.ts'

/** What happens in the middle of a receipt: the cable is pulled, the roll ends, somebody opens the cover, or the printer freezes and says nothing any more. */
export type PrinterMishap = 'unplug' | 'paper_out' | 'cover_open' | 'freeze'

/**
 * `noise`: bytes that answer nothing. `half_answer`: the next round of questions is answered once and then no more. `wrong_status`: answers with bits
 * that no answer has. `status_storm`: the same answer hundreds of times, unasked. `slow`: prints as fast as 9600 baud bring its data. The ones
 * in the middle of a receipt wait for the next. `cutter_jam`: the next cut; opening and closing the cover clears it.
 * `frozen` and `slow` last until it is switched off and on (`restart`, and `replug` too).
 */
export const printerFaults = [
  'noise',
  'half_answer',
  'wrong_status',
  'status_storm',
  'slow',
  'frozen',
  'unplug_mid_receipt',
  'paper_out_mid_receipt',
  'cover_open_mid_receipt',
  'cutter_jam',
] as const
export type PrinterFault = (typeof printerFaults)[number]

export type PrinterOptions = Partial<Pick<LineOptions, 'linkAs' | 'kind'>> & {
  /** Characters of font A on a line; 42 is 80 mm paper. */
  readonly columns?: number
  /** The pin that the cash drawer's solenoid hangs on; null: no drawer. */
  readonly drawer?: 2 | 5 | null
  readonly clock?: Clock
  readonly timers?: Timers
}

/** `n` counts from 1 and names one receipt for ever. */
export type PrintedReceipt = { readonly n: number; readonly at: EpochMs; readonly receipt: Receipt }

export interface SimulatedPrinter {
  transport(): DeviceTransport
  readonly plugged: boolean
  readonly paper: Paper
  readonly coverOpen: boolean
  readonly drawerOpen: boolean
  /** Cut off and lying on the counter, oldest first; the last MAX_RECEIPTS of them. */
  readonly receipts: readonly PrintedReceipt[]
  /** What hangs out of the printer, not cut: what is left of a receipt that broke off. */
  uncut(): Receipt
  /** `pulses`: times a drawer was kicked. `overrun`: bytes lost to a full buffer. */
  counters(): Readonly<Record<'commands' | 'unsupported' | 'unknown' | 'pulses' | 'overrun', number>>
  /** Returns a function that stops it. */
  onReceipt(listener: (receipt: PrintedReceipt) => void): () => void
  onDrawer(listener: (open: boolean) => void): () => void
  setPaper(paper: Paper): void
  setCover(open: boolean): void
  openDrawerByKey(): void
  pushDrawerShut(): void
  /** Lets something happen after so many more printed lines, or bytes carried out. */
  mishapAfter(count: number, unit: 'lines' | 'bytes', mishap: PrinterMishap): void
  readonly faults: readonly PrinterFault[]
  fault(kind: PrinterFault): Promise<void>
  /** Switches it off and on: it thaws, and forgets its settings and what it had not printed. */
  restart(): void
  unplug(): void
  replug(): Promise<void>
  close(): void
}

export const MAX_RECEIPTS = 200

/** As large as a common receipt printer's receive buffer set to "large"; what comes on top is lost. */
const BUFFER_BYTES = 64 * 1024

/** Lines of a receipt that come out before a mishap in its middle. */
const LINES_BEFORE_MISHAP = 3

/** 960 bytes a second. */
const SLOW_BYTES = 96
const SLOW_STEP: DurationMs = 100

const NOISE = Uint8Array.of(0xff, 0x81, 0x11, 0xc3, 0x9e, 0x13)
const STORM_ANSWERS = 400
const STORM_CHUNK = 20
const STORM_STEP: DurationMs = 20
/** Bits that tell all answers apart, the wrong way round. */
const WRONG_BITS = 0x93
const WRONG_ANSWERS = 6

/** An ESC/POS receipt printer with a cash drawer, on a real line. It keeps its power, its settings and what it was sent when the cable is out. */
export async function startPrinter(options: PrinterOptions = {}): Promise<SimulatedPrinter> {
  const { columns = 42, drawer = 2, clock = systemClock, timers = systemTimers, ...line } = options
  const receipts: PrintedReceipt[] = []
  const receiptListeners = new Set<(receipt: PrintedReceipt) => void>()
  const drawerListeners = new Set<(open: boolean) => void>()
  const counters = { pulses: 0, overrun: 0 }
  let made = 0
  let paper: Paper = 'ok'
  let coverOpen = false
  let drawerOpen = false
  let frozen = false
  let slow = false
  /** `waiting` for the next cut; `stuck` with that receipt in the cutter; `cleared` by a person, and waiting to be told to go on. */
  let jam: { readonly state: 'waiting' } | { readonly state: 'stuck' | 'cleared'; readonly receipt: Receipt } | undefined
  let mishap: { left: number; readonly unit: 'lines' | 'bytes'; readonly what: PrinterMishap } | undefined
  /** Answers that go wrong from here on. */
  let wrong: { left: number; readonly how: 'missing' | 'garbled'; after: number } | undefined
  let automatic = false
  let lastAutomatic = ''
  let buffer: number[] = []

  const cutterError = () => jam !== undefined && jam.state !== 'waiting'
  const online = () => paper !== 'out' && !coverOpen && !frozen && !cutterError()
  const state = (): PrinterState => ({ paper, coverOpen, online: online(), cutterError: cutterError(), drawerHigh: drawer === null || drawerOpen })

  const say = (...bytes: readonly number[]) => {
    if (!frozen) cable.write(Uint8Array.from(bytes))
  }
  const answer = (byte: number) => {
    if (!wrong) return say(byte)
    if (wrong.after-- > 0) return say(byte)
    if (wrong.how === 'garbled') say(byte ^ WRONG_BITS)
    if (--wrong.left <= 0) wrong = undefined
  }
  /** GS a: tells what has changed. */
  const changed = () => {
    const status = automaticStatus(state())
    if (!automatic || frozen || String(status) === lastAutomatic) return
    lastAutomatic = String(status)
    say(...status)
  }

  const happen = (what: PrinterMishap) => {
    if (what === 'paper_out') paper = 'out'
    else if (what === 'cover_open') coverOpen = true
    else if (what === 'freeze') frozen = true
    else unplug()
    changed()
  }
  const unplug = () => {
    cable.unplug()
    // The rest of a receipt was still in the cable.
    buffer = []
  }
  const countDown = (unit: 'lines' | 'bytes') => {
    if (mishap?.unit !== unit || --mishap.left > 0) return
    const { what } = mishap
    mishap = undefined
    happen(what)
  }
  const setDrawer = (open: boolean) => {
    if (open === drawerOpen || drawer === null) return
    drawerOpen = open
    for (const listener of drawerListeners) listener(open)
    changed()
  }
  const pulse = (m: number) => {
    counters.pulses++
    if (drawer === (m % 48 === 0 ? 2 : 5)) setDrawer(true)
  }
  const comesOut = (receipt: Receipt) => {
    const printed = { n: ++made, at: clock.now(), receipt }
    receipts.push(printed)
    if (receipts.length > MAX_RECEIPTS) receipts.shift()
    for (const listener of receiptListeners) listener(printed)
  }
  const switchOn = () =>
    escPosInterpreter({
      columns,
      onReceipt(receipt) {
        if (jam?.state !== 'waiting') return comesOut(receipt)
        jam = { state: 'stuck', receipt }
        changed()
      },
      onLine: () => countDown('lines'),
      onPulse: pulse,
      onStatusRequest: (n) => answer(statusWhenDone(n, state())),
      onAutomaticStatus(n) {
        automatic = n !== 0
        lastAutomatic = ''
        changed()
      },
    })
  let interpreter = switchOn()

  /** Carries out what was received, for as long as the printer is online. */
  const work = (most = slow ? 0 : Infinity) => {
    let done = 0
    while (done < Math.min(buffer.length, most) && online()) {
      interpreter.feed(buffer[done++] ?? 0)
      countDown('bytes')
    }
    buffer = buffer.slice(done)
  }
  const workSlowly = () => {
    if (!slow) return work()
    work(SLOW_BYTES)
    timers.after(SLOW_STEP, workSlowly)
  }
  /** DLE ENQ: with the jam cleared, the cut is made up for. */
  const recover = (n: number) => {
    if (n === 2) buffer = []
    if (jam?.state !== 'cleared') return
    const { receipt } = jam
    jam = undefined
    comesOut(receipt)
    changed()
    work()
  }
  const restart = () => {
    if (jam && jam.state !== 'waiting') comesOut(jam.receipt)
    frozen = slow = automatic = false
    jam = mishap = wrong = undefined
    buffer = []
    interpreter = switchOn()
  }
  const realTime = realTimeFilter({
    onData(byte) {
      if (buffer.length < BUFFER_BYTES) buffer.push(byte)
      else counters.overrun++
    },
    onStatusRequest: (n) => answer(realTimeStatus(n, state())),
    onRecover: recover,
    onPulse: pulse,
  })
  const cable: DeviceLine = await openLine({
    ...line,
    onBytes(bytes) {
      for (const byte of bytes) realTime(byte)
      work()
    },
  })
  const storm = (left: number): Promise<void> => {
    say(...Array.from({ length: STORM_CHUNK }, () => realTimeStatus(1, state())))
    return left <= STORM_CHUNK ? Promise.resolve() : new Promise((resolve) => timers.after(STORM_STEP, () => resolve(storm(left - STORM_CHUNK))))
  }
  const midReceipt = (what: PrinterMishap) => {
    mishap = { left: LINES_BEFORE_MISHAP, unit: 'lines', what }
  }
  const acts: Readonly<Record<PrinterFault, () => void | Promise<void>>> = {
    noise: () => say(...NOISE),
    half_answer: () => void (wrong = { how: 'missing', left: 1, after: 1 }),
    wrong_status: () => void (wrong = { how: 'garbled', left: WRONG_ANSWERS, after: 0 }),
    status_storm: () => storm(STORM_ANSWERS),
    slow() {
      if (!slow) timers.after(SLOW_STEP, workSlowly)
      slow = true
    },
    frozen: () => happen('freeze'),
    unplug_mid_receipt: () => midReceipt('unplug'),
    paper_out_mid_receipt: () => midReceipt('paper_out'),
    cover_open_mid_receipt: () => midReceipt('cover_open'),
    cutter_jam: () => void (jam ??= { state: 'waiting' }),
  }

  return {
    transport: () => cable.transport(),
    get plugged() {
      return cable.plugged
    },
    get paper() {
      return paper
    },
    get coverOpen() {
      return coverOpen
    },
    get drawerOpen() {
      return drawerOpen
    },
    receipts,
    uncut: () => interpreter.uncut(),
    counters: () => ({ ...interpreter.counters, ...counters }),
    onReceipt: (listener) => listening(receiptListeners, listener),
    onDrawer: (listener) => listening(drawerListeners, listener),
    setPaper(next) {
      paper = next
      changed()
      work()
    },
    setCover(open) {
      if (coverOpen && !open && jam?.state === 'stuck') jam = { ...jam, state: 'cleared' }
      coverOpen = open
      changed()
      work()
    },
    openDrawerByKey: () => setDrawer(true),
    pushDrawerShut: () => setDrawer(false),
    mishapAfter(count, unit, what) {
      mishap = { left: count, unit, what }
    },
    faults: printerFaults,
    fault: async (kind) => await acts[kind](),
    restart,
    unplug,
    async replug() {
      // Whoever plugs in a printer that hangs switches it off and on as well.
      if (frozen || slow) restart()
      await cable.replug()
    },
    close() {
      slow = false
      cable.close()
    },
  }
}

function listening<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
