import { SerialPort } from 'serialport'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { UsbId } from './place.ts'

export type PortInfo = {
  readonly path: string
  readonly manufacturer?: string
  readonly serialNumber?: string
  readonly vendorId?: number
  readonly productId?: number
}

/** The list under way: several devices that look for themselves at once share it, since on Linux each is a run of udevadm. */
let listing: Promise<Outcome<readonly PortInfo[], 'device.absent'>> | undefined

/** The serial ports that the system knows of. Pseudo-terminals are never among them. Fails where the system cannot say (Linux without udevadm). */
export function listSerialPorts(): Promise<Outcome<readonly PortInfo[], 'device.absent'>> {
  listing ??= SerialPort.list()
    .then(
      (ports) => ok(ports.map(readPort)),
      (error: unknown) => fail('device.absent', whyNoList(error)),
    )
    .finally(() => (listing = undefined))
  return listing
}

const whyNoList = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? 'the system cannot list its serial ports: udevadm is missing (Debian: apt install udev)'
    : `the system cannot list its serial ports: ${error instanceof Error ? error.message : String(error)}`

type ListedPort = Awaited<ReturnType<typeof SerialPort.list>>[number]

function readPort({ path, manufacturer, serialNumber, vendorId, productId }: ListedPort): PortInfo {
  return {
    path,
    ...(manufacturer ? { manufacturer } : {}),
    ...(serialNumber ? { serialNumber } : {}),
    ...(vendorId ? { vendorId: Number.parseInt(vendorId, 16) } : {}),
    ...(productId ? { productId: Number.parseInt(productId, 16) } : {}),
  }
}

/** The one port that a USB device brought. Two of a kind are told apart by their serial numbers, and never by chance. */
export function choosePort(ports: readonly PortInfo[], { vendorId, productId, serialNumber }: UsbId): Outcome<string, 'device.absent'> {
  const alike = ports.filter((port) => port.vendorId === vendorId && port.productId === productId)
  const [found, another] = serialNumber === undefined ? alike : alike.filter((port) => port.serialNumber === serialNumber)
  if (found && !another) return ok(found.path)
  if (found) return fail('device.absent', `several are plugged in (${alike.map(({ path }) => path).join(', ')}): give its serialNumber or its path`)
  return fail('device.absent', alike.length > 0 ? 'such a device is plugged in, but with another serial number' : 'no such USB device is plugged in')
}
