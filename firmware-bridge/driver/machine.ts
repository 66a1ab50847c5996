import type { DeviceHealth, FromBridge, Order } from '#protocol/device/messages.ts'
import type { DurationMs } from '#protocol/time.ts'

/**
 * What every driver hears. A driver is a function of its state and one of these; it has no clock, no line and no promise of its own.
 * `bytes` is whatever arrived together on a serial line or socket, and exactly one input report (with its report id, if it has one) on HID.
 */
export type LineEvent =
  | { readonly type: 'opened' }
  /** Or it could not be opened. May come again with another reason. */
  | { readonly type: 'closed'; readonly why: string }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'timer'; readonly timer: string }

type Message<Type extends FromBridge['type']> = Extract<FromBridge, { type: Type }>

/** What a driver tells the till; the bridge adds which device it was, and numbers the scans. */
export type Report =
  | Omit<Message<'scan'>, 'device' | 'n'>
  | Omit<Message<'card'>, 'device' | 'n'>
  | Omit<Message<'reading'>, 'device'>
  | Omit<Message<'drawer'>, 'device'>
  | Omit<Message<'garbage'>, 'device'>
  | Message<'print_result'>
  | Message<'order_result'>

/** An order of the till, to the driver of the device that it is for. */
export type OrderEvent = { readonly type: 'order'; readonly order: string; readonly what: Order; readonly deadline: DurationMs }

export type Effect =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** HID only: a feature report, its id first. */
  | { readonly type: 'sendFeature'; readonly bytes: Uint8Array }
  /** Starting a timer that runs starts it afresh. */
  | { readonly type: 'startTimer'; readonly timer: string; readonly after: DurationMs }
  | { readonly type: 'stopTimer'; readonly timer: string }
  | { readonly type: 'report'; readonly report: Report }

export type Step<State> = { readonly state: State; readonly effects: readonly Effect[] }

/** The part of a device's health that its driver knows. */
export type Health = Pick<DeviceHealth, 'state' | 'code' | 'detail' | 'counters'>

export interface Driver<State, Event> {
  readonly start: State
  step(state: State, event: Event): Step<State>
  health(state: State): Health
}

/** Whether the line is open, or why not. */
export type LineState = { readonly open: true } | { readonly open: false; readonly why: string }

export const NOT_OPENED: LineState = { open: false, why: 'not opened yet' }

export const absent = (why: string, counters: Health['counters']): Health => ({
  state: 'absent',
  code: 'device.absent',
  detail: why.slice(0, 500),
  counters,
})
