import { describe, expect, test } from 'vitest'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command, TillApi } from '#protocol/till-api/api.ts'
import { testView } from '../test-view.ts'
import { createSession, type Answer } from './session.ts'

type Message = Parameters<Parameters<TillApi['onMessage']>[0]>[0]

function setUp() {
  const sent: Command[] = []
  const answers: ((outcome: Outcome<null>) => void)[] = []
  const told: Answer[] = []
  let deliver: (message: Message) => void = () => {}
  const session = createSession({
    api: {
      send: (command) => {
        sent.push(command)
        return new Promise((resolve) => answers.push(resolve))
      },
      onMessage: (listener) => {
        deliver = listener
        return () => {}
      },
    },
    clock: { now: () => 1000 },
    newId: () => '01890a5d-ac96-774b-bcce-b302099a8057',
    onTold: (answer) => told.push(answer),
  })
  return { session, sent, told, deliver: (message: Message) => deliver(message), answer: (outcome: Outcome<null>) => answers.shift()?.(outcome) }
}

const view = { type: 'view', view: testView() } as const

describe('session', () => {
  test('draws the last view and its catalogue', () => {
    const { session, deliver } = setUp()
    expect(session.get().core).toBe('starting')
    deliver({ type: 'catalogue', categories: [], products: [] })
    deliver(view)
    deliver({ type: 'view', view: testView({ revision: 2 }) })
    expect(session.get()).toMatchObject({ core: 'up', view: { revision: 2 }, viewAt: 1000 })
  })

  test('a page that is shut out says so, until a view comes after all', () => {
    const { session, deliver } = setUp()
    session.shutOut()
    expect(session.get().core).toBe('shut_out')
    deliver(view)
    expect(session.get().core).toBe('up')
    session.shutOut()
    expect(session.get().core).toBe('up')
  })

  test('keeps the last basket while the core is away, until a view says that it is back', () => {
    const { session, deliver } = setUp()
    deliver(view)
    deliver({ type: 'core', state: 'restarting' })
    expect(session.get()).toMatchObject({ core: 'restarting', view: view.view })
    deliver({ type: 'core', state: 'up' })
    expect(session.get().core).toBe('restarting')
    deliver(view)
    expect(session.get().core).toBe('up')
  })

  test('a scan while the core is away is not sent, now or later, and the person is told', async () => {
    const { session, deliver, sent, told } = setUp()
    deliver(view)
    deliver({ type: 'core', state: 'restarting' })
    await session.command({ type: 'scan', text: '96385074' })
    await session.command({ type: 'takePayment' })
    deliver(view)
    expect(sent).toEqual([])
    expect(told).toEqual([{ kind: 'scan_in_restart' }])
    expect(session.get().answer).toEqual({ kind: 'scan_in_restart' })
  })

  test('a scan whose answer was lost with the core is told as well', async () => {
    const { session, deliver, answer } = setUp()
    deliver(view)
    const done = session.command({ type: 'scan', text: '96385074' })
    answer(fail('till.core_restarting'))
    await done
    expect(session.get().answer).toEqual({ kind: 'scan_in_restart' })
  })

  test('a refusal stays until something succeeds', async () => {
    const { session, deliver, answer } = setUp()
    deliver(view)
    const refused = session.command({ type: 'scan', text: '96385074' })
    answer(fail('sale.unknown_product'))
    await refused
    expect(session.get().answer).toEqual({ kind: 'error', code: 'sale.unknown_product' })
    const taken = session.command({ type: 'scan', text: '4006381333931' })
    answer(ok(null))
    await taken
    expect(session.get().answer).toBeUndefined()
  })

  test('a second press before the answer is the same wish; a second scan is another one', async () => {
    const { session, deliver, answer, sent } = setUp()
    deliver(view)
    const first = session.command({ type: 'takePayment' })
    void session.command({ type: 'takePayment' })
    void session.command({ type: 'scan', text: '96385074' })
    void session.command({ type: 'scan', text: '96385074' })
    expect(sent.map(({ type }) => type)).toEqual(['takePayment', 'scan', 'scan'])
    answer(ok(null))
    await first
    void session.command({ type: 'takePayment' })
    expect(sent).toHaveLength(4)
  })

  test('a refund pressed twice is one, and both presses hear of it; a refund of another dialog is another one', async () => {
    const { session, deliver, answer, sent } = setUp()
    deliver(view)
    const refund = { type: 'refund', refundId: '01890a5d-ac96-774b-bcce-b302099a8101', receiptNumber: 'E0C427-1-000001', amountMinor: 500 } as const
    const presses = [session.ask(refund), session.ask({ ...refund })]
    expect(sent).toHaveLength(1)
    void session.ask({ ...refund, refundId: '01890a5d-ac96-774b-bcce-b302099a8102' })
    expect(sent).toHaveLength(2)
    answer(fail('refund.exceeds_captured'))
    expect(await Promise.all(presses)).toEqual([fail('refund.exceeds_captured'), fail('refund.exceeds_captured')])
    // What a dialog asks is told by the dialog.
    expect(session.get().answer).toBeUndefined()
    void session.ask(refund)
    expect(sent).toHaveLength(3)
  })

  test('nothing is asked of a core that is away', async () => {
    const { session, sent } = setUp()
    expect(await session.ask({ type: 'syncNow' })).toEqual(fail('till.core_restarting'))
    expect(sent).toEqual([])
  })

  test('somebody who meant to close the window is told why it stays, until they stay', () => {
    const { session, deliver } = setUp()
    deliver(view)
    expect(session.get().leaving).toBeUndefined()
    deliver({ type: 'leaving' })
    expect(session.get().leaving).toBe(true)
    deliver(view)
    expect(session.get().leaving).toBe(true)
    session.stay()
    expect(session.get().leaving).toBeUndefined()
  })

  test('a listener hears of every change until it stops', () => {
    const { session, deliver } = setUp()
    let changes = 0
    const stop = session.subscribe(() => (changes += 1))
    deliver(view)
    stop()
    deliver(view)
    expect(changes).toBe(1)
  })
})
