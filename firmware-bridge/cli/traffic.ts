import type { DeviceHealth, FromBridge, ScaleReading, Weight } from '#protocol/device/messages.ts'

type Scan = Extract<FromBridge, { type: 'scan' }>

/** How wallets begin their codes, and how long those are. What is worth money is never shown in full. */
const SCHEMES: readonly (readonly [scheme: string, pattern: RegExp])[] = [
  ['Stillpoint wallet', /^SP\d:/],
  ['Alipay', /^(?:2[5-9]|30)\d{14,22}$|^fp/],
  ['WeChat Pay', /^1[0-5]\d{16}$/],
  ['UnionPay', /^62\d{17}$/],
  ['EMV QR', /^(?:hQVDUFY|000201)/],
]

/** GS1 element strings say what a product is, however long they are. */
const GS1_AIMS: readonly unknown[] = [']C1', ']e0', ']d2', ']Q3']
/** The number of a product or a short text. Longer ones may be worth money in some wallet's eyes, even where none that is known here. */
const IS_HARMLESS = /^(?:\d{1,14}|(?=.*[^\d])[\x20-\x7e]{1,24})$/

/** What was scanned, or only how long it is and whose. `text` is shown as it is: it holds no control characters then. */
export function describeScan({ text, aim }: Pick<Scan, 'text' | 'aim'>): string {
  const symbology = aim === undefined ? '' : ` ${aim}`
  const scheme = SCHEMES.find(([, pattern]) => pattern.test(text))?.[0]
  if (scheme !== undefined) return `payment code of ${scheme}, ${text.length} characters${symbology}`
  if (GS1_AIMS.includes(aim)) return `${text.replaceAll('\u001d', '<GS>').replaceAll(/[^\x20-\x7e]/g, '?')}${symbology}`
  return IS_HARMLESS.test(text) ? `${text}${symbology}` : `code of ${text.length} characters${symbology}`
}

const weightText = ({ milli, unit }: Weight): string => `${Math.floor(milli / 1000)}.${String(milli % 1000).padStart(3, '0')} ${unit}`

const readingText = (reading: ScaleReading): string => (reading.state === 'stable' ? weightText(reading.weight) : reading.state)

/** Its counters are left out: they would bury what happens. */
export const describeHealth = ({ state, code, detail }: DeviceHealth): string => [state, code, detail].filter(Boolean).join(', ')

export type TrafficLine = { readonly device: string; readonly what: string; readonly text: string }

/** A message of the bridge for an engineer to read: one line each, and one for each device of a welcome. Nothing in it is worth money or a card. */
export function describe(message: FromBridge): readonly TrafficLine[] {
  switch (message.type) {
    case 'welcome':
      return message.devices.map((health) => ({ device: health.device, what: 'health', text: describeHealth(health) }))
    case 'health':
      return [{ device: message.health.device, what: 'health', text: describeHealth(message.health) }]
    case 'scan':
      return [{ device: message.device, what: 'scan', text: describeScan(message) }]
    case 'card': {
      const { maskedPan, encrypted } = message.card
      return [{ device: message.device, what: 'card', text: `${maskedPan}, ${encrypted ? `encrypted, ${encrypted.scheme}` : 'not encrypted'}` }]
    }
    case 'reading':
      return [{ device: message.device, what: 'reading', text: readingText(message.reading) }]
    case 'drawer':
      return [{ device: message.device, what: 'drawer', text: message.open ? 'open' : 'shut' }]
    case 'garbage':
      return [{ device: message.device, what: 'garbage', text: `${message.bytes} bytes thrown away` }]
    case 'print_result':
      return [{ device: 'till', what: 'print', text: [message.job, message.result, message.code].filter(Boolean).join(' ') }]
    case 'order_result': {
      const { order, result, code, weight } = message
      return [{ device: 'till', what: 'order', text: [order, result, code, weight && weightText(weight)].filter(Boolean).join(' ') }]
    }
  }
}
