import type { Outcome } from '#protocol/outcome.ts'

/** Why a line cannot be opened: nothing there, no right to it, or somebody else has it. `detail` says it in full. */
export type OpenFailure = 'device.absent' | 'device.no_permission' | 'device.in_use'

/** What a driver sees of any wire: bytes in, bytes out, and its end. Which device hangs on it is not the wire's business. */
export interface Transport {
  /** For the engineer: the path or the address. */
  readonly name: string
  /** Opens it once. `listener` is called only after a success, and `closed` exactly once then. */
  open(listener: LineListener): Promise<Outcome<OpenLine, OpenFailure>>
}

export interface LineListener {
  bytes(bytes: Uint8Array): void
  closed(why: string): void
}

export interface OpenLine {
  /** Hands the bytes to the operating system, in order. A failure shows up as `closed`. */
  write(bytes: Uint8Array): void
  /** HID only: a feature report, its id first. Elsewhere there is none. */
  sendFeature?(bytes: Uint8Array): void
  /** Bytes that the operating system has not taken yet. */
  waiting(): number
  close(): void
}
