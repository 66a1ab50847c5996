import type { DeviceHealth, FromBridge, Order } from '#protocol/device/messages.ts'
import type { Clock, Timers } from '#protocol/time.ts'
import type { BridgeConfig } from './config.ts'
import { startDevice, type Device } from './device.ts'
import type { Report } from './driver/machine.ts'
import type { TillMessage } from './till-socket.ts'

export interface Bridge {
  /** The state of every device, for a till that has just said hello. */
  devices(): DeviceHealth[]
  handle(message: TillMessage): void
  close(): void
}

type Surroundings = { readonly timers: Timers; readonly clock: Clock; readonly log: (line: string) => void; readonly send: (message: FromBridge) => void }

/** Which device carries out an order: the drawer hangs on the printer. */
const CARRIED_OUT_BY: Readonly<Record<Order['do'], Device['kind']>> = {
  open_drawer: 'printer',
  show: 'display',
  weigh: 'scale',
  zero: 'scale',
  tare: 'scale',
}

/** Runs every configured device, and turns what the drivers report into messages for the till and its orders into events for them. */
export function startBridge({ devices: configs }: BridgeConfig, { timers, clock, log, send }: Surroundings): Bridge {
  const name = nameReports()
  const devices = configs.map((config) =>
    startDevice(config, { timers, clock, log, onReport: (told) => send(name(config.id, told)), onHealth: (health) => send({ type: 'health', health }) }),
  )
  const deviceOf = (kind: Device['kind']) => devices.find((device) => device.kind === kind)

  return {
    devices: () => devices.map(({ health }) => health()),
    handle(message) {
      if (message.type === 'print') {
        const { job, document, deadlineMs } = message
        const printer = deviceOf('printer')
        if (printer?.print) printer.print(job, document, deadlineMs)
        else send({ type: 'print_result', job, result: 'failed', code: 'device.absent' })
      } else {
        const { order, what, deadlineMs } = message
        const device = deviceOf(CARRIED_OUT_BY[what.do])
        if (device?.order) device.order(order, what, deadlineMs)
        else send({ type: 'order_result', order, result: 'failed', code: 'device.absent' })
      }
    },
    close() {
      for (const { close } of devices) close()
    },
  }
}

/** Says whose report it is, and numbers what must not go missing unseen. */
export function nameReports(): (device: string, report: Report) => FromBridge {
  let scans = 0
  let cards = 0
  return (device, report) => {
    switch (report.type) {
      case 'scan':
        return { ...report, device, n: ++scans }
      case 'card':
        return { ...report, device, n: ++cards }
      case 'reading':
      case 'drawer':
      case 'garbage':
        return { ...report, device }
      case 'print_result':
      case 'order_result':
        return report
    }
  }
}
