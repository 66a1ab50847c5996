import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Answer } from './acquirer.ts'
import { answered, begin, caseOf, newCase, nextKind, rowOf, wanting, type CardCase } from './card-case.ts'
import { nextId, START } from '../test-rig.ts'

const card = (over: Partial<CardCase> = {}): CardCase => ({
  ...newCase(
    { id: nextId(), acquirer: 'test', maskedPan: '424242******1111', currency: 'EUR', secret: { is: 'number', sealed: 'x' }, ksn: undefined, wantedMinor: 400 },
    START,
  ),
  ...over,
})
let last = 0
const numbers = () => ({ stan: ++last, rrnFor: (kind: string, nth: number) => `${kind} ${nth}` })
const ask = (from: CardCase): CardCase => begin(from, numbers(), START) ?? from
const hear = (from: CardCase, answer: Answer): CardCase => answered(from, answer, numbers(), START).card
const yes: Answer = { type: 'approved', approvalCode: 'A1B2C3' }
const no: Answer = { type: 'declined', code: '51' }
const silence: Answer = { type: 'silence' }

describe('a payment by card', () => {
  it('is held, captured under what it was held by, refunded in part and then given back', () => {
    const held = hear(ask(card()), yes)
    expect(held).toMatchObject({ has: 'hold', hasMinor: 400, by: { kind: 'authorise', approvalCode: 'A1B2C3' } })
    expect(nextKind(held)).toBeUndefined()
    const capturing = ask(wanting(held, 'money', 400, START))
    expect(capturing.open).toMatchObject({ kind: 'capture', amountMinor: 400, of: held.by })
    const paid = hear(capturing, yes)
    expect(nextKind(paid)).toBeUndefined()
    const refunding = ask(wanting(paid, 'money', 300, START))
    expect(refunding.open).toMatchObject({ kind: 'refund', amountMinor: 100, of: paid.by })
    const rest = hear(refunding, yes)
    expect(rest).toMatchObject({ has: 'money', hasMinor: 300 })
    expect(ask(wanting(rest, 'nothing', 0, START)).open).toMatchObject({ kind: 'refund', amountMinor: 300 })
  })

  it('after silence is reversed, again and again, before anything else is asked', () => {
    const silent = hear(ask(card({ wants: 'money' })), silence)
    expect(silent).toMatchObject({ open: { kind: 'reverse', why: 'no_answer', of: { kind: 'sale' } }, reversingSince: START, has: 'nothing' })
    const again = hear(silent, silence)
    expect(again.open).toEqual(silent.open)
    expect(again.dueAt).toBeGreaterThan(START)
    expect(hear(again, { type: 'declined', code: '96' }).open).toEqual(silent.open)
    const undone = hear(again, { type: 'declined', code: '25' })
    expect(undone).toMatchObject({ open: undefined, has: 'nothing', reversingSince: undefined })
    const anew = ask(undone)
    expect(anew.open?.kind).toBe('sale')
    expect(anew.open?.stan).not.toBe(silent.open?.of?.stan)
  })

  it('that could not be reserved is not asked for a second time, unless it was captured', () => {
    const undone = hear(hear(ask(card()), silence), yes)
    expect(nextKind(undone)).toBeUndefined()
    expect(nextKind(wanting(undone, 'money', 400, START))).toBe('sale')
    expect(nextKind(hear(ask(card()), { type: 'unsent' }))).toBeUndefined()
  })

  it('whose capture was undone is still held: it is captured anew, or given back as well', () => {
    const silent = hear(ask(wanting(hear(ask(card()), yes), 'money', 400, START)), silence)
    const undone = hear(silent, { type: 'declined', code: '25' })
    expect(undone).toMatchObject({ has: 'hold', hasMinor: 400, by: { kind: 'authorise' } })
    expect(nextKind(undone)).toBe('capture')
    const paid = hear(ask(undone), yes)
    const capture = ask(wanting(paid, 'nothing', 0, START))
    expect(capture.open).toMatchObject({ kind: 'reverse', why: 'voided', of: { kind: 'capture' } })
    const hold = ask(hear(capture, yes))
    expect(hold.open).toMatchObject({ kind: 'reverse', of: { kind: 'authorise' } })
    expect(nextKind(hear(hold, yes))).toBeUndefined()
  })

  it('that was refused rests; of one whose capture was refused the hold is given back', () => {
    const refused = hear(ask(card({ wants: 'money' })), no)
    expect(refused).toMatchObject({ wants: 'rest', refusal: '51' })
    expect(nextKind(refused)).toBeUndefined()
    const held = wanting(hear(ask(card()), yes), 'money', 400, START)
    expect(nextKind(hear(ask(held), no))).toBe('reverse')
  })

  it('is stored and read as it is', () => {
    const one = hear(ask(card()), silence)
    expect(caseOf(rowOf(one))).toEqual(one)
    const shredded = card({ secret: undefined })
    expect(caseOf(rowOf(shredded))).toEqual(shredded)
  })
})

/** An acquirer that is right about its own books, behind a line that loses what it likes. */
class Books {
  readonly seen = new Map<number, { readonly sum: number; undone: boolean }>()
  charge(stan: number, sum: number): Answer {
    if (this.seen.get(stan)?.undone === true) return { type: 'declined', code: '94' }
    this.seen.set(stan, { sum, undone: false })
    return yes
  }
  undo(stan: number): Answer {
    const entry = this.seen.get(stan)
    this.seen.set(stan, { sum: entry?.sum ?? 0, undone: true })
    return entry === undefined ? { type: 'declined', code: '25' } : yes
  }
}

it('whatever gets lost: the acquirer has taken exactly what the case says, and never more than once', () => {
  const step = fc.record({
    wants: fc.option(fc.constantFrom('money', 'nothing', 'hold'), { nil: undefined }),
    fate: fc.constantFrom('heard', 'request_lost', 'answer_lost', 'refused', 'unsent', 'killed'),
    minor: fc.integer({ min: 0, max: 400 }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const books = new Books()
      let current = card({ wants: 'money' })
      const answer = (one: CardCase): Answer => {
        if (one.open === undefined) return silence
        if (one.open.kind === 'reverse') return books.undo(one.open.of?.stan ?? 0)
        return books.charge(one.open.stan, one.open.kind === 'refund' ? -one.open.amountMinor : one.open.kind === 'authorise' ? 0 : one.open.amountMinor)
      }
      const turn = (fate: string) => {
        current = current.open === undefined ? ask(current) : current
        if (current.open === undefined) return
        const reply = fate === 'request_lost' || fate === 'killed' || fate === 'refused' || fate === 'unsent' ? silence : answer(current)
        const heard =
          fate === 'answer_lost' || fate === 'request_lost' || fate === 'killed'
            ? silence
            : fate === 'refused'
              ? no
              : fate === 'unsent'
                ? ({ type: 'unsent' } as const)
                : reply
        current = hear(caseOf(rowOf(current)), heard)
      }
      for (const { wants, fate, minor } of steps) {
        // Nobody wants more than there is, once there is some.
        if (wants !== undefined) current = wanting(current, wants, current.has === 'money' ? Math.min(minor, current.hasMinor) : minor, START)
        turn(fate)
        expect([...books.seen.values()].reduce((sum, entry) => sum + (entry.undone ? 0 : entry.sum), 0)).toBeLessThanOrEqual(400)
      }
      for (let calm = 0; calm < 10; calm++) turn('heard')
      const taken = [...books.seen.values()].reduce((sum, entry) => sum + (entry.undone ? 0 : entry.sum), 0)
      expect(taken).toBe(current.has === 'money' ? current.hasMinor : 0)
      expect(current.reversingSince).toBeUndefined()
    }),
    { numRuns: 400 },
  )
})
