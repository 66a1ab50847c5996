import { expect, test } from 'vitest'
import type { CustomerView, ToCustomer } from '#protocol/till-api/customer.ts'
import { handTimers } from '../test-view.ts'
import type { Dial } from '../api/dialling.ts'
import { createFeed, fromSocket, readForCustomer } from './feed.ts'

const view: CustomerView = { shop: 'Corner Shop', currency: 'EUR', stage: { name: 'idle' }, lines: [], totalMinor: 0, itemCount: 0 }

test('outlives a restart of the core: what was shown stays, marked, until a new view comes', () => {
  const timers = handTimers()
  const dials: Parameters<Dial>[0][] = []
  const sent: string[] = []
  const dial: Dial = (on) => {
    dials.push(on)
    return { send: (text) => sent.push(text), close: () => {} }
  }
  const feed = createFeed(fromSocket(dial, timers))
  const say = (message: ToCustomer) => dials.at(-1)?.text(JSON.stringify(message))
  dials[0]?.opened()
  say({ type: 'slides', slides: [] })
  say({ type: 'view', view })
  expect(feed.get()).toMatchObject({ view, isAway: false })
  dials[0]?.closed()
  expect(feed.get()).toMatchObject({ view, isAway: true })
  timers.runNext()
  dials[1]?.opened()
  say({ type: 'core', state: 'up' })
  expect(feed.get().isAway).toBe(true)
  say({ type: 'view', view: { ...view, shop: 'Other' } })
  expect(feed.get()).toMatchObject({ view: { shop: 'Other' }, isAway: false })
  expect(sent).toEqual([])
})

test('a page with an old token says so, and no more than that', () => {
  const timers = handTimers()
  const dials: Parameters<Dial>[0][] = []
  const feed = createFeed(
    fromSocket((on) => {
      dials.push(on)
      return { send: () => {}, close: () => {} }
    }, timers),
  )
  for (let attempt = 0; attempt < 3; attempt++) {
    dials.at(-1)?.closed()
    timers.runNext()
  }
  expect(feed.get().isShutOut).toBe(true)
})

test.each(['', 'null', '{}', '{"type":"outcome"}', '{"type":"catalogue"}', '[1'])('%j is no message for a customer', (text) => {
  expect(readForCustomer(text)).toBeUndefined()
})
