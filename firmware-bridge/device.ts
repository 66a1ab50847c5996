import type { DeviceHealth, FromBridge, Order, PrintDocument } from '#protocol/device/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, DurationMs, Timers } from '#protocol/time.ts'
import { askOnce } from './asked.ts'
import { runCamera } from './camera/run.ts'
import type { DeviceConfig, TransportConfig } from './config.ts'
import { cardReaderDriver } from './driver/card-reader.ts'
import { displayDriver } from './driver/display.ts'
import type { Driver, LineEvent, OrderEvent, Report } from './driver/machine.ts'
import { printerDriver } from './driver/printer.ts'
import { canPrint, encodeReceipt, type EncodedReceipt, type Paper } from './driver/receipt.ts'
import { hidScannerDriver } from './driver/hid-scanner.ts'
import { runDriver, type RunningDevice, type RunOptions } from './driver/run.ts'
import { scaleDriver } from './driver/scale.ts'
import { scannerDriver } from './driver/scanner.ts'
import { rememberError, tellHealth } from './health.ts'
import { hidTransport } from './transport/hid.ts'
import { hidTcpTransport } from './transport/hid-tcp.ts'
import { serialTransport } from './transport/serial.ts'
import { tcpTransport } from './transport/tcp.ts'
import type { Transport } from './transport/transport.ts'

/** One device of the counter: its driver, its line and its health. */
export interface Device {
  readonly kind: DeviceConfig['kind']
  health(): DeviceHealth
  close(): void
  /** Prints once, and tells the result. Printers only. */
  readonly print?: (job: string, document: PrintDocument, deadline: DurationMs) => void
  /** Carries the order out once, and tells the result. What only senses (scanner, reader, camera) takes none. */
  readonly order?: (order: string, what: Order, deadline: DurationMs) => void
}

export type DeviceSurroundings = {
  readonly timers: Timers
  readonly clock: Clock
  readonly log: (line: string) => void
  readonly onReport: (report: Report) => void
  readonly onHealth: (health: DeviceHealth) => void
  /** Put around the line, by who wants to see what passes. */
  readonly around?: (transport: Transport) => Transport
}

export function startDevice(config: DeviceConfig, surroundings: DeviceSurroundings): Device {
  switch (config.kind) {
    case 'scanner':
      if ('framing' in config) return run(config, scannerDriver(config.framing), surroundings).device
      return run(config, hidScannerDriver(config.model), surroundings).device
    case 'card_reader':
      return run(config, cardReaderDriver(config), surroundings).device
    case 'printer':
      return startPrinter(config, surroundings)
    case 'display':
      return takingOrders(run(config, displayDriver(config), surroundings))
    case 'scale':
      return takingOrders(run(config, scaleDriver(config), surroundings))
    case 'camera':
      return startCamera(config, surroundings)
  }
}

type Result<Type extends FromBridge['type']> = Extract<FromBridge, { type: Type }>

/** Puts a driver and its line together. */
function run<State, Event>(config: Exclude<DeviceConfig, { kind: 'camera' }>, driver: Driver<State, Event | LineEvent>, surroundings: DeviceSurroundings) {
  const { around = asItIs } = surroundings
  const transport = around(transportOf(config.transport))
  const sliced = config.transport.type === 'serial' || config.transport.type === 'tcp'
  return account(config, surroundings, (options) => runDriver(driver, { ...options, transport, sliced }))
}

const asItIs = (transport: Transport): Transport => transport

/** Keeps account of what was asked of a running device, and of its health. */
function account<Event>(
  config: DeviceConfig,
  { timers, clock, log, onReport, onHealth }: DeviceSurroundings,
  launch: (options: Omit<RunOptions, 'transport' | 'sliced'>) => RunningDevice<Event>,
) {
  const prints = askOnce<Result<'print_result'>>(timers, onReport, (job) => ({ type: 'print_result', job, result: 'unknown', code: 'device.unknown_result' }))
  const orders = askOnce<Result<'order_result'>>(timers, onReport, (order) => ({ type: 'order_result', order, result: 'unknown', code: 'device.timeout' }))
  const running = launch({
    timers,
    onReport(report) {
      if (report.type === 'print_result') prints.ended(report.job, report)
      else if (report.type === 'order_result') orders.ended(report.order, report)
      else onReport(report)
    },
    onChange: () => teller.look(),
    onFailure(where) {
      log(`${config.id}: its driver failed (${where})`)
      prints.abandon()
      orders.abandon()
    },
  })
  const health = rememberError(() => ({ device: config.id, kind: config.kind, ...running.health() }), clock)
  const teller = tellHealth(health, timers, (told, change) => {
    if (change === 'state') log(`${told.device}: ${[told.state, told.code, told.detail].filter(Boolean).join(', ')}`)
    onHealth(told)
  })
  const close = () => {
    for (const part of [teller, prints, orders, running]) part.close()
  }
  return { device: { kind: config.kind, health, close }, handle: running.handle, prints, orders }
}

type Running<Event> = Pick<ReturnType<typeof account<Event>>, 'device' | 'orders'> & { readonly handle: (event: Event) => void }

/** Gives a device the orders of the till, each at most once. */
function takingOrders({ device, handle, orders }: Running<OrderEvent>): Device {
  return { ...device, order: (order, what, deadline) => orders.ask(order, deadline, () => handle({ type: 'order', order, what, deadline })) }
}

function startCamera(config: ConfigOf<'camera'>, surroundings: DeviceSurroundings): Device {
  const { clock, log, around = asItIs } = surroundings
  return account(config, surroundings, (options) => runCamera(config.transport, { ...options, clock, log, around })).device
}

type ConfigOf<Kind extends DeviceConfig['kind']> = Extract<DeviceConfig, { kind: Kind }>

function startPrinter(config: ConfigOf<'printer'>, surroundings: DeviceSurroundings): Device {
  const running = run(config, printerDriver(config), surroundings)
  const { handle, prints } = running
  const begin = (job: string, document: PrintDocument, deadline: DurationMs) => {
    const encoded = encode(document, config)
    if (encoded.ok) {
      if (encoded.value.replaced > 0) surroundings.log(`${job}: ${encoded.value.replaced} characters that this printer does not have were printed as ?`)
      return handle({ type: 'print', job, bytes: encoded.value.bytes, deadline })
    }
    surroundings.log(`${job}: not printed, ${encoded.detail ?? encoded.code}`)
    prints.ended(job, { type: 'print_result', job, result: 'failed', code: encoded.code })
  }
  return { ...takingOrders(running), print: (job, document, deadline) => prints.ask(job, deadline, () => begin(job, document, deadline)) }
}

function transportOf(config: Exclude<TransportConfig, { type: 'http' }>): Transport {
  switch (config.type) {
    case 'serial':
      return serialTransport(config)
    case 'tcp':
      return tcpTransport(config)
    case 'hid':
      return hidTransport(config)
    case 'hid-tcp':
      return hidTcpTransport(config)
  }
}

/** The encoder is not ours: a document that it cannot take must cost that document, not the bridge. */
function encode(document: PrintDocument, paper: Paper): Outcome<EncodedReceipt, 'wire.malformed'> {
  if (!canPrint(document, paper.columns)) return fail('wire.malformed', 'a QR block that no printer can print')
  try {
    return ok(encodeReceipt(document, paper))
  } catch (error) {
    return fail('wire.malformed', error instanceof Error ? error.message : String(error))
  }
}
