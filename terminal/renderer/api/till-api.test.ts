import { describe, expect, test } from 'vitest'
import { ok } from '#protocol/outcome.ts'
import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'
import { handTimers, testView } from '../test-view.ts'
import { ANSWER_WITHIN, createTillApi, MAX_UNANSWERED } from './till-api.ts'

function setUp(accepts = true) {
  const sent: FromScreen[] = []
  const timers = handTimers()
  let deliver: (message: ToScreen) => void = () => {}
  const api = createTillApi({
    timers,
    carrier: {
      send: (message) => {
        if (accepts) sent.push(message)
        return accepts
      },
      onMessage: (listener) => {
        deliver = listener
        return () => {}
      },
    },
  })
  return { api, sent, timers, deliver: (message: ToScreen) => deliver(message) }
}

describe('till api', () => {
  test('each command gets its own answer, in whatever order they come', async () => {
    const { api, sent, deliver } = setUp()
    const first = api.send({ type: 'takePayment' })
    const second = api.send({ type: 'scan', text: '96385074' })
    deliver({ type: 'outcome', id: sent[1]?.id ?? '', outcome: { ok: false, code: 'sale.unknown_product' } })
    deliver({ type: 'outcome', id: sent[0]?.id ?? '', outcome: ok(null) })
    expect(await first).toEqual(ok(null))
    expect(await second).toMatchObject({ ok: false, code: 'sale.unknown_product' })
  })

  test('what cannot be handed over is answered at once and never sent later', async () => {
    const { api, sent } = setUp(false)
    expect(await api.send({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'till.core_restarting' })
    expect(sent).toEqual([])
  })

  test('commands that the core took along when it went down are answered', async () => {
    const { api, deliver, timers } = setUp()
    const pending = api.send({ type: 'scan', text: '96385074' })
    deliver({ type: 'core', state: 'restarting' })
    expect(await pending).toMatchObject({ ok: false, code: 'till.core_restarting' })
    expect(timers.delays).toEqual([])
  })

  test('an answer that never comes is given up', async () => {
    const { api, timers } = setUp()
    const pending = api.send({ type: 'takePayment' })
    expect(timers.delays).toEqual([ANSWER_WITHIN])
    timers.runNext()
    expect(await pending).toMatchObject({ ok: false, code: 'till.core_restarting' })
  })

  test('a core that never answers does not fill the memory', async () => {
    const { api, sent } = setUp()
    for (let i = 0; i < MAX_UNANSWERED; i++) void api.send({ type: 'takePayment' })
    expect(await api.send({ type: 'takePayment' })).toMatchObject({ ok: false })
    expect(sent).toHaveLength(MAX_UNANSWERED)
  })

  test('listeners hear everything but outcomes, until they stop', () => {
    const { api, deliver } = setUp()
    const heard: string[] = []
    const stop = api.onMessage((message) => heard.push(message.type))
    deliver({ type: 'view', view: testView() })
    deliver({ type: 'outcome', id: 'unknown', outcome: ok(null) })
    stop()
    deliver({ type: 'catalogue', categories: [], products: [] })
    expect(heard).toEqual(['view'])
  })
})
