import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DenyList, encodeFingerprints } from '#protocol/policy/deny-list.ts'
import type { DenyMessage } from '#protocol/policy/deny-messages.ts'
import { Denied } from './denied.ts'
import type { Change } from './store.ts'

function memory() {
  const kept = new Map<string, string>()
  return {
    kept,
    records: (prefix: string) => new Map([...kept].filter(([name]) => name.startsWith(prefix))),
    commit({ put = {}, remove = [] }: Change) {
      for (const [name, text] of Object.entries(put)) kept.set(name, text)
      for (const name of remove) kept.delete(name)
    },
  }
}

const text = (numbers: readonly number[]) => base64url(encodeFingerprints(DenyList.of(numbers).fingerprints))
const message = (version: number, list: DenyList, content: DenyMessage['content'], issuedAt = version): DenyMessage => ({
  v: 1,
  version,
  size: list.size,
  check: list.check,
  issuedAt,
  content,
})
const partsOf = (list: DenyList, per: number) =>
  Array.from({ length: Math.ceil(list.size / per) }, (_, at) => encodeFingerprints(list.fingerprints.subarray(at * per, (at + 1) * per)))
const whole = (version: number, list: DenyList, per = 3): DenyMessage =>
  message(version, list, { type: 'whole', chunks: partsOf(list, per).map((bytes) => hex(nodeCrypto.sha256(bytes))) })
const delta = (version: number, from: number, list: DenyList, added: readonly number[], removed: readonly number[] = []) =>
  message(version, list, { type: 'delta', from, added: text(added), removed: text(removed) })

const some = DenyList.of([1, 2 ** 34, 2 ** 35, 2 ** 36 + 5, 2 ** 39, 2 ** 40 - 1])

test('a whole list holds when its last part has come, in any order, and is there after a restart', () => {
  const store = memory()
  const denied = new Denied(nodeCrypto, store)
  expect([denied.version, denied.standing]).toEqual([0, undefined])
  expect(denied.take(whole(7, some))).toEqual({ ok: true, value: false })
  const [first, second] = partsOf(some, 3)
  expect(denied.behind).toBe(true)
  expect(denied.takeChunk(second ?? Uint8Array.of())).toEqual({ ok: true, value: false })
  expect(denied.takeChunk(Uint8Array.of(9, 9))).toEqual({ ok: true, value: false })
  expect(denied.wanted).toBe(hex(nodeCrypto.sha256(first ?? Uint8Array.of())))
  expect(denied.takeChunk(first ?? Uint8Array.of())).toEqual({ ok: true, value: true })
  expect([denied.behind, denied.wanted, denied.version, denied.size]).toEqual([false, undefined, 7, 6])
  const again = new Denied(nodeCrypto, store)
  expect(again.standing).toMatchObject({ version: 7, check: some.check, confirmedAt: 7 })
  expect([again.standing?.has(2 ** 39), again.standing?.has(3)]).toEqual([true, false])
})

test('a lost delta is noticed, never skipped, and what comes from the version that is here is taken', () => {
  const denied = new Denied(nodeCrypto, memory())
  denied.take(whole(1, DenyList.empty))
  const [two, three] = [DenyList.of([5]), DenyList.of([5, 6])]
  expect(denied.take(delta(3, 2, three, [6]))).toEqual({ ok: true, value: false })
  expect([denied.behind, denied.version]).toEqual([true, 1])
  expect(denied.take(delta(2, 1, two, [5]))).toEqual({ ok: true, value: true })
  expect(denied.take(delta(3, 2, three, [6]))).toEqual({ ok: true, value: true })
  expect([denied.behind, denied.version, denied.size]).toEqual([false, 3, 2])
  expect(denied.take(delta(2, 1, two, [5]))).toMatchObject({ ok: false, code: 'wire.lower_version' })
})

test('a delta that does not lead to what was signed takes the list away, and all of it is fetched', () => {
  const store = memory()
  const denied = new Denied(nodeCrypto, store)
  denied.take(whole(1, DenyList.empty))
  expect(denied.take(delta(2, 1, DenyList.of([5, 6]), [5]))).toMatchObject({ ok: false })
  expect([denied.version, denied.behind, denied.standing]).toEqual([0, true, undefined])
  expect(new Denied(nodeCrypto, store).version).toBe(0)
})

test('a confirmation moves the time on, and only forward', () => {
  const denied = new Denied(nodeCrypto, memory())
  denied.take(whole(1, DenyList.empty))
  denied.take(message(1, DenyList.empty, { type: 'confirmed' }, 500))
  denied.take(message(1, DenyList.empty, { type: 'confirmed' }, 400))
  expect(denied.standing?.confirmedAt).toBe(500)
})

test('a record that the disk lost or changed is not believed', () => {
  for (const spoil of [(kept: Map<string, string>) => kept.delete('denied/part/63'), (kept: Map<string, string>) => kept.set('denied/part/00', 'Ag')]) {
    const store = memory()
    new Denied(nodeCrypto, store).take(whole(1, DenyList.empty))
    const denied = new Denied(nodeCrypto, store)
    denied.take(delta(2, 1, some, [...some.fingerprints]))
    spoil(store.kept)
    expect(new Denied(nodeCrypto, store).version).toBe(0)
  }
})

test('whatever is lost, doubled or late, the list is always one that was signed, and the newest once the hub has answered', () => {
  const numbers = fc.array(fc.nat({ max: 40 }), { maxLength: 4 })
  fc.assert(
    fc.property(fc.array(fc.record({ added: numbers, removed: numbers }), { minLength: 1, maxLength: 12 }), fc.array(fc.nat()), (changes, picks) => {
      const store = memory()
      const lists = [DenyList.empty]
      const sent = [whole(1, DenyList.empty)]
      for (const { added, removed } of changes) {
        const next = (lists.at(-1) ?? DenyList.empty).changed(DenyList.of(added).fingerprints, DenyList.of(removed).fingerprints)
        lists.push(next)
        sent.push(delta(lists.length, lists.length - 1, next, added, removed))
      }
      let denied = new Denied(nodeCrypto, store)
      for (const pick of picks) {
        const chosen = sent[pick % sent.length]
        if (chosen !== undefined) denied.take(chosen)
        if (pick % 5 === 0) denied = new Denied(nodeCrypto, store)
        expect(denied.standing?.check).toBe(denied.version === 0 ? undefined : lists[denied.version - 1]?.check)
      }
      const newest = lists.at(-1) ?? DenyList.empty
      denied.take(whole(lists.length, newest))
      for (const part of partsOf(newest, 3)) denied.takeChunk(part)
      expect(denied.standing).toMatchObject({ version: lists.length, check: newest.check })
    }),
    { numRuns: 200 },
  )
})
