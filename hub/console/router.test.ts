import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linkTo, readRoute } from './router.ts'

describe('the console’s addresses', () => {
  it('say the page and what is asked of it', () => {
    const { page, asks } = readRoute('#/postings?place=bank&currency=EUR')
    expect([page, asks.get('place'), asks.get('currency')]).toEqual(['postings', 'bank', 'EUR'])
  })

  it('are the first page where they cannot be read', () => {
    for (const hash of ['', '#', '#payments', '#invitation=abc', '#/../x', '#/<b>']) expect(readRoute(hash).page).toBe('')
  })

  it('read back what was written, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })), (asked) => {
        const { page, asks } = readRoute(linkTo('postings', asked))
        expect(page).toBe('postings')
        expect(new Map(asks.entries())).toEqual(new Map(Object.entries(asked)))
      }),
    )
  })
})
