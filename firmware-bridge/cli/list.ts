import { existsSync } from 'node:fs'
import { nameOfTransport, type BridgeConfig, type DeviceConfig } from '../config.ts'
import { attachedHid, chooseHid, type HidDevice } from '../transport/hid.ts'
import { hex4 } from '../transport/place.ts'
import { choosePort, listSerialPorts, type PortInfo } from '../transport/serial-ports.ts'
import { whatIsUsage, whoIsVendor } from './known-devices.ts'

/** What the system knows of. `problems`: what it could not say, and why, one line each. */
export type Attached = {
  readonly serial: readonly PortInfo[]
  readonly hid: readonly HidDevice[]
  readonly problems: Readonly<Partial<Record<'serial' | 'hid', string>>>
}

export async function findAttached(): Promise<Attached> {
  const [serial, hid] = await Promise.all([listSerialPorts(), attachedHid()])
  return {
    serial: serial.ok ? serial.value : [],
    hid: hid.ok ? hid.value : [],
    problems: { ...(serial.ok ? {} : { serial: serial.detail ?? serial.code }), ...(hid.ok ? {} : { hid: hid.detail ?? hid.code }) },
  }
}

/** Whether a configured device is there, as far as looking tells: a network device has to be called, which `doctor` does, and some systems cannot look. */
export type Presence = 'there' | 'not there' | 'not looked for'

export function presenceOf({ transport }: DeviceConfig, { serial, hid, problems }: Attached): { readonly presence: Presence; readonly why?: string } {
  if (transport.type !== 'serial' && transport.type !== 'hid') return { presence: 'not looked for' }
  if ('path' in transport) {
    // Ports of Windows and devices of macOS are no files.
    if (!transport.path.startsWith('/')) return { presence: [...serial, ...hid].some(({ path }) => path === transport.path) ? 'there' : 'not there' }
    return { presence: existsSync(transport.path) ? 'there' : 'not there' }
  }
  const problem = problems[transport.type]
  if (problem !== undefined) return { presence: 'not looked for', why: problem }
  const found = transport.type === 'serial' ? choosePort(serial, transport.usb) : chooseHid(hid, transport.usb)
  return found.ok ? { presence: 'there' } : { presence: 'not there', ...(found.detail === undefined ? {} : { why: found.detail }) }
}

/** For people. */
export function listText(attached: Attached, config: BridgeConfig | undefined): string {
  const { serial, hid, problems } = attached
  const lines = ['Serial ports']
  for (const port of serial) lines.push(`  ${port.path.padEnd(16)} ${describeUsb(port)}`)
  if (problems.serial !== undefined) lines.push(`  ! ${problems.serial}`)
  else if (serial.length === 0) lines.push('  none')
  lines.push('  (Pseudo-terminals, such as those of simulated devices, cannot be listed: name their path in the configuration.)', '', 'HID devices')
  for (const device of hid) lines.push(`  ${(device.path ?? '?').padEnd(16)} ${describeUsb(device)}; ${whatIsUsage(device.usagePage, device.usage)}`)
  if (problems.hid !== undefined) lines.push(`  ! ${problems.hid}`)
  else if (hid.length === 0) lines.push('  none')
  if (config) lines.push('', 'Configured', ...config.devices.map((device) => `  ${describeConfigured(device, attached)}`))
  if (config?.devices.length === 0) lines.push('  none: the configuration names no devices')
  return lines.join('\n')
}

type Usb = {
  readonly vendorId?: number
  readonly productId?: number
  readonly serialNumber?: string | undefined
  readonly manufacturer?: string
  readonly product?: string | undefined
}

function describeUsb({ vendorId, productId, serialNumber, manufacturer, product }: Usb): string {
  if (vendorId === undefined || productId === undefined) return 'not on USB'
  const ids = `USB ${hex4(vendorId)}:${hex4(productId)}`
  const who = whoIsVendor(vendorId)
  return [ids, product ?? manufacturer, serialNumber && `serial number ${serialNumber}`, who && `probably ${who}`].filter(Boolean).join(', ')
}

function describeConfigured(device: DeviceConfig, attached: Attached): string {
  const { presence, why } = presenceOf(device, attached)
  const isCalled = device.transport.type !== 'serial' && device.transport.type !== 'hid'
  const unknown = isCalled ? 'on the network: run doctor to call it' : 'cannot be looked for'
  const words = { there: 'there', 'not there': 'NOT THERE', 'not looked for': unknown }[presence]
  return `${device.id.padEnd(16)} ${device.kind.replace('_', ' ').padEnd(12)} ${nameOfTransport(device.transport)}: ${words}${why === undefined ? '' : ` (${why})`}`
}
