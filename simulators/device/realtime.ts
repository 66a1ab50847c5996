/**
 * Real-time commands are obeyed the moment they arrive, in front of everything that waits in the printer's buffer, and even while it is offline
 * (Epson, "DLE EOT", "DLE ENQ", "DLE DC4"). A printer looks for them in every byte, image data included.
 */
export type RealTimeEvents = {
  /** A byte of ordinary data, for the buffer. */
  readonly onData: (byte: number) => void
  /** DLE EOT n. */
  readonly onStatusRequest: (n: number) => void
  /** DLE ENQ 1 goes on after an error, 2 goes on after throwing away what waits. */
  readonly onRecover: (n: number) => void
  /** DLE DC4 1 m t: the drawer on pin 2 (m 0) or 5 (m 1) is kicked at once. */
  readonly onPulse: (m: number) => void
}

const DLE = 0x10
const EOT = 0x04
const ENQ = 0x05
const DC4 = 0x14

/** Parameters of DLE DC4 after its function: pulse, power off, buzzer, status, clear. */
const DC4_PARAMETERS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 5, 7: 1, 8: 7 }

/** Takes bytes one by one. */
export function realTimeFilter(events: RealTimeEvents): (byte: number) => void {
  const filtering = filter(events)
  filtering.next()
  return (byte) => void filtering.next(byte)
}

function* filter({ onData, onStatusRequest, onRecover, onPulse }: RealTimeEvents): Generator<void, never, number> {
  let byte = yield
  for (;;) {
    if (byte !== DLE) {
      onData(byte)
      byte = yield
      continue
    }
    byte = yield
    if (byte === EOT) {
      onStatusRequest(yield)
      byte = yield
    } else if (byte === ENQ) {
      onRecover(yield)
      byte = yield
    } else if (byte === DC4) {
      const what = yield
      const first = what in DC4_PARAMETERS ? yield : 0
      for (let left = (DC4_PARAMETERS[what] ?? 1) - 1; left > 0; left--) yield
      if (what === 1) onPulse(first)
      byte = yield
    } else {
      // A parameter that happens to be 10 hex; the byte after it is looked at afresh.
      onData(DLE)
    }
  }
}
