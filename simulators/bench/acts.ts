import { unreachable } from '#protocol/outcome.ts'
import type { Act, BankMood, BenchDevice, BenchPaper, LaneCable, Reader, Refusal } from './contract.ts'
import { deviceNames } from './device-names.ts'
import { faultWords } from './fault-words.ts'
import type { Phones } from './phones.ts'
import type { BenchPorts } from './ports.ts'

/** Text that is worth a log line: a product's number. Anything else is said by its length, since it may be a payment code or a card's number. */
const readable = (text: string): string => (/^\d{1,14}$/.test(text) ? text : `${text.length} characters`)

const paperTexts: Readonly<Record<BenchPaper, string>> = { ok: 'New paper roll', near_end: 'Paper is nearly out', out: 'Out of paper' }

const bankWords: Readonly<Record<BankMood, string>> = {
  approves: 'The bank approves again',
  no_money: 'The bank says that cards have no money',
  card_stopped: 'The bank says that cards are stolen',
  silent: 'The bank answers nothing',
}

/** Does what was pressed, and writes it down; or says why it makes no sense now. */
export function perform(ports: BenchPorts, phones: Phones, done: Act): Refusal | undefined {
  const { printer, drawer, scale, log } = ports
  switch (done.act) {
    case 'scan':
      return readCode(ports, 'scanner', done.text)
    case 'hid_scan':
      return readCode(ports, 'hid_scanner', done.text)
    case 'hold_before_camera':
      return readCode(ports, 'camera', done.text)
    case 'hold_phone':
      return holdPhone(ports, phones.screen(done.wallet), done.before ?? 'scanner')
    case 'swipe':
      return swipe(ports, done.card)
    case 'put_on_scale':
      scale.put(done.milli)
      log.add('scale', done.milli === 0 ? 'Scale emptied' : `${(done.milli / 1000).toFixed(3)} ${scale.unit} put on the scale`, 'put')
      return undefined
    case 'press_scale':
      scale.press(done.key)
      log.add('scale', done.key === 'zero' ? 'Zero pressed' : 'Tare pressed')
      return undefined
    case 'printer_paper':
      printer.setPaper(done.paper)
      log.add('printer', paperTexts[done.paper])
      return undefined
    case 'printer_cover':
      printer.setCover(done.open)
      log.add('printer', done.open ? 'Printer cover opened' : 'Printer cover closed')
      return undefined
    case 'drawer':
      // The drawer itself tells when it opens and shuts, by whatever hand.
      drawer.set(done.open)
      return undefined
    case 'plug':
      ports.devices[done.device].plug(done.plugged)
      log.add(done.device, done.plugged ? 'Plugged in' : 'Unplugged')
      return undefined
    case 'fault':
      return fail(ports, done.device, done.kind)
    case 'press_till':
      if (ports.power.state !== 'on') return { say: 'The till is out of power and takes no key.' }
      log.add('till', `Pressed: ${done.key.replaceAll('_', ' ')}`)
      ports.till.press(done.key)
      return undefined
    case 'cable':
      return setCable(ports, done.pulled)
    case 'cut_power':
      if (ports.power.state !== 'on') return { say: 'The power is out already; the till is coming back.' }
      log.add('power', 'Power cut: core and bridge killed')
      ports.power.cut()
      return undefined
    case 'lane_cable':
      return setLaneCable(ports, done.lane, done.to, done.pulled)
    case 'kill_edge':
      if (ports.lanes.length === 0) return { say: 'This shop has one till, and no edge.' }
      log.add('power', 'The store’s edge was killed')
      ports.killEdge()
      return undefined
    case 'end_bank_day':
      ports.endBankDay()
      log.add('hub', 'The hub’s bank ends its day and sends a statement')
      return undefined
    case 'bank':
      ports.bank.become(done.mood)
      log.add('card_reader', bankWords[done.mood])
      return undefined
    default:
      return unreachable(done)
  }
}

function readCode(ports: BenchPorts, reader: Reader, text: string): Refusal | undefined {
  const what = ports.products.find(({ gtin }) => gtin === text)?.name ?? readable(text)
  return read(ports, reader, text, () => ports.log.add(reader, reader === 'camera' ? `Held before it: ${what}` : `Scanned ${what}`))
}

function holdPhone(ports: BenchPorts, text: string | undefined, before: Reader): Refusal | undefined {
  if (text === undefined) return { say: 'The phone shows nothing to scan.' }
  return read(ports, before, text, () => ports.log.add('phone', `Phone held before the ${deviceNames[before]}`))
}

function read(ports: BenchPorts, reader: Reader, text: string, writeDown: () => void): Refusal | undefined {
  if (!ports.devices[reader].plugged) return unplugged(ports, reader)
  const readWith = { scanner: ports.scanner.scan, hid_scanner: ports.hidScanner.scan, camera: ports.camera.hold }
  readWith[reader](text)
  writeDown()
  return undefined
}

function swipe(ports: BenchPorts, name: string): Refusal | undefined {
  if (!ports.cardReader.cards.some((card) => card.name === name)) return { say: `There is no card “${name}”.` }
  if (!ports.devices.card_reader.plugged) return unplugged(ports, 'card_reader')
  ports.cardReader.swipe(name)
  ports.log.add('card_reader', `Swiped ${name}`)
  return undefined
}

function fail(ports: BenchPorts, device: BenchDevice, kind: string): Refusal | undefined {
  const port = ports.devices[device]
  if (!port.faults.includes(kind)) return { say: `The ${deviceNames[device]} has no fault “${kind}”. It has: ${port.faults.join(', ') || 'none'}.` }
  if (!port.plugged) return unplugged(ports, device)
  port.fault(kind)
  ports.log.add(device, faultWords(kind))
  return undefined
}

function setCable({ cable, log }: BenchPorts, pulled: boolean): undefined {
  if (pulled === cable.pulled) return
  if (pulled) cable.pull()
  else cable.plug()
  log.add('cable', pulled ? 'Network cable pulled: nothing gets through' : 'Network cable plugged in again')
}

function setLaneCable({ lanes, log }: BenchPorts, place: number, to: LaneCable, pulled: boolean): Refusal | undefined {
  const lane = lanes[place]
  if (lane === undefined) return { say: 'There is no such till in this shop.' }
  const cable = lane.cables[to]
  if (pulled === cable.pulled) return undefined
  if (pulled) cable.pull()
  else cable.plug()
  log.add('cable', `${lane.name}: cable to the ${to} ${pulled ? 'pulled' : 'plugged in again'}`)
  return undefined
}

const unplugged = ({ log }: BenchPorts, device: BenchDevice): Refusal => {
  log.add(device, 'Nothing happened: it is unplugged')
  return { say: `The ${deviceNames[device]} is unplugged.` }
}
