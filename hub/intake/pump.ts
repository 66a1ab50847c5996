/** Work that is done in turns, never two at once: `wake` says that there may be some. */
export interface Pump {
  wake(): void
  /** Resolves when everything that was there is done; rejects if it broke. */
  idle(): Promise<void>
  /** Ends after the turn that is under way; later calls of `wake` do nothing. */
  stop(): Promise<void>
}

/** `turn` answers true when it may have left something. What it throws is a broken invariant, and goes unhandled on purpose. */
export function pump(turn: () => Promise<boolean>): Pump {
  let stopped = false
  let woken = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (woken && !stopped) {
      woken = false
      if (await turn()) woken = true
    }
    running = undefined
  }
  return {
    wake() {
      woken = true
      running ??= run()
    },
    idle: () => running ?? Promise.resolve(),
    async stop() {
      stopped = true
      await running
    },
  }
}
