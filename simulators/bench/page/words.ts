import type { LogSource, PowerState, ScannerFault } from '../contract.ts'

/** Every word of the page, and how it writes numbers and times. */
export const locale = 'en-GB'

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
    hint: 'Click a product to scan it.',
    empty: 'The catalogue is empty.',
    scan: 'Scan',
  },

  till: {
    title: 'The till',
    open: 'Open the till',
    apart: 'The till’s screen is in its own window.',
    screen: 'Screen of the till',
    cut: 'Cut the power',
    power: { on: 'Running', coming_back: 'Power cut. Coming back by itself' } satisfies Record<PowerState, string>,
    dark: 'No power',
    darkHint: 'The core and the bridge were killed. They come back by themselves, to the same basket.',
  },

  scanner: {
    title: 'Scanner',
    plugged: 'Plugged in',
    unplugged: 'Unplugged',
    label: 'Text to scan',
    placeholder: 'Type anything and scan it',
    scan: 'Scan',
    faults: 'Faults of the scanner',
    fault: { garbage: 'Line noise', half_frame: 'Half a code', unplug_mid_frame: 'Unplug mid-code' } satisfies Record<ScannerFault, string>,
    unplug: 'Unplug',
    plug: 'Plug in',
  },

  printer: {
    title: 'Receipt printer',
    ready: 'Ready',
    unplugged: 'Unplugged',
    noPaper: 'Out of paper',
    coverOpen: 'Cover open',
    controls: 'Controls of the printer',
    takePaper: 'Paper out',
    givePaper: 'New roll',
    openCover: 'Open cover',
    closeCover: 'Close cover',
    unplug: 'Unplug',
    plug: 'Plug in',
    empty: 'Receipts come out here.',
    receipt: (n: number) => `Receipt ${n}`,
    enlarge: (n: number) => `Receipt ${n}: show it large`,
    close: 'Close',
  },

  cable: {
    title: 'Network cable',
    plugged: 'Plugged in',
    pulled: 'Pulled',
    pull: 'Pull the cable',
    plug: 'Plug it in',
    pluggedHint: 'Every payment reaches the hub at once.',
    pulledHint: 'Nothing gets through; the till is alone.',
    till: 'Till',
    hub: 'Hub',
  },

  phone: {
    title: 'Customer’s phone',
    screen: 'The customer’s phone with its wallet',
    alone: 'Own page',
    hold: 'Hold the phone before the scanner',
    blank: 'The phone shows no code now',
    tillAsks: 'The till waits for the phone.',
    others: 'Other phones',
    other: (wallet: string) => `Hold phone ${wallet}`,
  },

  log: {
    title: 'What happened',
    empty: 'Nothing yet. Scan a product to begin.',
    sources: { scanner: 'Scanner', phone: 'Phone', printer: 'Printer', cable: 'Cable', power: 'Power', till: 'Till', hub: 'Hub' } satisfies Record<
      LogSource,
      string
    >,
  },

  fault: { title: 'This page has a fault', hint: 'The shop itself is not affected.', reload: 'Load the page again' },
} as const
