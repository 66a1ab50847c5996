import type { DurationMs, Timers } from '#protocol/time.ts'

/** What is looked at again and again, until all of it stops. */
export function createEvery(timers: Timers): { every(period: DurationMs, run: () => void): void; stop(): void } {
  let cancels: (() => void)[] = []
  return {
    every(period, run) {
      let cancel: () => void = () => undefined
      const again = () => {
        cancel = timers.after(period, () => {
          run()
          again()
        })
      }
      again()
      cancels.push(() => cancel())
    },
    stop() {
      for (const cancel of cancels) cancel()
      cancels = []
    },
  }
}
