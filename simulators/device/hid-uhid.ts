import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { HidEnd, HidOptions } from './hid.ts'
import { readUhidEvent, uhidCreate, uhidGetReply, uhidInput, uhidSetReply, UHID_EVENT_BYTES } from './uhid-events.ts'

export const UHID = '/dev/uhid'
const HIDRAW_CLASS = '/sys/class/hidraw'
const LOOK_AGAIN: DurationMs = 20
const LOOKS = 100

type Plugged = { readonly file: number; readonly reader: ChildProcess; readonly path: string }

let made = 0

/** A HID device made by the kernel (Documentation/hid/uhid.rst), which no program can tell from one on a cable. Every plug is a new device. */
export async function openUhid(options: HidOptions, timers: Timers = systemTimers): Promise<HidEnd> {
  let device: Plugged | undefined
  let path = ''
  const plug = async () => {
    const physical = `simulated-${process.pid}-${++made}`
    const file = openSync(UHID, 'r+')
    writeSync(file, uhidCreate({ ...options, physical }))
    const reader = readEvents(file, (event) => answer(event, file, options))
    path = await nodeOf(physical, timers)
    device = { file, reader, path }
  }
  // The device is gone once nobody has its file open any more: not this process, and not the reader.
  const unplug = () => {
    if (!device) return
    const { file, reader } = device
    device = undefined
    reader.kill('SIGKILL')
    closeSync(file)
  }
  await plug()
  return {
    transport: () => ({ type: 'hid', path }),
    get plugged() {
      return device !== undefined
    },
    send: (report) => void (device && writeSync(device.file, uhidInput(report))),
    unplug,
    async replug() {
      if (!device) await plug()
    },
    close: unplug,
  }
}

/** Node would block a thread of its pool for ever on such a read; a child that has inherited the file can be killed. One read is one event. */
function readEvents(file: number, onEvent: (event: Uint8Array) => void): ChildProcess {
  const child = spawn('cat', { stdio: [file, 'pipe', 'ignore'] })
  let held = Buffer.alloc(0)
  child.stdout?.on('data', (bytes: Buffer) => {
    // Unplugged: its file is closed.
    if (child.killed) return
    held = Buffer.concat([held, bytes])
    for (; held.length >= UHID_EVENT_BYTES; held = held.subarray(UHID_EVENT_BYTES)) onEvent(held.subarray(0, UHID_EVENT_BYTES))
  })
  return child
}

function answer(bytes: Uint8Array, file: number, { onOutput, onSetFeature, getFeature }: HidOptions): void {
  const event = readUhidEvent(bytes)
  switch (event?.type) {
    case 'output':
      return onOutput?.(event.report)
    case 'set':
      onSetFeature?.(event.report)
      return void writeSync(file, uhidSetReply(event.request))
    case 'get':
      return void writeSync(file, uhidGetReply(event.request, getFeature?.(event.id)))
    case undefined:
  }
}

/** The node that the system made for the device that hangs on `physical`; udev may take a moment. */
async function nodeOf(physical: string, timers: Timers): Promise<string> {
  for (let look = 0; look < LOOKS; look++) {
    const node = readdirSync(HIDRAW_CLASS).find((name) => readFileSync(join(HIDRAW_CLASS, name, 'device/uevent'), 'utf8').includes(`HID_PHYS=${physical}\n`))
    if (node !== undefined) return `/dev/${node}`
    await new Promise<void>((resolve) => void timers.after(LOOK_AGAIN, resolve))
  }
  throw new Error('the system made no hidraw device')
}
