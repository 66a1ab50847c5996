import { describe, expect, test } from 'vitest'
import { hex, utf8Text } from '#protocol/bytes.ts'
import { SECOND } from '#protocol/time.ts'
import { ean13 } from '../../hub/demo-shop.ts'
import type { StoredEntry } from '../../terminal/core/store.ts'
import { coverageOf } from './coverage.ts'
import { pinned } from './pinned.ts'
import { planted } from './planted.ts'
import { Scene } from './scene.ts'
import type { TillMachine } from './till-machine.ts'
import { runWorld, type WorldResult } from './world.ts'

/** The short form. `npm run simulate -- --seeds 5000` is the long one: it also asks that everything that can happen does. */
const SEEDS = 16
const STEPS = 200
/** Plants that show within a few short worlds. */
const QUICK = ['approved before it is on the disk', 'a fork is accepted', 'a store that is opened with durability off', 'the hub believes every code']
const SEEDS_TO_FIND = 20

const said = ({ violations }: WorldResult): readonly string[] => violations.map(({ invariant, what }) => `invariant ${invariant}: ${what}`)

test('whatever goes wrong, no promise is broken, and everything comes right', { timeout: 120_000 }, async () => {
  const moves = new Set<string>()
  let [approved, settled] = [0, 0]
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await runWorld({ seed, steps: STEPS })
    expect(said(result), `npm run simulate -- --replay ${seed} --steps ${STEPS}`).toEqual([])
    for (const move of result.moves) moves.add(move)
    approved += result.approved
    settled += result.settled
  }
  // A simulation in which little happens would find nothing.
  const { reached, missed, impossible } = coverageOf(moves)
  expect(impossible).toEqual([])
  expect(reached).toBeGreaterThan(missed.length)
  expect(approved).toBeGreaterThan(5 * SEEDS)
  expect(settled).toBeGreaterThan(4 * SEEDS)
})

test('the same seed is the same world, another seed another', async () => {
  const [one, again, other] = [await runWorld({ seed: 7, steps: STEPS }), await runWorld({ seed: 7, steps: STEPS }), await runWorld({ seed: 8, steps: STEPS })]
  expect(again.hash).toBe(one.hash)
  expect(other.hash).not.toBe(one.hash)
})

describe('it bites:', () => {
  test.each(QUICK)('%s', { timeout: 60_000 }, async (name) => {
    const plant = planted[name]
    if (plant === undefined) throw new Error(`nothing is planted under this name: ${name}`)
    let found = false
    for (let seed = 1; seed <= SEEDS_TO_FIND && !found; seed++) {
      const { violations } = await runWorld({ seed, steps: STEPS, bug: plant.bug })
      found = violations.some(({ invariant }) => plant.breaks.includes(invariant))
    }
    expect(found).toBe(true)
  })
})

describe('seeds that failed once:', () => {
  test.each(pinned)('$name', { timeout: 60_000 }, async ({ seed, steps }) => {
    expect(said(await runWorld({ seed, steps }))).toEqual([])
  })
})

describe('a scripted world:', () => {
  const [APPLE] = new Scene({ seed: 1 }).products

  async function openShop(tills = 1): Promise<{ readonly scene: Scene; readonly machines: readonly TillMachine[] }> {
    const scene = new Scene({ seed: 1 })
    await scene.hub.start()
    const machines: TillMachine[] = []
    for (let number = 1; number <= tills; number++) machines.push(await scene.addTill(`Till ${number}`))
    await scene.addCustomer('rich', 100_000)
    scene.hub.backUp()
    for (const machine of machines) machine.start()
    await scene.pass(5 * SECOND)
    return { scene, machines }
  }

  function offerCode(scene: Scene, till: TillMachine, shownAt = scene.now()): void {
    till.command({ type: 'continue' })
    till.scan(APPLE?.gtin ?? '')
    till.command({ type: 'takePayment' })
    till.scan(scene.customers[0]?.show(shownAt).text ?? '')
  }

  async function sell(scene: Scene, till: TillMachine, amount = 1): Promise<void> {
    for (let sale = 0; sale < amount; sale++) {
      offerCode(scene, till)
      await scene.pass(3 * SECOND)
      expect(till.view?.tender.stage).toBe('approved')
    }
  }

  test('a till whose disk was put back to an old copy goes on in a new epoch, and the hub keeps what it has', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    await sell(scene, till)
    const old = till.disk.snapshot()
    await sell(scene, till, 2)
    const before = scene.hubWatch.custody.entries.map(({ hash }) => hex(hash))

    till.cutPower('its disk is replaced')
    till.disk.restore(old)
    scene.losses.ofTill(till)
    till.line.pull()
    till.start()
    await scene.pass(10 * SECOND)
    // Without the hub it cannot know yet, and sells on in the old epoch: nothing of that may be lost.
    await sell(scene, till)
    till.line.plug()
    await scene.pass(30 * SECOND)

    expect(scene.trace.violations).toEqual([])
    expect(scene.hubWatch.custody.entries.map(({ hash }) => hex(hash)).slice(0, before.length)).toEqual(before)
    expect(scene.hubWatch.moves).toContain('epoch restored')
    expect(scene.hubWatch.money.size).toBe(4)
    expect(scene.losses.count).toBe(0)
    expect(till.view?.link.waiting.entries).toBe(0)
    expect([...scene.hub.disk.exceptions.values()].map(({ code }) => code)).toContain('till.restored')
  })

  test('an entry that was damaged after it was written does not go out under the till’s signature', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    till.line.pull()
    await scene.pass(10 * SECOND)
    await sell(scene, till, 2)
    const damaged = till.disk.corrupt(scene.random)
    if (damaged === undefined) throw new Error('there is an entry to damage')
    scene.losses.ofEntry(till, damaged)
    till.line.plug()
    await scene.pass(60 * SECOND)
    expect(scene.trace.violations).toEqual([])
    expect(scene.hubWatch.moves).toContain('epoch damaged')
    expect(till.view?.link.waiting.entries).toBe(0)
    // At most the payment whose entry it was is missing.
    expect(scene.hubWatch.money.size).toBeGreaterThanOrEqual(1)
  })

  test('a code that is scanned in the moment in which a machine wakes finds its clock in doubt', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    till.line.pull()
    await scene.pass(10 * SECOND)
    const evening = scene.now()
    scene.scheduler.sleep(8 * 86_400 * SECOND)
    offerCode(scene, till, evening)
    expect(till.view?.tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'policy.clock_doubtful' } })
    expect(scene.trace.violations).toEqual([])
  })

  test('a policy that overtakes the key that it is signed with is taken when the key comes', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    scene.hub.crash('its operator replaces a key')
    scene.vault.replace('policy', scene.hub.clock.now())
    await scene.hub.start()
    const messages = scene.hub.retained(till.identity.till)
    const order = ['policy', 'catalogue', 'keys']
    const before = till.disk.records.get('authority/policy')
    await scene.pass(1)
    till.line.pull()
    for (const kind of order) for (const message of messages) if (message.kind === kind) till.hear(message.kind, message.bytes)
    expect(till.disk.records.get('authority/policy')).not.toBe(before)
  })

  test('nothing of a till comes into custody once its key is revoked, and people see that somebody uses it', async () => {
    const { scene, machines } = await openShop(2)
    const [till, other] = machines
    if (till === undefined || other === undefined) throw new Error('there are two tills')
    await sell(scene, till)
    const before = scene.hubWatch.custody.entries.length
    scene.hub.ask(({ hub }) => hub.revokeTill(till.identity.till))
    await scene.pass(SECOND)
    offerCode(scene, till)
    await scene.pass(20 * SECOND)
    expect(scene.hubWatch.custody.entries).toHaveLength(before)
    expect(till.view?.link.waiting.entries).toBeGreaterThan(0)
    expect([...scene.hub.disk.exceptions.values()].map(({ code }) => code)).toContain('custody.revoked')
    await sell(scene, other)
    expect(scene.trace.violations).toEqual([])
  })

  test('a hub whose clock was put back by an hour is believed about where it stands', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    scene.hub.clock.setWrongBy(3600 * SECOND)
    await sell(scene, till)
    scene.hub.clock.setWrongBy(0)
    scene.hub.restore('gone')
    scene.losses.ofHub('gone')
    await scene.hub.start()
    await scene.pass(60 * SECOND)
    expect(till.view?.link).toMatchObject({ state: 'online', waiting: { entries: 0 } })
    expect(scene.hubWatch.captured.size).toBe(1)
    expect(scene.trace.violations).toEqual([])
  })

  test('a sale is undone although what was written of it cannot be read any more on the disk that was put in', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    await sell(scene, till)
    const copy = till.disk.snapshot()
    const isOfSale = ({ bytes }: StoredEntry): boolean => /"(payment.captured|sale.completed)"/.test(utf8Text(bytes))
    const damaged = (entry: StoredEntry): StoredEntry => ({ ...entry, bytes: entry.bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) })
    till.replaceDisk({ ...copy, entries: copy.entries.map((entry) => (isOfSale(entry) ? damaged(entry) : entry)) })
    scene.losses.ofTill(till)
    till.start()
    await scene.pass(10 * SECOND)
    const [sold] = till.view?.sold ?? []
    if (sold === undefined) throw new Error('there is a sale')
    expect(till.command({ type: 'voidSale', receiptNumber: sold.receiptNumber })).toMatchObject({ ok: true })
    await scene.pass(60 * SECOND)
    expect(scene.trace.violations).toEqual([])
    expect(scene.hub.disk.rows.payments.get(sold.paymentId)?.state).toBe('VOIDED')
  })

  test('a refund that is carried over into a new epoch is counted once', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    if (till === undefined) throw new Error('there is a till')
    await sell(scene, till)
    const old = till.disk.snapshot()
    await sell(scene, till)
    till.cutPower('its disk is replaced')
    till.disk.restore(old)
    scene.losses.ofTill(till)
    till.line.pull()
    till.start()
    await scene.pass(10 * SECOND)
    const [sold] = till.view?.sold ?? []
    if (sold === undefined) throw new Error('there is a sale')
    const refundId = '01900000-0000-7000-8000-00000000000a'
    expect(till.command({ type: 'refund', refundId, receiptNumber: sold.receiptNumber, amountMinor: 20 })).toMatchObject({ ok: true })
    till.line.plug()
    await scene.pass(60 * SECOND)
    expect(scene.hubWatch.moves).toContain('epoch restored')
    expect(till.view?.sold[0]).toMatchObject({ receiptNumber: sold.receiptNumber, refundedMinor: 20 })
    expect(scene.hub.disk.rows.refunds.get(refundId)).toMatchObject({ verdict: 'approved', amountMinor: 20 })
    expect(scene.trace.violations).toEqual([])
  })

  test('what was weighed and what a label said reaches the hub as it was, and the money with it', async () => {
    const { scene, machines } = await openShop()
    const [till] = machines
    const pears = scene.products.find(({ plu }) => plu === '101')
    if (till === undefined || pears === undefined) throw new Error('there is a till that sells pears')
    till.scan(pears.gtin)
    till.weighs({ state: 'stable', weight: { milli: 1234, unit: 'kg' } })
    expect(till.command({ type: 'takeWeight' })?.ok).toBe(true)
    for (const label of ['210010100500', '200010100250']) expect(till.scan(ean13(label))?.ok).toBe(true)
    till.command({ type: 'takePayment' })
    till.scan(scene.customers[0]?.show(scene.now()).text ?? '')
    await scene.pass(60 * SECOND)

    // 1.234 kg and 0.5 kg of 2.99 each, to the nearest cent, and 2.50 as the label says.
    const [sale] = scene.tillWatch.of(till).journal.sales.values()
    expect(sale?.lines.map(({ totalMinor }) => totalMinor)).toEqual([369, 150, 250])
    expect(sale?.lines.map(({ weight }) => weight?.milli)).toEqual([1234, 500, undefined])
    expect([...scene.hubWatch.captured.values()]).toHaveLength(1)
    expect(scene.hub.disk.exceptions.size).toBe(0)
    expect(till.view).toMatchObject({ tender: { stage: 'approved', amountMinor: 769 }, link: { waiting: { entries: 0 } } })
    expect(scene.trace.violations).toEqual([])
  })
})
