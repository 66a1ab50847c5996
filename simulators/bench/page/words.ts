import { faultWords } from '../fault-words.ts'
import type { BankMood, BenchDevice, LogSource, PowerState, Reader } from '../contract.ts'

/** Every word of the page, and how it writes numbers and times. */
export const locale = 'en-GB'

const devices = {
  scanner: 'Hand scanner',
  hid_scanner: 'Desk scanner',
  card_reader: 'Card reader',
  printer: 'Printer',
  scale: 'Scale',
  display: 'Customer display',
  camera: 'Camera',
} satisfies Record<BenchDevice, string>

export const words = {
  name: 'Stillpoint',
  role: 'Bench',
  connecting: 'Connecting to the bench',
  connectingHint: 'This page fills itself as soon as the bench answers.',
  lost: 'The bench does not answer. What you see may be old.',
  noAnswer: 'The bench did not answer.',
  console: 'Hub console',
  opensNew: 'opens in a new tab',

  shelf: {
    title: 'Shelf',
    empty: 'The catalogue is empty.',
    scan: 'Scan',
    readWith: 'Read with',
    readers: { scanner: 'Hand', hid_scanner: 'Desk', camera: 'Camera' } satisfies Record<Reader, string>,
    label: 'Text to scan',
    placeholder: 'Any other code',
    weighed: (unit: string) => `/ ${unit}`,
  },

  till: {
    title: 'The till',
    open: 'Open the till',
    apart: 'The till’s screen is in its own window.',
    screen: 'Screen of the till',
    cut: 'Cut the power',
    power: { on: 'Running', coming_back: 'Coming back' } satisfies Record<PowerState, string>,
    dark: 'No power',
    darkHint: 'The core and the bridge were killed. They come back by themselves, to the same basket.',
  },

  device: {
    names: devices,
    ready: 'Ready',
    unplugged: 'Unplugged',
    unplug: 'Unplug',
    plug: 'Plug in',
    more: (device: BenchDevice) => `${devices[device]}: what can go wrong`,
    fault: faultWords,
  },

  printer: {
    ready: 'Ready',
    noPaper: 'Out of paper',
    nearEnd: 'Paper nearly out',
    coverOpen: 'Cover open',
    takePaper: 'Paper out',
    lessPaper: 'Paper nearly out',
    givePaper: 'New roll',
    openCover: 'Open cover',
    closeCover: 'Close cover',
    receipt: (n: number) => `Receipt ${n}`,
    enlarge: (n: number) => `Receipt ${n}: show it large`,
    older: 'Older',
    newer: 'Newer',
    close: 'Close',
  },

  drawer: {
    title: 'Cash drawer',
    open: 'Open',
    shut: 'Shut',
    push: 'Push it shut',
    key: 'Open with the key',
  },

  display: { shows: (text: string) => `The customer reads: ${text}` },

  scale: {
    shows: 'On the scale',
    slider: 'How much lies on the scale',
    take: 'Take it off',
    over: '- - - - -',
    zero: 'Zero',
    tare: 'Tare',
    put: (name: string, weight: string) => `Put ${name} on the scale, ${weight}`,
  },

  cards: {
    title: 'Test cards',
    swipe: (name: string, ending: string) => `Swipe ${name}, ending in ${ending}`,
  },

  bank: {
    title: 'The cards’ bank',
    endDay: 'End the hub’s bank’s day',
    moods: {
      approves: 'approves',
      no_money: 'says: no money',
      card_stopped: 'says: stolen',
      silent: 'does not answer',
    } satisfies Record<BankMood, string>,
  },

  camera: {
    sees: 'Held before the camera',
    nothing: 'Sees nothing now',
    watching: 'Watching',
  },

  lanes: {
    title: 'Lanes',
    hub: 'Hub',
    edge: 'Edge',
    pull: (lane: string, to: string) => `${lane}: pull the cable to the ${to}`,
    plug: (lane: string, to: string) => `${lane}: plug the cable to the ${to} in again`,
    waiting: 'Not at the hub',
    alone: 'On it alone',
    killEdge: 'Kill the edge',
  },

  cable: {
    title: 'Network cable',
    plugged: 'Plugged in',
    pulled: 'Pulled',
    pull: 'Pull the cable',
    plug: 'Plug it in',
    hub: 'Hub',
  },

  phone: {
    title: 'Customer’s phone',
    screen: 'The customer’s phone with its wallet',
    alone: 'Own page',
    abroad: 'A phone in yuan',
    hold: {
      scanner: 'Hold the phone before the scanner',
      hid_scanner: 'Hold it before the desk scanner',
      camera: 'Hold the phone before the camera',
    } satisfies Record<Reader, string>,
    blank: 'The phone shows no code now',
    tillAsks: 'The till waits for the phone.',
    other: (wallet: string) => `Hold phone ${wallet}`,
  },

  log: {
    title: 'What happened',
    empty: 'Nothing yet. Scan a product to begin.',
    sources: {
      ...devices,
      display: 'Display',
      drawer: 'Drawer',
      phone: 'Phone',
      cable: 'Cable',
      power: 'Power',
      till: 'Till',
      hub: 'Hub',
    } satisfies Record<LogSource, string>,
  },

  fault: { title: 'This page has a fault', hint: 'The shop itself is not affected.', reload: 'Load the page again' },
} as const
