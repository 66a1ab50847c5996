import { beforeEach, describe, expect, it } from 'vitest'
import { openCounter, salvagedFact, type Counter } from '../test-counter.ts'
import { refund, sale, START } from '../test-rig.ts'
import { base64url, hex } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)

/** The till opens its next epoch behind what the hub has of the one before. */
async function reopen(reason: 'restored' | 'damaged' = 'damaged'): Promise<void> {
  const [head] = await counter.rig.ports.store.get('heads', [counter.till.id])
  counter.till.epoch += 1
  counter.till.entries.length = 0
  const previous = { epoch: head?.epoch ?? 1, n: head?.n ?? 0, head: hex(head?.hash ?? new Uint8Array(32)) }
  await counter.journal(counter.till, { kind: 'epoch.opened', body: { reason, previous } })
}
const salvaged = (n: number, fact: Fact, epoch = 1) => salvagedFact(counter.till, epoch, n, START, fact)

describe('an epoch that opens after something happened to the journal', () => {
  it.each([
    ['restored', 'till.restored'],
    ['damaged', 'till.journal_salvaged'],
  ] as const)('%s is for a person to know', async (reason, code) => {
    await counter.journal(counter.till)
    await reopen(reason)
    expect(await codes()).toEqual([code])
    expect((await counter.rig.hub.overview()).exceptions[0]?.detail).toBe('goes on after entry 1 of epoch 1')
  })
})

describe('a salvaged entry', () => {
  it('is judged as if it had come in its place', async () => {
    const one = sale(400, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline)
    await reopen()
    await counter.journal(counter.till, salvaged(4, one.captured), salvaged(5, one.completed), salvaged(6, refund(one, 100).made))
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted', refundedMinor: 100 })
    expect(await counter.money()).toMatchObject({ merchant: 300, wallet: [24_700, 0] })
    expect(await codes()).toEqual(['till.journal_salvaged'])
    expect((await counter.detail(one.paymentId))?.entries).toHaveLength(5)
  })

  it('that the hub has already is passed over; another one under its number is not', async () => {
    const [one, two] = [sale(400, counter.wallet.show()), sale(300, counter.wallet.show())]
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured)
    await reopen('restored')
    await counter.journal(
      counter.till,
      salvaged(1, { kind: 'epoch.opened', body: { reason: 'enrolled' } }),
      salvaged(2, one.intended),
      salvaged(4, one.captured),
      salvaged(3, two.intended),
      salvaged(4, two.acceptedOffline),
      salvaged(5, two.captured),
    )
    expect(await codes()).toEqual(['till.restored'])
    expect(await counter.money()).toMatchObject({ merchant: 700, counts: { settled: 2 } })
  })

  it('that comes twice, in one turn or two, is judged once', async () => {
    const one = sale(400, counter.wallet.show())
    await reopen()
    const rescued = [salvaged(2, one.intended), salvaged(3, one.acceptedOffline), salvaged(4, one.captured)]
    await counter.journal(counter.till, ...rescued, ...rescued)
    await reopen()
    await counter.journal(counter.till, ...rescued, salvaged(5, one.completed))
    expect(await codes()).toEqual(['till.journal_salvaged', 'till.journal_salvaged'])
    expect(await counter.money()).toMatchObject({ merchant: 400, counts: { settled: 1 } })
  })

  it('salvaged once more from an epoch that was lost in its turn is what it was at first', async () => {
    const one = sale(400, counter.wallet.show())
    await reopen()
    const inner = [one.intended, one.acceptedOffline, one.captured].map((fact, index) => salvaged(2 + index, fact))
    await reopen()
    await counter.journal(counter.till, ...inner.map((fact, index) => salvaged(2 + index, fact, 2)))
    expect(await counter.money()).toMatchObject({ merchant: 400 })
    await counter.journal(counter.till, ...inner)
    expect(await codes()).toEqual(['till.journal_salvaged', 'till.journal_salvaged'])
  })

  it.each([1, 2])('is no younger than what its till had cited before the next epoch: a code of days ago stays stale, also as of epoch %i', async (epoch) => {
    const { rig, till, wallet } = counter
    const heard = () => nodeCrypto.sha256(rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'ack'))?.payload ?? new Uint8Array(0))
    const code = wallet.show()
    await counter.journal(till)
    rig.clock.advance(2 * DAY)
    // Two questions where the hub stands: the second cites the answer to the first, and nothing waits.
    for (const lastAck of [new Uint8Array(0), heard]) {
      await rig.send(till, till.batch(2, 1, till.signer, { lastAck: typeof lastAck === 'function' ? lastAck() : lastAck, waiting: 0 }))
    }
    // Goes on in its third epoch: of the second the hub has never heard.
    till.epoch = 2
    const one = sale(400, code)
    await reopen()
    await counter.journal(till, ...[one.intended, one.acceptedOffline, one.captured].map((fact, index) => salvaged(2 + index, fact, epoch)))
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none', verdict: 'code.expired' })
    expect(await counter.money()).toMatchObject({ merchant: 0 })
    expect(await codes()).toContain('entry.backdated')
  })

  it('needs the wallet’s proof like any other', async () => {
    const one = sale(400, 'SP1:INVENTED')
    await reopen()
    await counter.journal(counter.till, salvaged(2, one.intended), salvaged(3, one.acceptedOffline), salvaged(4, one.captured))
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none' })
    expect(await counter.money()).toMatchObject({ merchant: 0 })
  })

  it('of another till, of its own or a later epoch, or that nobody can read is set aside', async () => {
    const one = sale(400, counter.wallet.show())
    const other = await counter.rig.till()
    await reopen()
    const bytes = (place: { till: string; epoch: number; n: number }) => base64url(encodeEntry(place, START, one.intended))
    const { id } = counter.till
    await counter.journal(
      counter.till,
      { kind: 'entry.salvaged', body: { epoch: 1, n: 2, bytes: bytes({ till: other.id, epoch: 1, n: 2 }) } },
      { kind: 'entry.salvaged', body: { epoch: 2, n: 2, bytes: bytes({ till: id, epoch: 2, n: 2 }) } },
      { kind: 'entry.salvaged', body: { epoch: 3, n: 2, bytes: bytes({ till: id, epoch: 3, n: 2 }) } },
      { kind: 'entry.salvaged', body: { epoch: 1, n: 3, bytes: bytes({ till: id, epoch: 1, n: 2 }) } },
      { kind: 'entry.salvaged', body: { epoch: 1, n: 2, bytes: 'AAAA' } },
      { kind: 'entry.salvaged', body: { epoch: 1, n: 2, bytes: '' } },
    )
    expect(await codes()).toEqual(['till.journal_salvaged', ...Array.from({ length: 6 }, () => 'entry.malformed')])
    expect(await counter.rig.payment(one.paymentId)).toBeUndefined()
  })
})
