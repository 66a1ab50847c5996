import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { HidEnd, HidOptions } from './hid.ts'
import { openLine, type DeviceLine } from './line.ts'
import { answerCalls, type Call, type Caller, type CallResult } from './umockdev-calls.ts'

/**
 * A hidraw device for one program, without any help of the kernel. The program runs under libumockdev-preload (Debian: `umockdev`) with
 * UMOCKDEV_DIR naming the testbed, and there finds what udev and /dev would show. Its device is a pseudo-terminal, so that poll() and a pulled
 * cable are real; what it reads, writes and sets goes through a socket to here, so that reports keep their boundaries.
 */
export async function openUmockdevHid(options: HidOptions & { readonly testbed: string }): Promise<HidEnd> {
  const place = claimPlace(options.testbed, options)
  let device: Plugged | undefined

  const answer = (asked: Plugged, call: Call, caller: Caller): Promise<CallResult | undefined> => {
    // What asks on behind the unplugging is told what Linux tells it; a socket that broke instead would end the program.
    if (asked !== device) return Promise.resolve({ errno: ENODEV })
    switch (call.kind) {
      case 'ioctl':
        return control(options, call.request, call.argument, caller)
      case 'read':
        return readReport(asked, call, caller)
      case 'write':
        return take(call.buffer, call.length, caller, options.onOutput)
    }
  }
  const plug = async () => {
    const plugged: Plugged = { terminal: await openLine({ kind: 'pty', onBytes: () => {} }), server: createServer(), programs: new Set(), reports: [] }
    const { server, programs, reports } = plugged
    server.on('connection', (socket) => {
      programs.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        programs.delete(socket)
        if (programs.size === 0) reports.length = 0
      })
      void answerCalls(socket, (call, caller) => answer(plugged, call, caller))
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(place.socket, resolve))
    device = plugged
    place.appear(plugged.terminal)
  }
  const unplug = () => {
    if (!device) return
    const { terminal, server, programs } = device
    device = undefined
    place.vanish()
    terminal.close()
    server.close()
    // A program lets go when it sees the end of the terminal. Nobody waits for one that does not.
    for (const socket of programs) socket.unref()
  }
  await plug()
  return {
    transport: () => ({ type: 'hid', path: place.path }),
    get plugged() {
      return device !== undefined
    },
    send(report) {
      if (!device || device.programs.size === 0) return
      device.reports.push(Uint8Array.from(report))
      device.terminal.write(Uint8Array.of(MARK))
    },
    unplug,
    async replug() {
      if (!device) await plug()
    },
    close: unplug,
  }
}

/** From one plug to the next. */
type Plugged = {
  readonly terminal: DeviceLine
  readonly server: Server
  /** Who has it open. */
  readonly programs: Set<Socket>
  /** Sent and not read yet; each has a mark in the terminal, which makes it readable. */
  readonly reports: Uint8Array[]
}

async function readReport({ terminal, reports }: Plugged, { buffer, length }: ReadCall, caller: Caller): Promise<CallResult | undefined> {
  const marks = await caller.callTerminal()
  if (!marks || 'errno' in marks || marks.value === 0) return marks
  const report = reports.shift()
  // The program took the marks of all reports at once; those of the others go back.
  if (marks.value > 1) terminal.write(new Uint8Array(marks.value - 1).fill(MARK))
  if (!report) return { errno: EAGAIN }
  const fitting = report.subarray(0, length)
  caller.writeMemory(buffer, fitting)
  return { value: fitting.length }
}
type ReadCall = Extract<Call, { kind: 'read' | 'write' }>

const MARK = 0x21
const EAGAIN = 11
const ENODEV = 19
const ENOTTY = 25
const EPIPE = 32

const BUS_USB = 3
const HID_MAGIC = 0x48
/** The numbers of the ioctls of linux/hidraw.h, _IOC_TYPE 'H'. */
const HIDRAW = { descriptorSize: 1, descriptor: 2, info: 3, name: 4, physical: 5, setFeature: 6, getFeature: 7, unique: 8 } as const
const PHYSICAL = 'usb-simulated/input0'

/** ioctl(2) on hidraw: _IOC_NR in bits 0 to 7, _IOC_TYPE in 8 to 15, _IOC_SIZE in 16 to 29. Anything but HID is the terminal's business. */
async function control(options: HidOptions, request: number, argument: bigint, caller: Caller): Promise<CallResult | undefined> {
  if (((request >> 8) & 0xff) !== HID_MAGIC) return caller.callTerminal()
  const size = (request >> 16) & 0x3fff
  const put = (bytes: Uint8Array, value = 0): CallResult => {
    caller.writeMemory(argument, bytes)
    return { value }
  }
  const putText = (text: string) => {
    const bytes = new TextEncoder().encode(`${text}\0`).subarray(0, size)
    return put(bytes, bytes.length)
  }
  const { reportDescriptor: descriptor } = options
  switch (request & 0xff) {
    case HIDRAW.descriptorSize:
      return put(u32(descriptor.length))
    case HIDRAW.descriptor:
      return put(Buffer.concat([u32(descriptor.length), descriptor]))
    case HIDRAW.info:
      return put(Buffer.concat([u32(BUS_USB), u16(options.vendorId), u16(options.productId)]))
    case HIDRAW.name:
      return putText(options.product)
    case HIDRAW.physical:
      return putText(PHYSICAL)
    case HIDRAW.unique:
      return putText(options.serialNumber)
    case HIDRAW.setFeature:
      return take(argument, size, caller, options.onSetFeature)
    case HIDRAW.getFeature: {
      const asked = await caller.readMemory(argument, size)
      const report = asked && options.getFeature?.(asked[0] ?? 0)?.subarray(0, size)
      return report ? put(report, report.length) : asked && { errno: EPIPE }
    }
    default:
      return { errno: ENOTTY }
  }
}

async function take(address: bigint, length: number, caller: Caller, listener: ((report: Uint8Array) => void) | undefined): Promise<CallResult | undefined> {
  const report = await caller.readMemory(address, length)
  if (report) listener?.(Uint8Array.from(report))
  return report && { value: length }
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u16 = (value: number): Uint8Array => u32(value).subarray(0, 2)

/** Where a device stands in the testbed: what sysfs (Documentation/ABI, sysfs-class-hidraw) and /dev show of it, for as long as it is plugged in. */
function claimPlace(testbed: string, options: HidOptions) {
  const at = (path: string) => join(testbed, path)
  for (const folder of ['sys/bus/hid/devices', 'sys/class/hidraw', 'sys/dev/char', 'dev/.node', 'ioctl/dev']) mkdirSync(at(folder), { recursive: true })
  const number = claimNumber(at('claimed'))
  const node = `hidraw${number}`
  const bus = hex(BUS_USB, 4)
  const name = `${bus}:${hex(options.vendorId, 4)}:${hex(options.productId, 4)}.${hex(number + 1, 4)}`
  const device = `devices/virtual/misc/uhid/${name}`
  let links: readonly string[] = []
  return {
    path: `/dev/${node}`,
    socket: at(`ioctl/dev/${node}`),
    appear(terminal: DeviceLine) {
      const { path } = pathOf(terminal)
      // A pseudo-terminal's major number is 136, its minor the last part of its name.
      const minor = path.slice(path.lastIndexOf('/') + 1)
      const ofDevice = at(`sys/${device}`)
      const ofNode = join(ofDevice, 'hidraw', node)
      mkdirSync(ofNode, { recursive: true })
      const id = `HID_ID=${bus}:${hex(options.vendorId, 8)}:${hex(options.productId, 8)}`
      writeFileSync(
        join(ofDevice, 'uevent'),
        `DRIVER=hid-generic\n${id}\nHID_NAME=${options.product}\nHID_PHYS=${PHYSICAL}\nHID_UNIQ=${options.serialNumber}\n`,
      )
      writeFileSync(join(ofDevice, 'report_descriptor'), options.reportDescriptor)
      writeFileSync(join(ofNode, 'uevent'), `MAJOR=136\nMINOR=${minor}\nDEVNAME=${node}\n`)
      writeFileSync(join(ofNode, 'dev'), `136:${minor}\n`)
      symlinkSync('../../../../../bus/hid', join(ofDevice, 'subsystem'))
      symlinkSync('../../../../../../../class/hidraw', join(ofNode, 'subsystem'))
      symlinkSync(`../../../${name}`, join(ofNode, 'device'))
      const made = {
        [`sys/dev/char/136:${minor}`]: `../../${device}/hidraw/${node}`,
        [`sys/bus/hid/devices/${name}`]: `../../../${device}`,
        [`dev/.node/${node}`]: `136:${minor}`,
        [`dev/${node}`]: path,
        // The last one: by it the device is found, and then everything else is there.
        [`sys/class/hidraw/${node}`]: `../../${device}/hidraw/${node}`,
      }
      for (const [link, target] of Object.entries(made)) symlinkSync(target, at(link))
      links = Object.keys(made)
    },
    vanish() {
      for (const link of links.toReversed()) rmSync(at(link), { force: true })
      rmSync(at(`sys/${device}`), { recursive: true, force: true })
    },
  }
}

function pathOf(terminal: DeviceLine): { readonly path: string } {
  const at = terminal.transport()
  if (at.type !== 'serial') throw new TypeError('a pseudo-terminal')
  return at
}

/** The lowest number that nobody has taken in this testbed; a device keeps it for as long as the testbed is there, plugged in or not. */
function claimNumber(folder: string): number {
  mkdirSync(folder, { recursive: true })
  for (let number = 0; ; number++) {
    try {
      mkdirSync(join(folder, String(number)))
      return number
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')
