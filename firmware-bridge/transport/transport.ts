import type { Outcome } from '#protocol/outcome.ts'

/** What a driver sees of any wire: bytes in, bytes out, and its end. Which device hangs on it is not the wire's business. */
export interface Transport {
  /** For the engineer: the path or the address. */
  readonly name: string
  /** Opens it once. `listener` is called only after a success, and `closed` exactly once then. */
  open(listener: LineListener): Promise<Outcome<OpenLine, 'device.absent'>>
}

export interface LineListener {
  bytes(bytes: Uint8Array): void
  closed(why: string): void
}

export interface OpenLine {
  /** Hands the bytes to the operating system, in order. A failure shows up as `closed`. */
  write(bytes: Uint8Array): void
  /** Bytes that the operating system has not taken yet. */
  waiting(): number
  close(): void
}
