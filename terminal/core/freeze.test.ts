import { describe, expect, it } from 'vitest'
import { FROZEN_AFTER, FreezeWatch, THAW } from './freeze.ts'

describe('a process that stood still', () => {
  const watch = () => {
    let now = 1000
    const freezes = new FreezeWatch(() => now)
    return { freezes, pass: (ms: number) => void (now += ms) }
  }

  it('takes what comes in time, however late a tick is within reason', () => {
    const { freezes, pass } = watch()
    expect(freezes.isStale).toBe(false)
    pass(FROZEN_AFTER)
    expect(freezes.isStale).toBe(false)
  })

  it('takes nothing that was buffered, whether a timer or the input comes first, and goes on after the thaw', () => {
    const { freezes, pass } = watch()
    pass(FROZEN_AFTER + 1)
    expect(freezes.isStale).toBe(true)
    freezes.tick()
    expect(freezes.isStale).toBe(true)
    pass(THAW)
    expect(freezes.isStale).toBe(false)
  })
})
