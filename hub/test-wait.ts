import { vi } from 'vitest'

/** Waits until `check` passes: machines that test may be slow, so nothing but a failure takes this long. */
export const until = <T>(check: () => T | Promise<T>, { interval = 20 } = {}): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval })
