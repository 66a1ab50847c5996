/**
 * Real-time commands are obeyed the moment they arrive, in front of everything that waits in the printer's buffer, and even while it is offline
 * (Epson, "DLE EOT", "DLE ENQ", "DLE DC4"). A printer looks for them in every byte, image data included.
 */
export type RealTimeEvents = {
  /** A byte of ordinary data, for the buffer. */
  readonly onData: (byte: number) => void
  /** DLE EOT n. */
  readonly onStatusRequest: (n: number) => void
  /** DLE DC4 1 m t: the drawer is kicked at once. */
  readonly onPulse: () => void
}

const DLE = 0x10
const EOT = 0x04
const ENQ = 0x05
const DC4 = 0x14

/** Takes bytes one by one. */
export function realTimeFilter(events: RealTimeEvents): (byte: number) => void {
  const filtering = filter(events)
  filtering.next()
  return (byte) => void filtering.next(byte)
}

function* filter({ onData, onStatusRequest, onPulse }: RealTimeEvents): Generator<void, never, number> {
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
      // "Recover from an error": this printer has none.
      yield
      byte = yield
    } else if (byte === DC4) {
      const isPulse = (yield) === 1
      yield
      yield
      if (isPulse) onPulse()
      byte = yield
    } else {
      // A parameter that happens to be 10 hex; the byte after it is looked at afresh.
      onData(DLE)
    }
  }
}
