import type { Device, HIDAsync } from 'node-hid'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Place, UsbId } from './place.ts'
import type { LineListener, OpenFailure, OpenLine, Transport } from './transport.ts'

/** A HID device, as the system lists it. One physical device may be there several times, once for each use that it declares. */
export type HidDevice = Pick<Device, 'vendorId' | 'productId' | 'path' | 'serialNumber' | 'product' | 'usagePage' | 'usage'>

/** A HID device through hidapi. One `bytes` is one input report; reports that go out have their id first, or 0 where the device has none. */
export function hidTransport(place: Place): Transport {
  return {
    name: 'path' in place ? place.path : usbName(place.usb),
    async open(listener) {
      const library = await loadLibrary()
      if (!library.ok) return library
      const path = await pathOf(place, library.value)
      if (!path.ok) return path
      try {
        return ok(listen(await library.value.HIDAsync.open(path.value), listener))
      } catch (error) {
        return whyNotOpened(path.value, place, textOf(error))
      }
    },
  }
}

/** All that is attached. */
export async function attachedHid(): Promise<Outcome<readonly HidDevice[], 'device.absent'>> {
  const library = await loadLibrary()
  return library.ok ? ok(await library.value.devicesAsync()) : library
}

type Library = Pick<typeof import('node-hid'), 'HIDAsync' | 'devicesAsync'>

/**
 * Loaded when the first HID device is wanted, and asked for its version, since only then is the native part loaded: a system that lacks
 * what it needs still has its serial devices. A failure is tried again with the next opening, when somebody may have installed it.
 */
async function loadLibrary(): Promise<Outcome<Library, 'device.absent'>> {
  try {
    const library = await import('node-hid')
    library.getHidapiVersion()
    return ok(library)
  } catch (error) {
    const fix = process.platform === 'linux' ? ' On Debian: apt-get install libusb-1.0-0 libudev1.' : ''
    return fail('device.absent', `HID devices cannot be used on this system: ${textOf(error)}.${fix}`)
  }
}

async function pathOf(place: Place, { devicesAsync }: Library): Promise<Outcome<string, 'device.absent'>> {
  if ('path' in place) return ok(place.path)
  return chooseHid(await devicesAsync(place.usb.vendorId, place.usb.productId), place.usb)
}

/** Generic Desktop: what is used as a mouse or keyboard belongs to the system. */
const DESKTOP = 0x01
const SYSTEM_USES: readonly unknown[] = [0x02, 0x06]
/** Bar Code Scanner and Magnetic Stripe Reader pages (HID Usage Tables 1.5, §3); what a maker defines for itself is from FF00 on. */
const POINT_OF_SALE: readonly unknown[] = [0x8c, 0x8e]
const VENDOR_DEFINED = 0xff00

/** The path of the one device that is meant. Two of a kind are not guessed between: the serial number has to say which. */
export function chooseHid(attached: readonly HidDevice[], usb: UsbId): Outcome<string, 'device.absent'> {
  const isOurs = ({ vendorId, productId, serialNumber, usagePage, usage }: HidDevice) =>
    vendorId === usb.vendorId &&
    productId === usb.productId &&
    (usb.serialNumber === undefined || serialNumber === usb.serialNumber) &&
    !(usagePage === DESKTOP && SYSTEM_USES.includes(usage))
  const matching = attached.filter(isOurs)
  const serialNumbers = new Set(matching.map(({ serialNumber }) => serialNumber))
  if (serialNumbers.size > 1)
    return fail('device.absent', `${usbName(usb)} is there ${serialNumbers.size} times; the configuration must name one by its serial number`)
  const rank = ({ usagePage = 0 }: HidDevice) => (POINT_OF_SALE.includes(usagePage) ? 0 : usagePage >= VENDOR_DEFINED ? 1 : 2)
  const [path] = matching.toSorted((a, b) => rank(a) - rank(b)).flatMap((device) => device.path ?? [])
  return path === undefined ? fail('device.absent', `${usbName(usb)} is not plugged in`) : ok(path)
}

const usbName = ({ vendorId, productId, serialNumber }: UsbId): string => `USB ${hex(vendorId)}:${hex(productId)}${serialNumber ? ` ${serialNumber}` : ''}`
const hex = (id: number): string => id.toString(16).padStart(4, '0')

/** hidapi has no codes: the system's words are all there is. */
export function whyNotOpened(path: string, place: Place, why: string): Outcome<never, OpenFailure> {
  if (/permission denied|access is denied|not permitted/i.test(why)) return fail('device.no_permission', `${why}. ${howToPermit(place)}`)
  if (/busy|in use|sharing violation|exclusive access/i.test(why)) return fail('device.in_use', why)
  // The library and hidapi each say what they did before they say why it failed.
  const reason = why.replace(`cannot open device with path ${path}: `, '').replace(`Failed to open a device with path '${path}': `, '')
  return fail('device.absent', `${path}: ${reason}`)
}

function howToPermit(place: Place): string {
  if (process.platform === 'darwin') return 'Allow this program under Privacy & Security, Input Monitoring.'
  if (process.platform === 'win32') return 'Only a device that is no keyboard may be opened; set it to HID POS mode.'
  const match = 'usb' in place ? `ATTRS{idVendor}=="${hex(place.usb.vendorId)}", ATTRS{idProduct}=="${hex(place.usb.productId)}"` : 'ATTRS{idVendor}=="VVVV"'
  return `A udev rule gives the till's user access, in /etc/udev/rules.d/70-stillpoint.rules: SUBSYSTEM=="hidraw", ${match}, MODE="0660", GROUP="plugdev".`
}

function listen(device: HIDAsync, listener: LineListener): OpenLine {
  let isOpen = true
  let waiting = 0
  const close = (why: string) => {
    if (!isOpen) return
    isOpen = false
    // Told when it is let go of, since some systems let only one have it; what fails about letting go changes nothing.
    const told = () => listener.closed(why)
    device.close().then(told, told)
  }
  const hand = (bytes: Uint8Array, take: (report: Buffer) => Promise<number>) => {
    if (!isOpen) return
    waiting += bytes.length
    take(Buffer.from(bytes)).then(
      () => (waiting -= bytes.length),
      (error: unknown) => close(textOf(error)),
    )
  }
  device.on('data', (report: Buffer) => {
    if (isOpen) listener.bytes(report)
  })
  device.on('error', (error: unknown) => {
    // What the library tells about the device is a text. An Error was thrown by the listener above: a mistake of ours, which must not look like a cable.
    if (error instanceof Error) throw error
    close(textOf(error))
  })
  return {
    write: (report) => hand(report, (bytes) => device.write(bytes)),
    sendFeature: (report) => hand(report, (bytes) => device.sendFeatureReport(bytes)),
    waiting: () => waiting,
    close: () => close('closed'),
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
