import { describe, expect, test } from 'vitest'
import { testLine } from '../test-view.ts'
import { createQuantitySteps, MAX_QUANTITY } from './quantity-steps.ts'

function setUp() {
  const sent: number[] = []
  const answers: (() => void)[] = []
  const step = createQuantitySteps((_, quantity) => {
    sent.push(quantity)
    return new Promise((resolve) => answers.push(resolve))
  })
  const answerAll = async () => {
    for (const answer of answers.splice(0)) answer()
    await Promise.resolve()
  }
  return { step, sent, answerAll }
}

describe('quantity steps', () => {
  test('quick presses each count, though the view has not changed yet', () => {
    const { step, sent } = setUp()
    const line = testLine('a', 1)
    step(line, 1)
    step(line, 1)
    step(line, -1)
    expect(sent).toEqual([2, 3, 2])
  })

  test('once answered, the view counts again', async () => {
    const { step, sent, answerAll } = setUp()
    step(testLine('a', 1), 1)
    await answerAll()
    step(testLine('a', 5), 1)
    expect(sent).toEqual([2, 6])
  })

  test('minus stops at one and plus at the most that a line holds', () => {
    const { step, sent } = setUp()
    step(testLine('a', 1), -1)
    step(testLine('b', MAX_QUANTITY), 1)
    expect(sent).toEqual([])
  })
})
