import { describe, expect, it } from 'vitest'
import type { Order } from '#protocol/device/messages.ts'
import { displayDriver, MAX_RESULTS, SHOW_EVERY, type DisplayState } from './display.ts'
import type { Effect, LineEvent, OrderEvent } from './machine.ts'

/** Runs the driver and keeps what it did. `screens` are the first lines written; what starts a display is left out. */
function start() {
  const driver = displayDriver({ protocol: 'cd5220', columns: 20 })
  let state: DisplayState = driver.start
  const screens: string[] = []
  const results: string[] = []
  let timer: number | undefined
  const take = (effect: Effect): void => {
    if (effect.type === 'send' && effect.bytes[1] === 0x51) screens.push(new TextDecoder().decode(effect.bytes).slice(3, 23).trimEnd())
    else if (effect.type === 'startTimer') timer = effect.after
    else if (effect.type === 'stopTimer') timer = undefined
    else if (effect.type === 'report' && effect.report.type === 'order_result') {
      const { order, result, code } = effect.report
      results.push([order, result, code].filter(Boolean).join(' '))
    }
  }
  const handle = (event: LineEvent | OrderEvent): void => {
    const step = driver.step(state, event)
    state = step.state
    step.effects.forEach(take)
  }
  const order = (id: string, what: Order): void => handle({ type: 'order', order: id, what, deadline: 1000 })
  return {
    screens,
    results,
    order,
    show: (id: string) => order(id, { do: 'show', lines: [id] }),
    open: () => handle({ type: 'opened' }),
    close: () => handle({ type: 'closed', why: 'unplugged' }),
    health: () => driver.health(state),
    pass() {
      expect(timer).toBe(SHOW_EVERY)
      timer = undefined
      handle({ type: 'timer', timer: 'written' })
    },
  }
}

describe('a screen', () => {
  it('is done when it is written, and written once', () => {
    const display = start()
    display.open()
    display.pass()
    display.show('a')
    display.show('a')
    expect(display.screens).toEqual(['', 'a'])
    expect(display.results).toEqual(['a done', 'a done'])
  })

  it('gives way to a later one that came before it could be written', () => {
    const display = start()
    display.open()
    for (const text of ['a', 'b', 'c']) display.show(text)
    expect(display.results).toEqual(['a done', 'b done'])
    display.pass()
    expect(display.screens).toEqual(['', 'c'])
    expect(display.results).toEqual(['a done', 'b done', 'c done'])
    display.pass()
    expect(display.screens).toHaveLength(2)
  })

  it('fails without a line, and stands there when the display is back', () => {
    const display = start()
    display.open()
    display.show('a')
    display.close()
    display.show('b')
    expect(display.results).toEqual(['a failed device.absent', 'b failed device.absent'])
    expect(display.health()).toMatchObject({ state: 'absent', detail: 'unplugged', counters: { failed: 2 } })
    display.open()
    expect(display.screens).toEqual(['', 'b'])
    expect(display.health()).toMatchObject({ state: 'ready' })
  })
})

it('does nothing else', () => {
  const display = start()
  display.open()
  display.order('a', { do: 'open_drawer' })
  expect(display.results).toEqual(['a failed device.unsupported'])
})

it('remembers a bounded number of results', () => {
  const display = start()
  for (let n = 0; n <= MAX_RESULTS; n++) display.show(`${n}`)
  display.open()
  display.pass()
  display.show('1')
  display.show('0')
  expect(display.results.slice(-2)).toEqual(['1 failed device.absent', '0 done'])
})
