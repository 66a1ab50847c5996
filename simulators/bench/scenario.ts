import { invariant, unreachable } from '#protocol/outcome.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import {
  bankMoods,
  type BankMood,
  act as actShape,
  benchDevices,
  MAX_ON_SCALE_MILLI,
  readers,
  tillKeys,
  type Act,
  type BenchDevice,
  type BenchPaper,
  type Reader,
  type TillKey,
} from './contract.ts'
import { deviceNames } from './device-names.ts'

/**
 * A scenario is plain text, one act a line: `at 2 s scan 9520000000011`. Times count from the start and never go back; what follows a `#` at the
 * start of a line or after a space is a remark. Parsing is total: any text gives the steps, or every line that is wrong with what was expected there.
 */
export type Step = { readonly line: number; readonly at: DurationMs; readonly act: Act }
export type ScenarioError = { readonly line: number; readonly say: string }
export type Scenario = { readonly ok: true; readonly steps: readonly Step[] } | { readonly ok: false; readonly errors: readonly ScenarioError[] }

export const MAX_SCENARIO_CHARS = 1024 * 1024
/** A day: a scenario is a story, not a shop's life. */
const MAX_AT: DurationMs = 24 * 60 * MINUTE

export function parseScenario(text: string): Scenario {
  if (text.length > MAX_SCENARIO_CHARS) return { ok: false, errors: [{ line: 1, say: `a scenario has at most ${MAX_SCENARIO_CHARS} characters` }] }
  const steps: Step[] = []
  const errors: ScenarioError[] = []
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1
    const words = raw.replace(/(?:^|\s)#.*$/, '').trim()
    if (words === '') continue
    const step = parseLine(words, steps.at(-1)?.at ?? 0)
    if ('say' in step) errors.push({ line, say: step.say })
    else steps.push({ line, ...step })
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, steps }
}

function parseLine(words: string, earliest: DurationMs): Omit<Step, 'line'> | Wrong {
  const timed = /^at\s+(\d{1,6}(?:\.\d{1,3})?)\s*(s|min)\s+(.+)$/i.exec(words)
  if (timed === null) return { say: `expected “at TIME s …” or “at TIME min …”, such as “at 2.5 s scan 9520000000011”, and not “${short(words)}”` }
  const [, number = '', unit = '', sentence = ''] = timed
  const at = Math.round(Number(number) * (unit.toLowerCase() === 's' ? SECOND : MINUTE))
  if (at > MAX_AT) return { say: 'expected a time within 24 hours' }
  if (at < earliest) return { say: `expected a time of ${earliest / SECOND} s or later: the lines before this one are already there` }
  const found = parseSentence(sentence)
  return 'say' in found ? found : { at, act: found }
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** What was expected in place of what stands there. */
type Wrong = { readonly say: string }

const moodOf = (words = ''): BankMood => bankMoods.find((mood) => mood.replaceAll('_', ' ') === words.toLowerCase()) ?? 'approves'

type Form = { readonly pattern: RegExp; readonly example: string; make(parts: readonly string[]): Act | Wrong }

/** The device of that name, among those that will do here. */
function named<Device extends BenchDevice>(devices: readonly Device[], what: string, name = ''): Device | Wrong {
  const wanted = name.toLowerCase()
  const found = devices.find((one) => deviceNames[one] === wanted)
  return found ?? { say: `expected ${what}, ${listed(devices.map((one) => deviceNames[one]))}, and not “${short(name)}”` }
}
const device = (name: string | undefined): BenchDevice | Wrong => named(benchDevices, 'a device', name)
const reader = (name: string | undefined): Reader | Wrong => named(readers, 'what it is held before', name)
const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`

const plug =
  (plugged: boolean) =>
  ([name]: readonly string[]): Act | Wrong => {
    const found = device(name)
    return typeof found === 'string' ? { act: 'plug', device: found, plugged } : found
  }

/** What the cashier presses, in words. */
const tillWords: Readonly<Record<TillKey, string>> = {
  take_payment: 'take payment',
  cancel_payment: 'cancel the payment',
  take_weight: 'take the weight',
  next_sale: 'next sale',
  empty_basket: 'empty the basket',
}

/** The fault that ends the others, of devices whose faults last. */
const WELL = 'well'

/** Tried in this order; the first that fits is meant. `sentenceOf` says each act in the form that stands here. */
const forms: readonly Form[] = [
  form(/^scan (.+)$/, 'scan 9520000000011', ([text = '']) => ({ act: 'scan', text })),
  form(/^hold (?:the|a) phone before the (.+)$/, 'hold the phone before the scanner', ([name]) => {
    const before = reader(name)
    return typeof before === 'string' ? { act: 'hold_phone', before } : before
  }),
  form(/^hold phone ([0-9a-f]{32}) before the (.+)$/, `hold phone ${'0123456789abcdef'.repeat(2)} before the camera`, ([wallet = '', name]) => {
    const before = reader(name)
    return typeof before === 'string' ? { act: 'hold_phone', wallet, before } : before
  }),
  form(/^hold (.+) before the ((?:desk |hand )?\w+)$/, 'hold 9520000000011 before the camera', ([text = '', name]) => {
    const before = reader(name)
    if (typeof before !== 'string') return before
    if (before === 'scanner') return { act: 'scan', text }
    return { act: before === 'camera' ? 'hold_before_camera' : 'hid_scan', text }
  }),
  form(/^swipe (.+)$/, 'swipe Visa', ([card = '']) => ({ act: 'swipe', card })),
  form(/^put (\d{1,5})(?:\.(\d{1,3}))? (?:kg|lb) on the scale$/, 'put 0.182 kg on the scale', ([whole = '', part = '']) => {
    const milli = Number(whole) * 1000 + Number(part.padEnd(3, '0'))
    return milli <= MAX_ON_SCALE_MILLI ? { act: 'put_on_scale', milli } : { say: `expected at most ${MAX_ON_SCALE_MILLI / 1000} on the scale` }
  }),
  form(/^empty the scale$/, 'empty the scale', () => ({ act: 'put_on_scale', milli: 0 })),
  form(/^press (zero|tare)$/, 'press tare', ([key]) => ({ act: 'press_scale', key: key === 'zero' ? 'zero' : 'tare' })),
  form(/^paper (out|low|in)$/, 'paper out', ([how = '']) => ({ act: 'printer_paper', paper: paperOf[how.toLowerCase()] ?? 'ok' })),
  form(/^(open|close) the cover$/, 'open the cover', ([how]) => ({ act: 'printer_cover', open: how === 'open' })),
  form(/^open the drawer$/, 'open the drawer', () => ({ act: 'drawer', open: true })),
  form(/^push the drawer shut$/, 'push the drawer shut', () => ({ act: 'drawer', open: false })),
  ...tillKeys.map((key) => form(new RegExp(`^${tillWords[key]}$`), tillWords[key], () => ({ act: 'press_till', key }))),
  form(/^pull the network cable$/, 'pull the network cable', () => ({ act: 'cable', pulled: true })),
  form(/^plug in the network cable$/, 'plug in the network cable', () => ({ act: 'cable', pulled: false })),
  form(/^(pull|plug in) the cable of lane ([1-9]\d?) to the (hub|edge)$/, 'pull the cable of lane 2 to the edge', ([how, lane = '', to]) => ({
    act: 'lane_cable',
    lane: Number(lane) - 1,
    to: to === 'hub' ? 'hub' : 'edge',
    pulled: how === 'pull',
  })),
  form(/^kill the edge$/, 'kill the edge', () => ({ act: 'kill_edge' })),
  form(/^cut the power$/, 'cut the power', () => ({ act: 'cut_power' })),
  form(/^the bank (approves|no money|card stopped|silent)$/, 'the bank silent', ([mood]) => ({ act: 'bank', mood: moodOf(mood) })),
  form(/^end the bank’s day$/, 'end the bank’s day', () => ({ act: 'end_bank_day' })),
  form(/^unplug the (.+)$/, 'unplug the scale', plug(false)),
  form(/^plug in the (.+)$/, 'plug in the scale', plug(true)),
  form(/^the (.+) is well again$/, 'the camera is well again', ([name]) => {
    const found = device(name)
    return typeof found === 'string' ? { act: 'fault', device: found, kind: WELL } : found
  }),
  form(/^the (.+?) fails: ([a-z][a-z0-9 ]{0,39})$/, 'the scale fails: half frame', ([name, kind = '']) => {
    const found = device(name)
    return typeof found === 'string' ? { act: 'fault', device: found, kind: kind.toLowerCase().trim().replaceAll(/ +/g, '_') } : found
  }),
]

function form(pattern: RegExp, example: string, make: Form['make']): Form {
  return { pattern: new RegExp(pattern.source, 'i'), example, make }
}

const paperOf: Readonly<Record<string, BenchPaper>> = { out: 'out', low: 'near_end', in: 'ok' }

/** One example of every sentence that there is. */
export const sentences: readonly string[] = forms.map(({ example }) => example)

function parseSentence(sentence: string): Act | Wrong {
  for (const { pattern, make } of forms) {
    const parts = pattern.exec(sentence)?.slice(1)
    if (parts === undefined) continue
    const made = make(parts)
    if ('say' in made) return made
    const checked = actShape.safeParse(made)
    return checked.success ? checked.data : { say: `expected something shorter: ${checked.error.issues[0]?.message ?? 'it does not fit'}` }
  }
  return { say: `expected one of ${listed(sentences.map((example) => `“${example}”`))}, and not “${short(sentence)}”` }
}

/** An act as a sentence that `parseScenario` reads as this act again. */
export function sentenceOf(act: Act): string {
  switch (act.act) {
    case 'scan':
      return `scan ${act.text}`
    case 'hid_scan':
      return `hold ${act.text} before the ${deviceNames.hid_scanner}`
    case 'hold_before_camera':
      return `hold ${act.text} before the ${deviceNames.camera}`
    case 'hold_phone':
      return `hold ${act.wallet === undefined ? 'the phone' : `phone ${act.wallet}`} before the ${deviceNames[act.before ?? 'scanner']}`
    case 'swipe':
      return `swipe ${act.card}`
    case 'put_on_scale':
      return act.milli === 0 ? 'empty the scale' : `put ${(act.milli / 1000).toFixed(3)} kg on the scale`
    case 'press_scale':
      return `press ${act.key}`
    case 'printer_paper': {
      const word = Object.entries(paperOf).find(([, paper]) => paper === act.paper)?.[0]
      invariant(word !== undefined, 'every state of the paper has its word')
      return `paper ${word}`
    }
    case 'printer_cover':
      return act.open ? 'open the cover' : 'close the cover'
    case 'drawer':
      return act.open ? 'open the drawer' : 'push the drawer shut'
    case 'plug':
      return act.plugged ? `plug in the ${deviceNames[act.device]}` : `unplug the ${deviceNames[act.device]}`
    case 'fault':
      if (act.kind === WELL) return `the ${deviceNames[act.device]} is well again`
      return `the ${deviceNames[act.device]} fails: ${act.kind.replaceAll('_', ' ')}`
    case 'press_till':
      return tillWords[act.key]
    case 'cable':
      return act.pulled ? 'pull the network cable' : 'plug in the network cable'
    case 'lane_cable':
      return `${act.pulled ? 'pull' : 'plug in'} the cable of lane ${act.lane + 1} to the ${act.to}`
    case 'kill_edge':
      return 'kill the edge'
    case 'end_bank_day':
      return 'end the bank’s day'
    case 'bank':
      return `the bank ${act.mood.replaceAll('_', ' ')}`
    case 'cut_power':
      return 'cut the power'
    default:
      return unreachable(act)
  }
}
