import { describe, expect, test } from 'vitest'
import type { Command } from '#protocol/till-api/api.ts'
import { testView } from '../test-view.ts'
import { messagesOf } from './messages-of.ts'
import type { Screen } from './session.ts'

function setUp(screen: Pick<Screen, 'answer' | 'view'>) {
  const sent: Command[] = []
  let dismissed = 0
  const messages = messagesOf(screen, {
    command: (command) => {
      sent.push(command)
      return Promise.resolve()
    },
    dismissAnswer: () => (dismissed += 1),
  })
  return { messages, sent, dismissed: () => dismissed }
}

const notices = [
  { id: 'old', code: 'device.paper_out', at: 1 },
  { id: 'new', code: 'sale.unknown_product', at: 2, detail: '4012345678901' },
] as const

describe('messages', () => {
  test('newest first, each with its sentence and what to do', () => {
    const { messages } = setUp({ view: testView({ notices }) })
    expect(messages.map(({ key }) => key)).toEqual(['new', 'old'])
    expect(messages[0]).toMatchObject({ say: 'Not in the catalogue.', detail: '4012345678901', tone: 'note' })
    expect(messages[1]).toMatchObject({ say: 'The printer has no paper.', next: 'Put in a new roll.', tone: 'attention' })
  })

  test('a call for help says what becomes of it, and is taken back there', () => {
    const { messages, sent } = setUp({ view: testView({ notices, help: { at: 1, from: 'cashier', state: 'taken' } }) })
    expect(messages.map(({ key, say }) => [key, say])).toEqual([
      ['new', 'Not in the catalogue.'],
      ['help', 'Somebody sees to it.'],
      ['old', 'The printer has no paper.'],
    ])
    messages[1]?.dismiss()
    expect(sent).toEqual([{ type: 'takeBackCall' }])
  })

  test('after the news come the most severe', () => {
    const more = [
      { id: 'note', code: 'device.garbage', at: 2 },
      { id: 'severe', code: 'device.paper_out', at: 1 },
      { id: 'news', code: 'sale.unknown_product', at: 3 },
    ] as const
    const view = testView({ notices: more })
    expect(setUp({ view }).messages.map(({ key }) => key)).toEqual(['news', 'severe', 'note'])
    const answered = setUp({ view, answer: { kind: 'scan_in_restart' } })
    expect(answered.messages.map(({ key }) => key)).toEqual(['answer', 'severe', 'news', 'note'])
  })

  test('the core forgets a dismissed notice, the screen its own answer', () => {
    const { messages, sent, dismissed } = setUp({ view: testView({ notices: notices.slice(0, 1) }), answer: { kind: 'scan_in_restart' } })
    for (const message of messages) message.dismiss()
    expect(dismissed()).toBe(1)
    expect(sent).toEqual([{ type: 'dismissNotice', notice: 'old' }])
  })

  test('nothing is said twice', () => {
    const view = testView({
      notices,
      tender: { stage: 'awaiting_code', amountMinor: 1, request: 'SPR1:X', boundRequired: false, refused: { code: 'code.expired', n: 1 } },
    })
    expect(setUp({ view, answer: { kind: 'error', code: 'sale.unknown_product' } }).messages).toHaveLength(2)
    expect(setUp({ view, answer: { kind: 'error', code: 'code.expired' } }).messages).toHaveLength(2)
    expect(setUp({ view, answer: { kind: 'error', code: 'sale.unknown_line' } }).messages).toHaveLength(3)
  })
})
