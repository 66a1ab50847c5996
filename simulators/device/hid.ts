import { accessSync, constants } from 'node:fs'
import { openTcpHid } from './hid-tcp.ts'
import { openUhid, UHID } from './hid-uhid.ts'
import { openUmockdevHid } from './hid-umockdev.ts'
import type { DeviceTransport } from './line.ts'

/** What a device says of itself when it is plugged in, and how it takes what the computer sends. Reports carry their id first, or 0 where they have none. */
export type HidOptions = HidWay & {
  readonly vendorId: number
  readonly productId: number
  readonly product: string
  readonly serialNumber: string
  /** HID 1.11 §6.2.2. An input report that is shorter than it says is dropped by the system: pad it. */
  readonly reportDescriptor: Uint8Array
  readonly onOutput?: (report: Uint8Array) => void
  readonly onSetFeature?: (report: Uint8Array) => void
  /** The answer, its id first; undefined refuses. Over TCP nobody can ask. */
  readonly getFeature?: (id: number) => Uint8Array | undefined
}

/** How the device comes to the computer. A simulated device hands these two on as they are. */
export type HidWay = {
  /**
   * `uhid`: a device of the kernel. `umockdev`: a hidraw device in `testbed`, for a process that runs under that library. `tcp`: frames over a socket.
   * Default: `umockdev` if there is a testbed, `uhid` where this user may make devices, else `tcp`.
   */
  readonly kind?: 'umockdev' | 'uhid' | 'tcp'
  /** The folder that the bridge has as UMOCKDEV_DIR, one for all devices of a counter. */
  readonly testbed?: string
}

/** The device's end of a USB cable. */
export interface HidEnd {
  /** A path stays the same across `replug` only over TCP and umockdev: as with a real device, vendor, product and serial number find it again. */
  transport(): DeviceTransport
  readonly plugged: boolean
  /** One input report. Lost when the cable is out or nobody has the device open. */
  send(report: Uint8Array): void
  /** Pulls the cable: the computer's end is gone at once, with whatever was under way. */
  unplug(): void
  replug(): Promise<void>
  close(): void
}

/** Plugs a simulated HID device in. */
export function openHid(options: HidOptions): Promise<HidEnd> {
  const kind = options.kind ?? (options.testbed !== undefined ? 'umockdev' : canMakeHid() ? 'uhid' : 'tcp')
  switch (kind) {
    case 'uhid':
      return openUhid(options)
    case 'umockdev':
      if (options.testbed === undefined) throw new TypeError('umockdev needs a testbed')
      return openUmockdevHid({ ...options, testbed: options.testbed })
    case 'tcp':
      return openTcpHid(options)
  }
}

const canMakeHid = (): boolean => {
  try {
    accessSync(UHID, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
