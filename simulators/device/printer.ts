import { systemClock } from '#protocol/node/clock.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'
import { escPosInterpreter } from './escpos.ts'
import { openLine, type DeviceLine, type DeviceTransport, type LineOptions } from './line.ts'
import type { Receipt } from './receipt.ts'
import { realTimeFilter } from './realtime.ts'

export type Paper = 'ok' | 'near_end' | 'out'

/** What happens in the middle of a receipt: the cable is pulled, the roll ends, or the printer freezes and says nothing any more. */
export type PrinterMishap = 'unplug' | 'paper_out' | 'freeze'

export type PrinterOptions = Partial<Pick<LineOptions, 'linkAs' | 'kind'>> & {
  /** Characters of font A on a line; 42 is 80 mm paper. */
  readonly columns?: number
  readonly clock?: Clock
}

/** `n` counts from 1 and names one receipt for ever. */
export type PrintedReceipt = { readonly n: number; readonly at: EpochMs; readonly receipt: Receipt }

export interface SimulatedPrinter {
  transport(): DeviceTransport
  readonly plugged: boolean
  readonly paper: Paper
  readonly coverOpen: boolean
  /** Cut off and lying on the counter, oldest first; the last MAX_RECEIPTS of them. */
  readonly receipts: readonly PrintedReceipt[]
  /** What hangs out of the printer, not cut: what is left of a receipt that broke off. */
  uncut(): Receipt
  /** `pulses`: times a drawer was kicked. `overrun`: bytes lost to a full buffer. */
  counters(): Readonly<Record<'commands' | 'unsupported' | 'unknown' | 'pulses' | 'overrun', number>>
  /** Returns a function that stops it. */
  onReceipt(listener: (receipt: PrintedReceipt) => void): () => void
  setPaper(paper: Paper): void
  setCover(open: boolean): void
  /** Lets something happen after so many more printed lines, or bytes carried out. */
  mishapAfter(count: number, unit: 'lines' | 'bytes', mishap: PrinterMishap): void
  /** Switches it off and on: it thaws, and forgets its settings and what it had not printed. */
  restart(): void
  unplug(): void
  replug(): Promise<void>
  close(): void
}

export const MAX_RECEIPTS = 200

/** As large as a common receipt printer's receive buffer set to "large"; what comes on top is lost. */
const BUFFER_BYTES = 64 * 1024

/** An ESC/POS receipt printer on a real line. It keeps its power, its settings and what it was sent when the cable is out. */
export async function startPrinter({ columns = 42, clock = systemClock, ...line }: PrinterOptions = {}): Promise<SimulatedPrinter> {
  const receipts: PrintedReceipt[] = []
  const listeners = new Set<(receipt: PrintedReceipt) => void>()
  const counters = { pulses: 0, overrun: 0 }
  let made = 0
  let paper: Paper = 'ok'
  let coverOpen = false
  let frozen = false
  let mishap: { left: number; readonly unit: 'lines' | 'bytes'; readonly what: PrinterMishap } | undefined
  let buffer: number[] = []

  const online = () => paper !== 'out' && !coverOpen && !frozen
  const happen = (what: PrinterMishap) => {
    if (what === 'paper_out') paper = 'out'
    else if (what === 'freeze') frozen = true
    else {
      cable.unplug()
      // The rest of the receipt was still in the cable.
      buffer = []
    }
  }
  const countDown = (unit: 'lines' | 'bytes') => {
    if (mishap?.unit !== unit || --mishap.left > 0) return
    const { what } = mishap
    mishap = undefined
    happen(what)
  }
  const switchOn = () =>
    escPosInterpreter({
      columns,
      onReceipt(receipt) {
        const printed = { n: ++made, at: clock.now(), receipt }
        receipts.push(printed)
        if (receipts.length > MAX_RECEIPTS) receipts.shift()
        for (const listener of listeners) listener(printed)
      },
      onLine: () => countDown('lines'),
      onPulse: () => counters.pulses++,
      onStatusRequest: (n) => cable.write(Uint8Array.of(statusWhenDone(n, paper))),
    })
  let interpreter = switchOn()

  /** Carries out what was received, for as long as the printer is online. */
  const work = () => {
    let done = 0
    while (done < buffer.length && online()) {
      interpreter.feed(buffer[done++] ?? 0)
      countDown('bytes')
    }
    buffer = buffer.slice(done)
  }
  const realTime = realTimeFilter({
    onData(byte) {
      if (buffer.length < BUFFER_BYTES) buffer.push(byte)
      else counters.overrun++
    },
    onStatusRequest(n) {
      if (!frozen) cable.write(Uint8Array.of(realTimeStatus(n, { paper, coverOpen, online: online() })))
    },
    onPulse: () => counters.pulses++,
  })
  const cable: DeviceLine = await openLine({
    ...line,
    onBytes(bytes) {
      for (const byte of bytes) realTime(byte)
      work()
    },
  })

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
    receipts,
    uncut: () => interpreter.uncut(),
    counters: () => ({ ...interpreter.counters, ...counters }),
    onReceipt(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setPaper(next) {
      paper = next
      work()
    },
    setCover(open) {
      coverOpen = open
      work()
    },
    mishapAfter(count, unit, what) {
      mishap = { left: count, unit, what }
    },
    restart() {
      frozen = false
      buffer = []
      interpreter = switchOn()
    },
    unplug: () => cable.unplug(),
    replug: () => cable.replug(),
    close: () => cable.close(),
  }
}

type State = { readonly paper: Paper; readonly coverOpen: boolean; readonly online: boolean }

/** The answer to DLE EOT n (Epson, "DLE EOT"): bits 1 and 4 are always on, bits 0 and 7 always off. */
function realTimeStatus(n: number, { paper, coverOpen, online }: State): number {
  const fixed = 0x12
  const nearEnd = paper === 'ok' ? 0 : 0x0c
  switch (n) {
    case 1:
      return fixed | (online ? 0 : 0x08)
    case 2:
      return fixed | (coverOpen ? 0x04 : 0) | (paper === 'out' ? 0x20 : 0)
    case 4:
      return fixed | nearEnd | (paper === 'out' ? 0x60 : 0)
    // 3: no error this printer could have.
    default:
      return fixed
  }
}

/** The answer to GS r n (Epson, "GS r"): 1 is the paper sensor, 2 the drawer's. */
const statusWhenDone = (n: number, paper: Paper): number => (n === 1 || n === 49 ? (paper === 'ok' ? 0 : 0x03) | (paper === 'out' ? 0x0c : 0) : 0)
