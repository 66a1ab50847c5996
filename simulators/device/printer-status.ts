/** What a printer says of itself, as Epson's reference lays out the bytes. */
export type Paper = 'ok' | 'near_end' | 'out'

export type PrinterState = {
  readonly paper: Paper
  readonly coverOpen: boolean
  readonly online: boolean
  readonly cutterError: boolean
  /** Pin 3 of the drawer's connector: high where the drawer is open, and where there is none. */
  readonly drawerHigh: boolean
}

/** The answer to DLE EOT n: bits 1 and 4 are always on, bits 0 and 7 always off. */
export function realTimeStatus(n: number, { paper, coverOpen, online, cutterError, drawerHigh }: PrinterState): number {
  const fixed = 0x12
  switch (n) {
    case 1:
      return fixed | (drawerHigh ? 0x04 : 0) | (online ? 0 : 0x08)
    case 2:
      return fixed | (coverOpen ? 0x04 : 0) | (paper === 'out' ? 0x20 : 0) | (cutterError ? 0x40 : 0)
    case 3:
      return fixed | (cutterError ? 0x08 : 0)
    case 4:
      return fixed | (paper === 'ok' ? 0 : 0x0c) | (paper === 'out' ? 0x60 : 0)
    default:
      return fixed
  }
}

/** The answer to GS r n: 1 is the paper sensor, 2 the drawer's pin. */
export function statusWhenDone(n: number, { paper, drawerHigh }: PrinterState): number {
  if (n === 2 || n === 50) return drawerHigh ? 0x01 : 0
  return (paper === 'ok' ? 0 : 0x03) | (paper === 'out' ? 0x0c : 0)
}

/** The four bytes of GS a: bit 4 of the first is always on. */
export const automaticStatus = ({ paper, coverOpen, online, cutterError, drawerHigh }: PrinterState): readonly number[] => [
  0x10 | (drawerHigh ? 0x04 : 0) | (online ? 0 : 0x08) | (coverOpen ? 0x20 : 0),
  cutterError ? 0x08 : 0,
  (paper === 'ok' ? 0 : 0x03) | (paper === 'out' ? 0x0c : 0),
  0,
]
