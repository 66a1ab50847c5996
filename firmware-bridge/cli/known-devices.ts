/** USB vendors of what stands on counters (usb.org's list), for the engineer to recognise. An adapter says nothing of what hangs on it. */
const VENDORS: ReadonlyMap<number, string> = new Map([
  [0x0403, 'FTDI: a serial adapter'],
  [0x067b, 'Prolific: a serial adapter'],
  [0x10c4, 'Silicon Labs: a serial adapter'],
  [0x1a86, 'QinHeng: a serial adapter'],
  [0x04b8, 'Epson: a printer or customer display'],
  [0x0519, 'Star Micronics: a printer'],
  [0x1504, 'Bixolon: a printer'],
  [0x05e0, 'Zebra (Symbol): a barcode scanner'],
  [0x0c2e, 'Honeywell: a barcode scanner'],
  [0x1eab, 'Newland: a barcode scanner'],
  [0x05f9, 'Datalogic: a barcode scanner or scale'],
  [0x0801, 'MagTek: a card reader'],
  [0x0acd, 'ID TECH: a card reader'],
  [0x0eb8, 'Mettler-Toledo: a scale'],
])

export const whoIsVendor = (vendorId: number | undefined): string | undefined => (vendorId === undefined ? undefined : VENDORS.get(vendorId))

/** What a HID collection is for (HID Usage Tables 1.5 §3), in the words of a counter. */
export function whatIsUsage(page: number | undefined, usage: number | undefined): string {
  switch (page) {
    case 0x01:
      if (usage === 0x06) return 'keyboard: a scanner in this mode types into the till’s window; to be read here it must be set to HID POS'
      return usage === 0x02 ? 'mouse' : 'system control'
    case 0x8c:
      return 'barcode scanner (HID POS)'
    case 0x8d:
      return 'scale'
    case 0x8e:
      return 'card reader'
    case undefined:
      return 'unknown use'
    default:
      return page >= 0xff00 ? 'its maker’s own use (so do MagTek’s and ID TECH’s card readers)' : `use ${page.toString(16)}/${(usage ?? 0).toString(16)}`
  }
}
