import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import { openHid, type HidWay } from './hid.ts'
import type { DeviceTransport } from './line.ts'

/** The layouts that scanners use for their HID POS report, by who uses them. */
export const hidScannerModels = ['standard', 'zebra', 'honeywell', 'newland'] as const
export type HidScannerModel = (typeof hidScannerModels)[number]

/**
 * `noise`: a report of nonsense. `half_report`: one that breaks off, which only a bad cable over a socket lets through. `wrong_length`: says that it
 * holds more than it can. `unplug_mid_code`: pulled between the reports of a long code. `slow`: a long pause between them. `stuck_key`: the same
 * code twenty times. `flood`: reports without end, for a second. `frozen`: scans nothing until it is plugged in again.
 */
export const hidScannerFaults = ['noise', 'half_report', 'wrong_length', 'unplug_mid_code', 'slow', 'stuck_key', 'flood', 'frozen'] as const
export type HidScannerFault = (typeof hidScannerFaults)[number]

export type HidScannerOptions = HidWay & { readonly model: HidScannerModel; readonly timers?: Timers }

export interface SimulatedHidScanner {
  transport(): DeviceTransport
  readonly plugged: boolean
  /** Whether it sends what it reads: a Honeywell does not before it was told to. */
  readonly sends: boolean
  /** Reads a code. Resolves when its last report has left; scans wait for one another. `aim`: ISO/IEC 15424, e.g. `]E0`; left out by models without. */
  scan(text: string, options?: { readonly aim?: string }): Promise<void>
  readonly faults: readonly HidScannerFault[]
  fault(kind: HidScannerFault): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

const IDENTITIES = {
  standard: { vendorId: 0x05f9, productId: 0x1204, product: 'HID POS Scanner', serialNumber: 'SIM-HPOS-1' },
  zebra: { vendorId: 0x05e0, productId: 0x1300, product: 'Symbol Bar Code Scanner', serialNumber: 'SIM-ZEBRA-1' },
  honeywell: { vendorId: 0x0c2e, productId: 0x0b8f, product: 'Voyager 1602g', serialNumber: 'SIM-VOYAGER-1' },
  newland: { vendorId: 0x1eab, productId: 0x0d10, product: 'NLS-FM420 HID-POS', serialNumber: 'SIM-FM420-1' },
} as const satisfies Record<HidScannerModel, object>

/**
 * A bar code scanner (usage page 8C) whose input report 2 is 63 bytes long, and feature report 254 of one byte. Items of HID 1.11 §6.2.2: 05 usage
 * page, 09 usage, A1 collection, 85 report id, 15 and 26 logical range, 75 report size, 95 report count, 81 input, B1 feature, C0 end.
 */
const REPORT_DESCRIPTOR = Buffer.from('058c0902a101' + '0912a1028502150026ff007508953f09fe8102c0' + '85fe0666ff090175089501b102c0', 'hex')

const REPORT_BYTES = 64
const DATA_BYTES = 56
/** A full-speed interrupt endpoint is asked this often. */
const REPORT_GAP: DurationMs = 1
const LONG_PAUSE: DurationMs = 1000
const STUCK_TIMES = 20
const FLOOD_TIME: DurationMs = 1000

/** How Honeywell calls some symbologies in byte 61, by their AIM identifier. */
const HONEYWELL_CODE_IDS: Readonly<Record<string, string>> = { ']E0': 'd', ']E4': 'D', ']C0': 'j', ']C1': 'I', ']e0': 'y', ']Q1': 's', ']d1': 'w' }

/** One report as the model's manual draws it. */
function reportOf(model: HidScannerModel, data: Uint8Array, aim: string | undefined, isMore: boolean): Uint8Array {
  const report = new Uint8Array(REPORT_BYTES)
  report[0] = 2
  report[1] = data.length
  if (model !== 'newland' && aim !== undefined) report.set(Buffer.from(aim, 'latin1'), model === 'zebra' ? 3 : 2)
  report.set(data, { standard: 5, honeywell: 5, zebra: 6, newland: 2 }[model])
  if (model === 'honeywell' && aim !== undefined) report.set(Buffer.from(HONEYWELL_CODE_IDS[aim] ?? '', 'latin1'), 61)
  report[63] = isMore ? 1 : 0
  return report
}

function reportsOf(model: HidScannerModel, text: string, aim?: string): Uint8Array[] {
  const bytes = Buffer.from(text)
  const count = Math.max(1, Math.ceil(bytes.length / DATA_BYTES))
  return Array.from({ length: count }, (_, at) => reportOf(model, bytes.subarray(DATA_BYTES * at, DATA_BYTES * (at + 1)), aim, at < count - 1))
}

/** 5,000 reports a second. */
const BURST = 50
const BURST_GAP: DurationMs = 10

const EAN = '4006381333931'
const LONG = `https://example.org/${'a-long-address/'.repeat(8)}`

/** A bar code scanner in HID POS mode. A Honeywell sends nothing before it was told to with feature report 254. */
export async function startHidScanner({ model, timers = systemTimers, ...way }: HidScannerOptions): Promise<SimulatedHidScanner> {
  let isOn = model !== 'honeywell'
  let isFrozen = false
  const usb = await openHid({
    ...way,
    ...IDENTITIES[model],
    reportDescriptor: REPORT_DESCRIPTOR,
    onSetFeature: (report) => {
      if (report[0] === 254) isOn = report[1] === 1
    },
  })
  const pause = (time: DurationMs) => new Promise<void>((resolve) => void timers.after(time, resolve))
  const send = async (reports: readonly Uint8Array[], gap: DurationMs = REPORT_GAP) => {
    for (const [at, report] of reports.entries()) {
      if (at > 0) await pause(gap)
      if (isOn && !isFrozen) usb.send(report)
    }
  }
  const pull = () => {
    usb.unplug()
    isOn = model !== 'honeywell'
    isFrozen = false
  }
  const flood = async () => {
    let isOver = false
    timers.after(FLOOD_TIME, () => (isOver = true))
    // By bursts: report by report, a busy machine's timers would make it slow enough to be borne.
    while (!isOver && usb.plugged) {
      for (let i = 0; i < BURST; i++) for (const report of reportsOf(model, EAN, ']E0')) if (isOn && !isFrozen) usb.send(report)
      await pause(BURST_GAP)
    }
  }

  const fail = async (kind: HidScannerFault): Promise<void> => {
    const code = reportsOf(model, EAN, ']E0')
    const [first = new Uint8Array(REPORT_BYTES), ...rest] = reportsOf(model, LONG, ']Q1')
    switch (kind) {
      case 'noise':
        return send([Uint8Array.from({ length: REPORT_BYTES }, (_, at) => (at === 0 ? 2 : (37 * at + 129) % 256))])
      case 'half_report':
        return send(code.map((report) => report.slice(0, 20)))
      case 'wrong_length':
        return send(code.map((report) => report.with(1, 200)))
      case 'unplug_mid_code':
        await send([first])
        // What has left is on its way for a moment before the plug is out.
        await pause(REPORT_GAP)
        return pull()
      case 'slow':
        return send([first, ...rest], LONG_PAUSE)
      case 'stuck_key':
        return send(Array.from({ length: STUCK_TIMES }, () => code).flat())
      case 'flood':
        return flood()
      case 'frozen':
        isFrozen = true
    }
  }

  let busy: Promise<void> = Promise.resolve()
  const inTurn = (act: () => Promise<void>) => (busy = busy.then(act))
  return {
    transport: () => usb.transport(),
    get plugged() {
      return usb.plugged
    },
    get sends() {
      return isOn && !isFrozen
    },
    scan: (text, { aim } = {}) => inTurn(() => send(reportsOf(model, text, aim))),
    faults: hidScannerFaults,
    fault: (kind) => inTurn(() => fail(kind)),
    unplug: pull,
    replug: () => usb.replug(),
    close: () => usb.close(),
  }
}
