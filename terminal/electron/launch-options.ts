import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** Handed to the core as they are: its `--help` says what they mean. */
const CORE_OPTIONS = ['http-port', 'hub', 'enrol', 'mqtt'] as const

export type LaunchOptions = {
  /** Absolute. One till: its journal, its keys. Two copies of the program never share one. */
  readonly dataDir: string
  /** Absolute. Undefined: `bridge.json` beside the data, which a new till has yet to get. */
  readonly bridgeConfig: string | undefined
  readonly coreArgs: readonly string[]
  /** From where other releases of the till's core come. */
  readonly feed: string | undefined
  /** Shoppers serve themselves: the window fills the display and cannot be closed by the person in front of it, and the core takes none of a cashier's commands. */
  readonly kiosk: boolean
  /** A window for the customer even where there is no second display for it. */
  readonly customerDisplay: boolean
  /** Developer tools and the remote debugging port, which a packaged till otherwise refuses. */
  readonly devtools: boolean
}

/**
 * `[--data DIR] [--bridge-config FILE] [--feed URL] [--kiosk] [--customer-display] [--devtools]` and the core's own, or STILLPOINT_DATA for the folder.
 * Lenient, because the same command line carries Chromium's own switches.
 */
export function readLaunchOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>, defaultDataDir: string): LaunchOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      data: { type: 'string' },
      'bridge-config': { type: 'string' },
      feed: { type: 'string' },
      kiosk: { type: 'boolean' },
      'customer-display': { type: 'boolean' },
      devtools: { type: 'boolean' },
      ...Object.fromEntries(CORE_OPTIONS.map((name) => [name, { type: 'string' } as const])),
    },
  })
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const bridgeConfig = text(values['bridge-config'])
  return {
    dataDir: resolve(text(values['data']) ?? text(env['STILLPOINT_DATA']) ?? defaultDataDir),
    bridgeConfig: bridgeConfig === undefined ? undefined : resolve(bridgeConfig),
    coreArgs: [
      ...CORE_OPTIONS.flatMap((name) => {
        const value = text(values[name])
        return value === undefined ? [] : [`--${name}`, value]
      }),
      ...(values['kiosk'] === true ? ['--kiosk'] : []),
    ],
    feed: text(values['feed']) ?? text(env['STILLPOINT_FEED']),
    kiosk: values['kiosk'] === true,
    customerDisplay: values['customer-display'] === true,
    devtools: values['devtools'] === true,
  }
}
