import bwipjs from 'bwip-js/node'
import type { Order, PrintBlock } from '#protocol/device/messages.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { CameraFault } from '../device/camera.ts'
import type { CardReaderFault } from '../device/card-reader.ts'
import type { DisplayFault } from '../device/display.ts'
import type { HidScannerFault } from '../device/hid-scanner.ts'
import type { PrinterFault } from '../device/printer.ts'
import type { ScaleFault } from '../device/scale.ts'
import type { ScannerFault } from '../device/scanner.ts'
import { testCards } from '../device/test-cards.ts'
import type { Random } from '../world/random.ts'
import { firstLine, jobId, lastLine, type Answer, type Books } from './books.ts'
import type { Counter, CounterDevice } from './counter.ts'

/** Where the people of a soak act. Durations are those of the counter, not of the wall: a pause is over sooner than it says. */
export type Scene = {
  readonly counter: Counter
  readonly books: Books
  readonly random: Random
  readonly pause: (time: DurationMs) => Promise<void>
  readonly isOver: () => boolean
  /** Waits for what must happen; if it does not in time, that is written down, and the people go on. */
  readonly until: (what: string, holds: () => boolean) => Promise<void>
  /** The device works, and the till knows it. */
  readonly untilReady: (device: CounterDevice) => Promise<void>
}

/** What simulated devices read when they fail. */
const FAILING_CODE = '4006381333931'
const FAILING_CARD = 'Visa'
const isFailingCode = (text: string): boolean => text === FAILING_CODE

/** What a fault leads to: the till hears of garbage, or of nothing in particular, or the device says nothing until somebody pulls its plug. */
type Sequel = 'garbage' | 'anything' | 'silence'

type Failing<Fault extends string> = {
  readonly plugged: boolean
  fault(kind: Fault): Promise<void>
  unplug(): void
  replug(): Promise<void>
}

/** Lets a device fail and somebody put it right, and waits until the till knows both. `putRight`: what there is to do beside its plug. */
async function suffer<Fault extends string>(
  scene: Scene,
  id: CounterDevice,
  device: Failing<Fault>,
  sequels: Partial<Record<Fault, Sequel>>,
  putRight: () => unknown = () => {},
): Promise<void> {
  const { books, random, pause, until, untilReady } = scene
  await until(`${id}: what was sent before trouble`, () => books.awaited(id) <= 0)
  const kinds = Object.keys(sequels) as Fault[]
  const kind = random.pick(kinds)
  const before = books.garbage(id)
  books.trouble()
  await device.fault(kind)
  if (sequels[kind] === 'garbage') await until(`${id}: garbage after ${kind}`, () => books.garbage(id) > before)
  if (sequels[kind] === 'silence') device.unplug()
  await putBack(scene, device)
  await pause(SILENCE)
  await putRight()
  await untilReady(id)
}

/** Longer than a driver waits for the rest of something, however the time of the counter runs. */
const SILENCE: DurationMs = 30_000

async function putBack({ pause, random }: Scene, device: Pick<Failing<string>, 'plugged' | 'replug'>): Promise<void> {
  if (device.plugged) return
  await pause(random.between(1000, 10_000))
  await device.replug()
}

/** Unplugs a device that works, once everything that it said has arrived, and plugs it in again. */
async function pull(scene: Scene, id: CounterDevice, device: Pick<Failing<string>, 'plugged' | 'unplug' | 'replug'>): Promise<void> {
  await scene.until(`${id}: what was sent before it was unplugged`, () => scene.books.awaited(id) <= 0)
  scene.books.trouble()
  device.unplug()
  await scene.until(`${id}: absent when it is unplugged`, () => scene.counter.bridge.health(id)?.state !== 'ready')
  await putBack(scene, device)
  await scene.untilReady(id)
}

/** No code is ever scanned twice, and none begins like another. */
const newCode = (random: Random, n: number): string => `${random.between(10_000, 99_999)}${String(n).padStart(8, '0')}`

const SCANNER_TROUBLE: Partial<Record<ScannerFault, Sequel>> = {
  noise: 'garbage',
  half_frame: 'garbage',
  unplug_mid_frame: 'garbage',
  wrong_framing: 'garbage',
  slow: 'anything',
  stuck_key: 'anything',
  flood: 'anything',
  frozen: 'silence',
}

export async function scanAtTheLine(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver } = scene
  books.ignore('scanner', isFailingCode)
  for (let n = 1; !isOver(); n++) {
    await pause(random.between(500, 4000))
    if (random.chance(0.03)) await pull(scene, 'scanner', counter.scanner)
    else if (random.chance(0.05)) await suffer(scene, 'scanner', counter.scanner, SCANNER_TROUBLE)
    else {
      const codes = Array.from({ length: random.chance(0.1) ? 3 : 1 }, (_, at) => newCode(random, 10 * n + at))
      for (const code of codes) books.sent('scanner', code)
      await counter.scanner.scan(codes)
    }
  }
}

const HID_SCANNER_TROUBLE: Partial<Record<HidScannerFault, Sequel>> = {
  noise: 'garbage',
  half_report: 'garbage',
  wrong_length: 'garbage',
  unplug_mid_code: 'garbage',
  slow: 'garbage',
  stuck_key: 'anything',
  flood: 'anything',
  frozen: 'silence',
}

export async function scanOverUsb(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver } = scene
  books.ignore('hid-scanner', isFailingCode)
  for (let n = 1; !isOver(); n++) {
    await pause(random.between(500, 6000))
    if (random.chance(0.03)) await pull(scene, 'hid-scanner', counter.hidScanner)
    else if (random.chance(0.05)) await suffer(scene, 'hid-scanner', counter.hidScanner, HID_SCANNER_TROUBLE)
    else {
      const code = random.chance(0.2) ? `https://example.org/${newCode(random, n)}/${'x'.repeat(100)}` : newCode(random, n)
      books.sent('hid-scanner', code)
      await counter.hidScanner.scan(code, { aim: ']Q1' })
    }
  }
}

const READER_TROUBLE: Partial<Record<CardReaderFault, Sequel>> = {
  bad_swipe: 'anything',
  unreadable: 'garbage',
  wrong_checksum: 'garbage',
  noise: 'garbage',
  half_report: 'garbage',
  unplug_mid_card: 'anything',
  slow: 'anything',
  frozen: 'silence',
}

export async function swipe(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver } = scene
  const cards = testCards.filter(({ name }) => name !== FAILING_CARD)
  const failing = testCards.find(({ name }) => name === FAILING_CARD)
  books.ignore('card-reader', (lastFour) => failing?.pan.slice(-4) === lastFour)
  while (!isOver()) {
    await pause(random.between(10_000, 40_000))
    if (random.chance(0.08)) await pull(scene, 'card-reader', counter.cardReader)
    else if (random.chance(0.15)) await suffer(scene, 'card-reader', counter.cardReader, READER_TROUBLE)
    else if (random.chance(0.05)) await runOutOfKeys(scene)
    else {
      const card = random.pick(cards)
      books.sent('card-reader', card.pan.slice(-4))
      await counter.cardReader.swipe(card)
    }
  }
}

/** A reader without keys says so until it comes back with new ones. */
async function runOutOfKeys({ counter: { cardReader, bridge }, books, pause, until, untilReady }: Scene): Promise<void> {
  await until('card-reader: what was swiped with the last keys', () => books.awaited('card-reader') <= 0)
  books.trouble()
  await cardReader.fault('keys_used_up')
  await until('card-reader: out of order without keys', () => bridge.health('card-reader')?.state === 'fault')
  cardReader.unplug()
  cardReader.loadKeys()
  await pause(SILENCE)
  await cardReader.replug()
  await untilReady('card-reader')
}

const CAMERA_TROUBLE: Partial<Record<CameraFault, Sequel>> = {
  slow: 'anything',
  half_frame: 'anything',
  garbage: 'anything',
  endless_frame: 'anything',
  frozen: 'anything',
  unauthorised: 'anything',
}

/** Holds codes before the camera, each until it is read and for a while after, and each is read once. */
export async function holdBeforeCamera(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver, until } = scene
  const { camera } = counter
  for (let n = 1; !isOver(); n++) {
    await pause(random.between(5000, 30_000))
    if (random.chance(0.05)) await pull(scene, 'camera', camera)
    else if (random.chance(0.15)) await suffer(scene, 'camera', camera, CAMERA_TROUBLE, () => camera.fault('well'))
    else {
      const code = newCode(random, n)
      const picture = await bwipjs.toBuffer({ bcid: random.pick(['qrcode', 'code128']), text: code, scale: 4, padding: 10, backgroundcolor: 'FFFFFF' })
      books.sent('camera', code)
      await camera.show(picture)
      await until(`the camera reads ${code}`, () => books.awaited('camera') <= 0)
      await pause(random.between(1000, 10_000))
      await camera.show(undefined)
    }
  }
}

let orders = 0

async function ask({ counter, books, until }: Scene, what: Order): Promise<{ readonly order: string; readonly answer: () => Promise<Answer | undefined> }> {
  const order = `order-${++orders}`
  books.asked(order)
  counter.bridge.send({ type: 'order', order, what, deadlineMs: 5000 })
  const answer = async () => {
    await until(`an answer to ${order}, ${what.do}`, () => books.answer(order) !== undefined)
    return books.answer(order)
  }
  return Promise.resolve({ order, answer })
}

/** How often which trouble comes with a receipt. */
const PRINTER_TROUBLE: Readonly<Record<PrinterFault | 'none' | 'freeze_mid_receipt' | 'cover' | 'unplugged', number>> = {
  none: 24,
  unplugged: 1,
  cover: 1,
  unplug_mid_receipt: 1,
  paper_out_mid_receipt: 1,
  cover_open_mid_receipt: 1,
  freeze_mid_receipt: 1,
  cutter_jam: 1,
  frozen: 1,
  noise: 1,
  half_answer: 1,
  wrong_status: 1,
  status_storm: 1,
  slow: 1,
}

/** Prints, and lets happen what happens to printers; somebody always comes and puts it right. */
export async function print(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver, until, untilReady } = scene
  const { printer, bridge } = counter
  for (let n = 1; !isOver(); n++) {
    await pause(random.between(10_000, 40_000))
    const trouble = random.weighted(PRINTER_TROUBLE)
    if (trouble !== 'none') books.trouble()
    if (trouble === 'cover') printer.setCover(true)
    else if (trouble === 'unplugged') printer.unplug()
    else if (trouble === 'freeze_mid_receipt') printer.mishapAfter(random.between(1, 6), 'lines', 'freeze')
    else if (trouble !== 'none') await printer.fault(trouble)
    const job = jobId(n)
    books.asked(job)
    bridge.send({ type: 'print', job, document: receiptOf(job, random), deadlineMs: 3000 })
    await until(`a result of ${job}, ${trouble}`, () => books.answer(job) !== undefined)
    if (trouble === 'none') continue
    await pause(random.between(1000, 10_000))
    // A jam is cleared through the open cover; what froze or crawls is switched off and on.
    if (trouble === 'cutter_jam') printer.setCover(true)
    if (printer.coverOpen) printer.setCover(false)
    if (printer.paper === 'out') printer.setPaper('ok')
    if (['freeze_mid_receipt', 'frozen', 'half_answer', 'slow'].includes(trouble)) printer.restart()
    if (!printer.plugged) await printer.replug()
    await untilReady('printer')
  }
}

function receiptOf(job: string, random: Random): PrintBlock[] {
  const items = Array.from(
    { length: random.between(1, 12) },
    (_, at) => ({ kind: 'pair', left: `Item ${at + 1}`, right: `${random.between(1, 99)}.00` }) as const,
  )
  return [{ kind: 'text', text: firstLine(job) }, ...items, { kind: 'rule' }, { kind: 'text', text: lastLine(job) }]
}

/** Counts how often the drawer was kicked against how often the till was told so. */
export async function openDrawer(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver } = scene
  const before = counter.printer.counters().pulses
  const results: Record<Answer['result'], number> = { done: 0, printed: 0, failed: 0, unknown: 0 }
  while (!isOver()) {
    await pause(random.between(20_000, 60_000))
    const { answer } = await ask(scene, { do: 'open_drawer' })
    const result = await answer()
    if (result) results[result.result]++
    counter.printer.pushDrawerShut()
  }
  const kicked = counter.printer.counters().pulses - before
  if (kicked < results.done || kicked > results.done + results.unknown)
    books.broken(`the drawer was kicked ${kicked} times: ${results.done} orders were done and ${results.unknown} are unknown`)
}

const SCALE_TROUBLE: Partial<Record<ScaleFault, Sequel>> = {
  noise: 'anything',
  half_frame: 'anything',
  wrong_checksum: 'anything',
  slow: 'anything',
  frozen: 'anything',
  nak_storm: 'anything',
  unplug_mid_frame: 'anything',
  drifting_zero: 'anything',
}

export async function weigh(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver } = scene
  const { scale } = counter
  while (!isOver()) {
    await pause(random.between(5000, 30_000))
    if (random.chance(0.05)) await pull(scene, 'scale', scale)
    else if (random.chance(0.1)) await suffer(scene, 'scale', scale, SCALE_TROUBLE, () => scale.press('zero'))
    else {
      const milli = 10 * random.between(5, 1000)
      scale.put(milli)
      const { order, answer } = await ask(scene, { do: 'weigh', unitMinor: random.between(1, 5000) })
      const weighed = await answer()
      const weight = weighed?.type === 'order_result' ? weighed.weight : undefined
      if (weighed?.result === 'done' ? weight?.milli !== milli : weighed?.result !== undefined)
        books.broken(`${order}: ${milli} g lay on the scale; it is ${weighed?.result}, ${weight?.milli ?? weighed?.code}`)
      scale.put(0)
      if (random.chance(0.2)) await (await ask(scene, { do: 'zero' })).answer()
    }
  }
}

/** Not `garbled`: a display says nothing, and only the customer would see it. */
const DISPLAY_TROUBLE = ['noise', 'slow', 'frozen', 'unplug_mid_frame'] as const satisfies readonly DisplayFault[]

/** The customer sees the line that was shown last, whatever happened to the display meanwhile. */
export async function show(scene: Scene): Promise<void> {
  const { counter, books, random, pause, isOver, until, untilReady } = scene
  const { display } = counter
  for (let n = 1; !isOver(); n++) {
    await pause(random.between(500, 4000))
    if (random.chance(0.03)) await pull(scene, 'display', display)
    const trouble = random.chance(0.05) ? random.pick(DISPLAY_TROUBLE) : undefined
    if (trouble) {
      books.trouble()
      await display.fault(trouble)
    }
    const text = `Item ${n}`
    const { answer } = await ask(scene, { do: 'show', lines: [text, 'Total 1.00'] })
    await answer()
    if (trouble === 'unplug_mid_frame') await until('the display loses its plug', () => !display.plugged)
    if (trouble === 'slow' || trouble === 'frozen') display.unplug()
    if (trouble && trouble !== 'noise') await until('display: absent when it is unplugged', () => counter.bridge.health('display')?.state !== 'ready')
    await putBack(scene, display)
    await untilReady('display')
    if (trouble || random.chance(0.1))
      await until(`“${text}” on the display after ${trouble ?? 'nothing'}`, () => display.lines().some((line) => line.includes(text)))
  }
}
