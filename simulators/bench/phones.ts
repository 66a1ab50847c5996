import type { Clock, EpochMs } from '#protocol/time.ts'

/** What the screens of the simulated phones show, so that the scanner can be held before one. Bounded: the phone that changed longest ago goes. */
export const MAX_PHONES = 8

export type Phones = {
  /** Null is a screen with nothing to scan on it. */
  show(wallet: string, text: string | null): void
  /** Without a wallet: the phone that changed last. */
  screen(wallet?: string): string | undefined
  /** The one that changed last first. */
  list(): { wallet: string; at: EpochMs }[]
}

export function phones(clock: Clock): Phones {
  /** In the order of their last change. */
  const screens = new Map<string, { readonly text: string; readonly at: EpochMs }>()
  return {
    show(wallet, text) {
      screens.delete(wallet)
      if (text === null) return
      screens.set(wallet, { text, at: clock.now() })
      const oldest = screens.size > MAX_PHONES ? screens.keys().next().value : undefined
      if (oldest !== undefined) screens.delete(oldest)
    },
    screen: (wallet) => (wallet === undefined ? [...screens.values()].at(-1) : screens.get(wallet))?.text,
    list: () => Array.from(screens, ([wallet, { at }]) => ({ wallet, at })).toReversed(),
  }
}
