import type { DeviceHealth } from '#protocol/device/messages.ts'
import { errors } from '#protocol/errors.ts'
import { nameOfTransport, type DeviceConfig } from '../config.ts'
import { hex4, type UsbId } from '../transport/place.ts'
import type { SerialSettings } from '../transport/serial.ts'
import type { Holder } from './holder.ts'
import type { Presence } from './list.ts'

/** What was seen while a device was tried. */
export type Evidence = {
  readonly presence: Presence
  /** Whether its line could be opened, and still was at the end. */
  readonly line: 'never opened' | 'open' | 'lost'
  /** As it was at the end. */
  readonly health: DeviceHealth
  /** All that came over its line, and how much of it meant nothing. */
  readonly bytes: number
  readonly garbageBytes: number
  /** Scans, cards and readings. */
  readonly events: number
  /** Seconds that it was listened to for what a person does; 0 when nobody was asked to do anything. */
  readonly listened: number
  /** Who has it open, and who may open it. */
  readonly holders: readonly Holder[]
  readonly group?: string | undefined
  /** The USB device behind a HID path. */
  readonly usb?: Pick<UsbId, 'vendorId' | 'productId'> | undefined
  /** Other serial settings, with which it answers. */
  readonly answersAt?: SerialSettings | undefined
  /** What is plugged in on the same kind of line, and nothing is configured for. */
  readonly spare: readonly string[]
}

/** `wrong`: something has to be done, and `fix` says what. */
export type Finding = { readonly wrong: boolean; readonly say: string; readonly fix?: string }

/** What is wrong with a device, if anything, in plain words. */
export function diagnose(config: DeviceConfig, evidence: Evidence): Finding {
  const { health } = evidence
  switch (health.code) {
    case 'device.no_permission':
      return { wrong: true, say: `This user may not open ${nameOfTransport(config.transport)}.`, fix: howToPermit(config, evidence) }
    case 'device.in_use':
      return inUse(config, evidence)
    case 'device.flooding':
      return {
        wrong: true,
        say: 'It sends without end.',
        fix: 'Unplug it and plug it in again. If it stays: its trigger is stuck, the cable picks up noise, or its baud rate is wrong.',
      }
    case 'device.absent':
      if (evidence.line === 'open') return noSense(config, evidence)
      if (evidence.line === 'lost')
        return {
          wrong: true,
          say: `It was open, and went away: ${health.detail ?? 'unplugged'}.`,
          fix: 'Was it unplugged just now? If not, look at its cable and its power.',
        }
      return notThere(config, evidence)
    case 'device.timeout':
      return noSense(config, evidence)
    case undefined:
      return ready(config, evidence)
    default:
      return reported(health)
  }
}

/** The device itself says what it lacks, so its line is right. */
function reported({ state, code, detail }: DeviceHealth): Finding {
  const { say = 'Something is wrong.', next = '' } = code === undefined ? {} : errors[code]
  return { wrong: state !== 'ready', say: `Connected right. ${say}${detail === undefined ? '' : ` (${detail})`}`, fix: next }
}

const WHAT_COMES: Readonly<Partial<Record<DeviceConfig['kind'], string>>> = { scanner: 'code', camera: 'code', card_reader: 'card', scale: 'reading' }

function ready(config: DeviceConfig, { events, garbageBytes, listened }: Evidence): Finding {
  if (events === 0 && garbageBytes > 0) {
    return {
      wrong: true,
      say: `Something came (${garbageBytes} bytes), but none of it could be read.`,
      fix: `Is it set as configured?${settingsOf(config)}`,
    }
  }
  if (events > 0) return { wrong: false, say: `Open and right: ${events} ${WHAT_COMES[config.kind] ?? 'event'}${events === 1 ? '' : 's'} came.` }
  if (config.kind === 'printer' || config.kind === 'scale') return { wrong: false, say: 'Open, and it answers right.' }
  if (config.kind === 'camera') return { wrong: false, say: 'Open. To see whether it reads: hold a code before it while doctor runs with --listen 10.' }
  if (config.kind === 'display') return { wrong: false, say: 'Open. A display cannot answer: look at it.' }
  if (listened > 0) return { wrong: true, say: `Open, but nothing came in ${listened} s.`, fix: `Was it used? Is it set as configured?${settingsOf(config)}` }
  return { wrong: false, say: 'Open. To see whether it reads: run doctor with --listen 10, and use it meanwhile.' }
}

/** The line is open, but what should answer does not, or not so that it could be understood. */
function noSense(config: DeviceConfig, { bytes, answersAt }: Evidence): Finding {
  const say = bytes === 0 ? 'The line is open, but nothing answers.' : `It answers, but not in the language of this ${config.kind} (${bytes} bytes).`
  if (answersAt) {
    const { baudRate, dataBits, parity, stopBits } = answersAt
    const fields = JSON.stringify({ baudRate, dataBits, parity, stopBits }).slice(1, -1)
    return { wrong: true, say: `${say} It does answer at ${shortSettings(answersAt)}.`, fix: `Put ${fields} into its transport in the configuration.` }
  }
  const fix =
    bytes === 0
      ? `Is it switched on, is this its cable, and is it set as configured?${settingsOf(config)} Many print their settings when they are switched on with a button held.`
      : `Garbage means another baud rate or parity; clean but strange answers mean another device or protocol.${settingsOf(config)}`
  return { wrong: true, say, fix }
}

function notThere({ transport }: DeviceConfig, { health, spare, presence }: Evidence): Finding {
  const say = `It cannot be opened: ${health.detail ?? 'it is not there'}.`
  if (transport.type === 'serial' || transport.type === 'hid') {
    if (presence === 'not looked for')
      return { wrong: true, say, fix: 'Mend that first, or give the device’s path in the configuration instead of its USB numbers.' }
    if (presence === 'there') return { wrong: true, say, fix: 'Something is at that path, but it is not such a device. Run list, and correct the path.' }
    const others = spare.length > 0 ? ` Plugged in, but not configured: ${spare.join(', ')}.` : ''
    return { wrong: true, say, fix: `Check its plug and power, and run list to see where it is now.${others}` }
  }
  const address = nameOfTransport(transport)
  if (/ECONNREFUSED/.test(health.detail ?? '')) {
    const refused = `The machine is there, but nothing listens at ${address} (ECONNREFUSED).`
    return { wrong: true, say: refused, fix: 'Is the port right, is the device switched on and ready, and does another computer use it?' }
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(health.detail ?? '')) {
    const unknown = `The name in ${address} is not known to this network (${health.detail ?? ''}).`
    return { wrong: true, say: unknown, fix: 'Give its address in numbers, or correct the name.' }
  }
  return { wrong: true, say, fix: 'Check its power and network cable, and whether the address is right (most print it on a self-test).' }
}

function inUse({ transport }: DeviceConfig, { holders }: Evidence): Finding {
  const name = nameOfTransport(transport)
  const bridge = holders.find(({ command }) => command.includes('firmware-bridge'))
  const [holder] = holders
  const who = ({ pid, command }: Holder) => `process ${pid} (${command})`
  if (bridge)
    return {
      wrong: false,
      say: `In use by a bridge that is running, ${who(bridge)}, so it was not tried. Look on with watch --socket, or stop the till first.`,
    }
  if (holder) return { wrong: true, say: `${name} is being used by ${holders.map(who).join(' and ')}.`, fix: `Close it, or: kill ${holder.pid}` }
  return { wrong: true, say: `Another program is using ${name}.`, fix: 'Close it. If it cannot be found, run doctor as root: it then says which it is.' }
}

function howToPermit({ transport }: DeviceConfig, { group, usb }: Evidence): string {
  if (process.platform !== 'linux') return 'Allow this program in the system’s privacy settings, or run it as a user who may.'
  if (transport.type !== 'hid') {
    return `Add the user of the till to the group that owns it, then log in again: sudo usermod -aG ${group ?? 'dialout'} USER`
  }
  const id = 'usb' in transport ? transport.usb : usb
  const match = id ? `ATTRS{idVendor}=="${hex4(id.vendorId)}", ATTRS{idProduct}=="${hex4(id.productId)}", ` : ''
  return [
    'Put this line into /etc/udev/rules.d/70-stillpoint.rules:',
    `  SUBSYSTEM=="hidraw", ${match}MODE="0660", GROUP="plugdev"`,
    'then: sudo udevadm control --reload && sudo udevadm trigger && sudo usermod -aG plugdev USER, and log in again',
  ].join('\n')
}

export const shortSettings = ({ baudRate, dataBits, parity, stopBits }: SerialSettings): string =>
  `${baudRate} ${dataBits}${parity === 'none' ? 'N' : parity === 'even' ? 'E' : 'O'}${stopBits}`

/** What the configuration says of how the device speaks, as a sentence to be added; empty where it says nothing. */
function settingsOf(config: DeviceConfig): string {
  const line = config.transport.type === 'serial' ? [shortSettings(config.transport)] : []
  const language =
    'framing' in config
      ? [`framing ${config.framing}`]
      : 'model' in config
        ? [`model ${config.model}`]
        : 'protocol' in config
          ? [`protocol ${config.protocol}`]
          : []
  const all = [...line, ...language]
  return all.length === 0 ? '' : ` The configuration says ${all.join(', ')}.`
}
