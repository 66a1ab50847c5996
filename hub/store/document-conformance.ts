import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paymentRow, testId, type StoreUnderTest } from './conformance.ts'
import type { DocumentRow } from './documents.ts'
import type { HubStore } from './hub-store.ts'

const row = (id: string, over: Partial<DocumentRow> = {}): DocumentRow => ({ id, version: 0, dueAt: undefined, body: `"${id}"`, ...over })

/** What every body of the store does with documents and pages. */
export function documentConformance(name: string, make: () => StoreUnderTest): void {
  describe(`${name}, documents`, () => {
    let store: HubStore
    let made: StoreUnderTest
    beforeEach(() => {
      made = make()
      store = made.open()
    })
    afterEach(async () => {
      await store.close()
      made.clean()
    })
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

    it('keeps them by kind, in order, from either end, page by page', async () => {
      await store.commit({ documents: ['b/2', 'a/3', 'a/1', 'ab/1', 'a/2'].map((id) => row(id)) })
      expect(ids(await store.documents({ prefix: 'a/', limit: 9 }))).toEqual(['a/1', 'a/2', 'a/3'])
      expect(ids(await store.documents({ prefix: 'a/', after: 'a/1', limit: 1 }))).toEqual(['a/2'])
      expect(ids(await store.documents({ prefix: 'a/', limit: 2, newestFirst: true }))).toEqual(['a/3', 'a/2'])
      expect(ids(await store.documents({ prefix: 'a/', after: 'a/2', limit: 9, newestFirst: true }))).toEqual(['a/1'])
      expect(await store.get('documents', ['a/1', 'c/1'])).toEqual([{ id: 'a/1', version: 1, dueAt: undefined, body: '"a/1"' }])
    })

    it('changes and forgets exactly the version that was read, or nothing of the commit', async () => {
      await store.commit({ documents: [row('a/1'), row('a/2')] })
      expect(await store.commit({ documents: [row('a/1')] })).toBe('stale')
      expect(await store.commit({ documents: [row('a/1', { version: 1, body: '2' })] })).toBe('done')
      expect(await store.commit({ documents: [row('a/3')], documentsGone: [{ id: 'a/1', version: 1 }] })).toBe('stale')
      expect(await store.commit({ documentsGone: [{ id: 'a/4', version: 1 }] })).toBe('stale')
      expect(ids(await store.documents({ prefix: 'a/', limit: 9 }))).toEqual(['a/1', 'a/2'])
      expect(await store.commit({ documents: [row('a/3')], documentsGone: [{ id: 'a/1', version: 2 }] })).toBe('done')
      expect(ids(await store.documents({ prefix: 'a/', limit: 9 }))).toEqual(['a/2', 'a/3'])
    })

    it('says which of a kind are due, those longest first', async () => {
      await store.commit({ documents: [row('a/1', { dueAt: 30 }), row('a/2', { dueAt: 10 }), row('a/3'), row('b/1', { dueAt: 5 }), row('a/4', { dueAt: 20 })] })
      expect(ids(await store.documentsDue('a/', 20, 9))).toEqual(['a/2', 'a/4'])
      expect(ids(await store.documentsDue('a/', 99, 1))).toEqual(['a/2'])
      await store.commit({ documents: [row('a/2', { version: 1 })] })
      expect(ids(await store.documentsDue('a/', 20, 9))).toEqual(['a/4'])
    })

    it('pages through payments from the newest, and each keeps its place when it changes', async () => {
      await store.commit({ payments: [5, 6, 7].map((number) => paymentRow(testId(number))) })
      const [newest, second] = await store.paymentsBefore(Number.MAX_SAFE_INTEGER, 2)
      expect([newest?.id, second?.id]).toEqual([testId(7), testId(6)])
      await store.commit({ payments: [paymentRow(testId(5), { version: 1, state: 'CAPTURED' }), paymentRow(testId(8))] })
      expect((await store.paymentsBefore(second?.seq ?? 0, 9)).map(({ id, state }) => [id, state])).toEqual([[testId(5), 'CAPTURED']])
    })
  })
}
