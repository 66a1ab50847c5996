import type { DeviceHealth, FromBridge, PrintDocument } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Timers } from '#protocol/time.ts'
import type { BridgeConfig, DeviceConfig, TransportConfig } from './config.ts'
import type { Driver, LineEvent, Report } from './driver/machine.ts'
import { printerDriver } from './driver/printer.ts'
import { canPrint, encodeReceipt, type Columns } from './driver/receipt.ts'
import { runDriver } from './driver/run.ts'
import { scannerDriver } from './driver/scanner.ts'
import { tellHealth } from './health.ts'
import type { TillMessage } from './till-socket.ts'
import { serialTransport } from './transport/serial.ts'
import { tcpTransport } from './transport/tcp.ts'
import type { Transport } from './transport/transport.ts'

export interface Bridge {
  /** The state of every device, for a till that has just said hello. */
  devices(): DeviceHealth[]
  handle(message: TillMessage): void
  close(): void
}

type Surroundings = { readonly timers: Timers; readonly log: (line: string) => void; readonly send: (message: FromBridge) => void }

/** Runs every configured device, and turns what the drivers report into messages for the till and its orders into events for them. */
export function startBridge({ devices: configs }: BridgeConfig, { timers, log, send }: Surroundings): Bridge {
  let scans = 0
  const report = (device: string, told: Report) => {
    if (told.type === 'scan') send({ ...told, device, n: ++scans })
    else if (told.type === 'garbage') send({ ...told, device })
    else send(told)
  }
  const devices = configs.map((config) => startDevice(config, { timers, log, send, report: (told) => report(config.id, told) }))
  const printer = devices.find(({ print }) => print !== undefined)

  return {
    devices: () => devices.map(({ health }) => health()),
    handle({ job, document, deadlineMs }) {
      const taken: Outcome<null, ErrorCode> = printer?.print?.(job, document, deadlineMs) ?? fail('device.absent', 'no printer is configured')
      if (taken.ok) return
      log(`${job}: not printed, ${taken.detail ?? taken.code}`)
      send({ type: 'print_result', job, result: 'failed', code: taken.code })
    },
    close() {
      for (const { close } of devices) close()
    },
  }
}

type Device = {
  readonly health: () => DeviceHealth
  readonly close: () => void
  /** Takes the job; its result is reported. */
  readonly print?: (job: string, document: PrintDocument, deadline: number) => Outcome<null, 'wire.malformed'>
}

type DeviceSurroundings = Surroundings & { readonly report: (report: Report) => void }

function startDevice(config: DeviceConfig, surroundings: DeviceSurroundings): Device {
  if (config.kind === 'scanner') return run(config, scannerDriver(config.framing), surroundings).device
  const { device, handle } = run(config, printerDriver, surroundings)
  return {
    ...device,
    print(job, document, deadline) {
      const encoded = encode(document, config.columns)
      if (encoded.ok) handle({ type: 'print', job, bytes: encoded.value, deadline })
      return encoded.ok ? ok(null) : encoded
    },
  }
}

function run<State, Event>(config: DeviceConfig, driver: Driver<State, Event | LineEvent>, { timers, log, send, report }: DeviceSurroundings) {
  const running = runDriver(driver, { transport: transportOf(config.transport), timers, onReport: report, onChange: () => teller.look() })
  const health = (): DeviceHealth => ({ device: config.id, kind: config.kind, ...running.health() })
  const teller = tellHealth(health, timers, (told, change) => {
    if (change === 'state') log(`${told.device}: ${[told.state, told.code, told.detail].filter(Boolean).join(', ')}`)
    send({ type: 'health', health: told })
  })
  const close = () => {
    teller.close()
    running.close()
  }
  return { device: { health, close }, handle: running.handle }
}

const transportOf = (config: TransportConfig): Transport => (config.type === 'serial' ? serialTransport(config) : tcpTransport(config))

/** The encoder is not ours: a document that it cannot take must cost that document, not the bridge. */
function encode(document: PrintDocument, columns: Columns): Outcome<Uint8Array, 'wire.malformed'> {
  if (!canPrint(document)) return fail('wire.malformed', 'a QR block that no printer can print')
  try {
    return ok(encodeReceipt(document, columns))
  } catch (error) {
    return fail('wire.malformed', error instanceof Error ? error.message : String(error))
  }
}
