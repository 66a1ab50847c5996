import { unreachable } from '#protocol/outcome.ts'
import type { Act, Refusal, ScannerFault } from './contract.ts'
import type { Phones } from './phones.ts'
import type { BenchPorts } from './ports.ts'

/** Text that is worth a log line: a product's number. Anything else is said by its length, since it may be a payment code. */
const readable = (text: string): string => (/^[\d ]{1,20}$/.test(text) ? text : `${text.length} characters`)

const faultTexts: Readonly<Record<ScannerFault, string>> = {
  garbage: 'Noise on the line: bytes that are no code',
  half_frame: 'A code that broke off half way',
  unplug_mid_frame: 'Scanner unplugged in the middle of a code',
}

/** Does what was pressed, and writes it down; or says why it makes no sense now. */
export function perform(ports: BenchPorts, phones: Phones, done: Act): Refusal | undefined {
  const { scanner, printer, cable, log } = ports
  switch (done.act) {
    case 'scan':
      if (!scanner.plugged) return unplugged(ports)
      scanner.scan(done.text)
      log.add('scanner', `Scanned ${productName(ports, done.text) ?? readable(done.text)}`)
      return undefined
    case 'scanner_fault':
      if (!scanner.plugged) return unplugged(ports)
      scanner.fault(done.kind)
      log.add('scanner', faultTexts[done.kind])
      return undefined
    case 'scanner_plug':
      scanner.plug(done.plugged)
      log.add('scanner', done.plugged ? 'Scanner plugged in' : 'Scanner unplugged')
      return undefined
    case 'hold_phone':
      return holdPhone(ports, phones.screen(done.wallet))
    case 'printer_paper':
      printer.setPaper(done.paper)
      log.add('printer', done.paper ? 'New paper roll' : 'Out of paper')
      return undefined
    case 'printer_cover':
      printer.setCover(done.open)
      log.add('printer', done.open ? 'Printer cover opened' : 'Printer cover closed')
      return undefined
    case 'printer_plug':
      printer.plug(done.plugged)
      log.add('printer', done.plugged ? 'Printer plugged in' : 'Printer unplugged')
      return undefined
    case 'cable':
      if (done.pulled === cable.pulled) return undefined
      if (done.pulled) cable.pull()
      else cable.plug()
      log.add('cable', done.pulled ? 'Network cable pulled: nothing gets through' : 'Network cable plugged in again')
      return undefined
    case 'cut_power':
      if (ports.power.state !== 'on') return { say: 'The power is out already; the till is coming back.' }
      log.add('power', 'Power cut: core and bridge killed')
      ports.power.cut()
      return undefined
    default:
      return unreachable(done)
  }
}

function holdPhone(ports: BenchPorts, text: string | undefined): Refusal | undefined {
  if (text === undefined) return { say: 'The phone shows nothing to scan.' }
  if (!ports.scanner.plugged) return unplugged(ports)
  ports.scanner.scan(text)
  ports.log.add('phone', 'Phone held before the scanner')
  return undefined
}

const unplugged = ({ log }: BenchPorts): Refusal => {
  log.add('scanner', 'Nothing happened: the scanner is unplugged')
  return { say: 'The scanner is unplugged.' }
}

const productName = ({ products }: BenchPorts, text: string): string | undefined => products.find(({ gtin }) => gtin === text)?.name
