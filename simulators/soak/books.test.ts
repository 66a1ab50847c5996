import { describe, expect, it } from 'vitest'
import { firstLine, jobId, lastLine, openBooks } from './books.ts'

const scan = (n: number, text: string) => ({ type: 'scan', device: 'scanner', n, text }) as const

describe('the books of a soak', () => {
  it('are in order when everything came once, in its order', () => {
    const books = openBooks()
    for (const [at, text] of ['a1', 'b2', 'c3'].entries()) {
      books.sent('scanner', text)
      books.heard(scan(at + 1, text))
    }
    expect(books.awaited('scanner')).toBe(0)
    expect(books.audit()).toMatchObject({ metrics: { scans: 3, lost: 0, doubled: 0 }, broken: [] })
  })

  it.each([
    ['lost', ['a1', 'b2'], ['a1'], { lost: 1, doubled: 0 }],
    ['doubled', ['a1'], ['a1', 'a1'], { lost: 0, doubled: 1 }],
    ['made up', [], ['a1'], { lost: 0, doubled: 1 }],
    ['out of order', ['a1', 'b2'], ['b2', 'a1'], { lost: 0, doubled: 0 }],
  ])('show a scan that was %s', (_, sent, heard, metrics) => {
    const books = openBooks()
    for (const text of sent) books.sent('scanner', text)
    for (const [at, text] of heard.entries()) books.heard(scan(at + 1, text))
    const { metrics: found, broken } = books.audit()
    expect(found).toMatchObject(metrics)
    expect(broken).toHaveLength(1)
  })

  it('show a gap in the numbers, and a part of a code that broke off', () => {
    const books = openBooks()
    books.brokeOff('scanner', '4006381')
    books.ignore('scanner', (text) => text === 'noise')
    books.heard(scan(1, 'noise'))
    books.heard(scan(3, '400638'))
    expect(books.audit().broken.join('\n')).toMatch(/scan 3 came behind 1[^]*part of 4006381/)
  })

  it.each([
    ['printed', 1, 1, true],
    ['printed', 1, 0, false],
    ['printed', 0, 0, false],
    ['printed', 2, 2, false],
    ['failed', 0, 0, true],
    ['failed', 1, 0, false],
    ['unknown', 1, 1, true],
    ['unknown', 0, 0, true],
    ['unknown', 2, 1, false],
  ] as const)('hold a job that is %s to what lies on the counter (begun %i, ended %i)', (result, begun, ended, isRight) => {
    const books = openBooks()
    const job = jobId(1)
    books.asked(job)
    books.heard({ type: 'print_result', job, result })
    books.receipt([...Array.from({ length: begun }, () => firstLine(job)), ...Array.from({ length: ended }, () => lastLine(job))].join('\n'))
    expect(books.audit().broken).toHaveLength(isRight ? 0 : 1)
    expect(books.audit().metrics.printed_twice).toBe(begun > 1 || ended > 1 ? 1 : 0)
  })

  it('show what was never answered, or more than once, or without being asked', () => {
    const books = openBooks()
    books.asked('order-1')
    books.asked('order-2')
    for (const order of ['order-2', 'order-2', 'order-3']) books.heard({ type: 'order_result', order, result: 'done' })
    const { metrics, broken } = books.audit()
    expect(metrics).toMatchObject({ orders: 2, unanswered: 1 })
    expect(broken).toHaveLength(3)
  })
})
