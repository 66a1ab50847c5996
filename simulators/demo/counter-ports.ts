import { systemTimers } from '#protocol/node/clock.ts'
import { invariant } from '#protocol/outcome.ts'
import { SECOND } from '#protocol/time.ts'
import type { CameraPort, CardReaderPort, CounterPorts, PluggedPort, PrinterPort, ScalePort } from '../bench/ports.ts'
import { receiptSvg } from '../device/receipt-svg.ts'
import { testCard, testCards } from '../device/test-cards.ts'
import { codePicture } from './code-picture.ts'
import type { Counter } from './counter.ts'

/** The devices as the bench's page works them. */
export function counterPorts(counter: Counter, changed: () => void): CounterPorts {
  const { scanner, hidScanner, cardReader, printer, scale, display, camera } = counter
  // What a device could not do, such as taking its port again, is a line in the log: the page goes on.
  const trying = (source: Parameters<Counter['log']['add']>[0], work: Promise<unknown>): void => {
    work.then(changed, (error: unknown) => counter.log.add(source, `It did not work: ${error instanceof Error ? error.message : String(error)}`))
  }
  const plugged = <Kind extends string>(source: keyof CounterPorts['devices'], device: Pluggable<Kind>): PluggedPort => ({
    get plugged() {
      return device.plugged
    },
    faults: device.faults,
    plug(wanted) {
      if (wanted) return trying(source, device.replug())
      device.unplug()
      changed()
    },
    fault(kind) {
      const known = device.faults.find((one) => one === kind)
      invariant(known !== undefined, 'only a fault that is listed is asked for')
      trying(source, device.fault(known))
    },
  })
  const aimOf = (text: string) => (/^\d{13}$/.test(text) ? { aim: ']E0' } : {})
  return {
    devices: {
      scanner: plugged('scanner', scanner),
      hid_scanner: plugged('hid_scanner', hidScanner),
      card_reader: plugged('card_reader', cardReader),
      printer: plugged('printer', printer),
      scale: plugged('scale', scale),
      display: plugged('display', display),
      camera: plugged('camera', camera),
    },
    scanner: { scan: (text) => trying('scanner', scanner.scan(text, aimOf(text))) },
    hidScanner: { scan: (text) => trying('hid_scanner', hidScanner.scan(text, aimOf(text))) },
    cardReader: cardReaderPort(cardReader, (work) => trying('card_reader', work)),
    printer: printerPort(printer, changed),
    drawer: {
      get open() {
        return printer.drawerOpen
      },
      set(open) {
        if (open) printer.openDrawerByKey()
        else printer.pushDrawerShut()
        changed()
      },
    },
    scale: scalePort(scale, changed),
    display: {
      get lines() {
        return display.lines()
      },
    },
    camera: cameraPort(camera, (work) => trying('camera', work)),
  }
}

type Pluggable<Kind extends string> = {
  readonly plugged: boolean
  readonly faults: readonly Kind[]
  fault(kind: Kind): Promise<void>
  unplug(): void
  replug(): Promise<void>
}

const cardReaderPort = (reader: Counter['cardReader'], trying: (work: Promise<unknown>) => void): CardReaderPort => ({
  cards: testCards.map(({ name, pan, expiry }) => ({ name, expiry, ending: pan.slice(-4) })),
  swipe: (name) => trying(reader.swipe(testCard(name))),
})

const printerPort = (printer: Counter['printer'], changed: () => void): PrinterPort => ({
  get paper() {
    return printer.paper
  },
  get coverOpen() {
    return printer.coverOpen
  },
  get receipts() {
    return printer.receipts
  },
  receiptSvg: (n) => {
    const printed = printer.receipts.find((receipt) => receipt.n === n)
    return printed === undefined ? undefined : receiptSvg(printed.receipt)
  },
  setPaper: (paper) => {
    printer.setPaper(paper)
    changed()
  },
  setCover: (open) => {
    printer.setCover(open)
    changed()
  },
})

const scalePort = (scale: Counter['scale'], changed: () => void): ScalePort => ({
  get milli() {
    return scale.milli
  },
  get tareMilli() {
    return scale.tareMilli
  },
  unit: 'kg',
  get shows() {
    return scale.view()
  },
  put: (milli) => {
    scale.put(milli)
    changed()
  },
  press: (key) => {
    scale.press(key)
    changed()
  },
})

/** As long as somebody holds a thing before a camera until it beeps. */
const HOLD = 4 * SECOND

function cameraPort(camera: Counter['camera'], trying: (work: Promise<unknown>) => void): CameraPort {
  let holding: { readonly n: number; readonly png: Uint8Array } | undefined
  let shown = 0
  let takeAway = (): void => {}
  const hold = async (text: string): Promise<void> => {
    const png = await codePicture(text)
    takeAway()
    holding = { n: ++shown, png }
    takeAway = systemTimers.after(HOLD, () => {
      holding = undefined
      trying(camera.show(undefined))
    })
    await camera.show(png)
  }
  return {
    get held() {
      return holding?.n ?? null
    },
    picture: (n) => (holding?.n === n ? holding.png : undefined),
    hold: (text) => trying(hold(text)),
  }
}
