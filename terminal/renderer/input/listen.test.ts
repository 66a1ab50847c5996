import { beforeEach, describe, expect, test } from 'vitest'
import { handTimers } from '../test-view.ts'
import type { Focus } from './keys.ts'
import { listen } from './listen.ts'

class Page extends EventTarget {
  clock = 0
  readonly performance = { now: () => this.clock }
}

/** Dispatched at the page itself, so `closest` on the page plays the element that has the focus. */
class Key extends Event {
  readonly key: string
  readonly repeat: boolean
  readonly ctrlKey = false
  readonly altKey = false
  readonly metaKey = false
  readonly isComposing = false

  constructor(type: 'keydown' | 'keyup', key: string, madeAt: number, repeat = false) {
    super(type, { cancelable: true })
    this.key = key
    this.repeat = repeat
    Object.defineProperty(this, 'timeStamp', { value: madeAt })
  }
}

describe('listen', () => {
  let page: Page
  let timers: ReturnType<typeof handTimers>
  let heard: string[]
  let stage: Focus['stage']

  beforeEach(() => {
    page = new Page()
    timers = handTimers()
    heard = []
    stage = 'none'
    listen(page, timers, {
      stage: () => stage,
      mayBegin: () => heard.push('may begin'),
      scanned: ({ text }) => heard.push(`scan ${text}`),
      unreadable: () => heard.push('unreadable'),
      action: (action, key) => heard.push(action === 'digit' ? key : action),
      typed: () => heard.some((what) => /^\d$/.test(what)),
      discarded: () => heard.push('discarded'),
    })
  })

  const focusOn = (what: string | undefined) =>
    Object.assign(page, { closest: (selector: string) => (what !== undefined && selector.includes(what) ? page : null) })
  const down = (key: string, gap = 5, repeat = false) => {
    page.clock += gap
    const event = new Key('keydown', key, page.clock, repeat)
    page.dispatchEvent(event)
    return event
  }
  const scan = (text: string) => [...text, 'Enter'].map((key) => down(key))

  test('a scan is heard wherever the focus is, and its Enter presses nothing', () => {
    for (const focus of [undefined, 'button', 'input']) {
      heard = []
      focusOn(focus)
      down('x', 500)
      const events = scan('4006381333931')
      expect(heard.filter((what) => what.startsWith('scan'))).toEqual(['scan x4006381333931'])
      expect(events.at(-1)?.defaultPrevented).toBe(true)
    }
  })

  test('a space inside a code does not press the button that has the focus', () => {
    focusOn('button')
    const events = scan('SP1:A B')
    const space = events.find((event) => event.key === ' ')
    expect(space?.defaultPrevented).toBe(true)
    const up = new Key('keyup', ' ', page.clock)
    page.dispatchEvent(up)
    expect(up.defaultPrevented).toBe(true)
  })

  test('a plus inside or at the head of a code changes no quantity', () => {
    scan('++12+4567')
    while (timers.delays.length > 0) timers.runNext()
    expect(heard).toEqual(['may begin', 'scan ++12+4567'])
  })

  test('a plus on its own is a step once it is sure that no code follows', () => {
    down('+', 500)
    expect(heard).toEqual(['may begin'])
    timers.runNext()
    expect(heard).toEqual(['may begin', 'more'])
  })

  test('two pluses, however quick, are two steps', () => {
    down('+', 500)
    down('+', 20)
    while (timers.delays.length > 0) timers.runNext()
    expect(heard).toEqual(['may begin', 'more', 'more'])
  })

  test('Enter waits for the digits before it, and a code that begins like a quantity is none', () => {
    down('1', 500)
    down('2', 120)
    down('Enter', 20)
    expect(heard).toEqual(['may begin', '1', '2', 'setQuantity'])
    heard = []
    page.clock += 500
    scan('4006381333931')
    while (timers.delays.length > 0) timers.runNext()
    expect(heard).toEqual(['may begin', 'scan 4006381333931'])
  })

  test('the Shift of a code’s second character does not hurry its first', () => {
    down('+', 500)
    down('Shift')
    for (const key of ['A', 'B', 'C', 'D', '1', '2', 'Enter']) down(key)
    while (timers.delays.length > 0) timers.runNext()
    expect(heard).toEqual(['may begin', 'scan +ABCD12'])
  })

  test('a burst too short for a code does nothing, and its Enter neither', () => {
    scan('12')
    while (timers.delays.length > 0) timers.runNext()
    expect(heard).toEqual(['may begin'])
  })

  test('a held plus goes on stepping, a held Delete does not', () => {
    down('+', 500, true)
    down('Delete', 500)
    down('Delete', 30, true)
    expect(heard).toEqual(['more', 'remove'])
  })

  test('slow typing in the search field is left alone', () => {
    focusOn('input')
    const events = ['b', 'a', 'n', 'a', 'n', 'a', 'Enter'].map((key) => down(key, 120))
    expect(events.some((event) => event.defaultPrevented)).toBe(false)
    expect(heard.some((what) => what.startsWith('scan'))).toBe(false)
  })

  test('presses that piled up while the screen stood still do nothing and say so; a scan among them counts', () => {
    page.clock = 10_000
    const made = (key: string, at: number) => {
      const event = new Key('keydown', key, at)
      page.dispatchEvent(event)
      return event
    }
    expect(made('F9', 5000).defaultPrevented).toBe(true)
    expect(heard).toEqual(['discarded'])
    heard = []
    let at = 6000
    for (const key of ['9', '6', '3', '8', '5', '0', '7', '4', 'Enter']) made(key, (at += 5))
    expect(heard.filter((what) => what !== 'may begin')).toEqual(['scan 96385074'])
  })

  test('a stale click reaches nothing', () => {
    page.clock = 10_000
    const click = new Event('click', { cancelable: true })
    Object.defineProperty(click, 'timeStamp', { value: 5000 })
    page.dispatchEvent(click)
    expect(click.defaultPrevented).toBe(true)
    expect(heard).toEqual(['discarded'])
  })

  test('a held Enter does not press what comes up under it', () => {
    stage = 'approved'
    expect(down('Enter', 500).defaultPrevented).toBe(true)
    expect(down('Enter', 30, true).defaultPrevented).toBe(true)
    expect(heard).toEqual(['next'])
  })
})
