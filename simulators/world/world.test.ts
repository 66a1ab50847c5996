import { describe, expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { SECOND } from '#protocol/time.ts'
import { planted } from './planted.ts'
import { Scene } from './scene.ts'
import type { TillMachine } from './till-machine.ts'
import { allMoves, runWorld, type WorldResult } from './world.ts'

const SEEDS = 200
const STEPS = 100
/** Enough for each planted bug, with room to spare. */
const SEEDS_TO_FIND = 100

test('whatever goes wrong, no promise is broken, and everything comes right', { timeout: 240_000 }, async () => {
  const reached = new Set<string>()
  const sales = { approved: 0, settled: 0 }
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations, moves, approved, settled } = await runWorld({ seed, steps: STEPS })
    expect(
      violations.map(({ invariant, what }) => `invariant ${invariant}: ${what}`),
      `npm run simulate -- --replay ${seed} --steps ${STEPS}`,
    ).toEqual([])
    for (const move of moves) reached.add(move)
    sales.approved += approved
    sales.settled += settled
  }
  // A simulation in which little happens would find nothing.
  expect(allMoves.filter((move) => !reached.has(move))).toEqual([])
  expect(sales.approved).toBeGreaterThan(5 * SEEDS)
  expect(sales.settled).toBeGreaterThan(4 * SEEDS)
})

test('the same seed is the same world, another seed another', async () => {
  const [one, again, other] = [await runWorld({ seed: 7, steps: STEPS }), await runWorld({ seed: 7, steps: STEPS }), await runWorld({ seed: 8, steps: STEPS })]
  expect(again.hash).toBe(one.hash)
  expect(other.hash).not.toBe(one.hash)
})

describe('it bites:', () => {
  test.each(Object.entries(planted))('%s', { timeout: 120_000 }, async (_name, { breaks, bug }) => {
    let found: WorldResult | undefined
    for (let seed = 1; seed <= SEEDS_TO_FIND && found === undefined; seed++) {
      const result = await runWorld({ seed, steps: STEPS, bug })
      if (result.violations.length > 0) found = result
    }
    expect(found?.violations[0]).toMatchObject({ invariant: breaks })
  })
})

describe('a till whose disk was put back to an old copy', () => {
  const [APPLE] = new Scene({ seed: 1 }).products

  async function sell(scene: Scene, till: TillMachine, amount = 1): Promise<void> {
    for (let sale = 0; sale < amount; sale++) {
      till.scan(APPLE?.gtin ?? '')
      till.command({ type: 'takePayment' })
      till.scan(scene.customers[0]?.show(scene.now()).text ?? '')
      await scene.pass(3 * SECOND)
      expect(till.view?.tender.stage).toBe('approved')
    }
  }

  test('is reported by the hub, which keeps what it has', async () => {
    const scene = new Scene({ seed: 1 })
    await scene.hub.start()
    const till = await scene.addTill('Till 1')
    await scene.addCustomer('rich', 100_000)
    till.start()
    await scene.pass(5 * SECOND)
    await sell(scene, till)
    const old = till.disk.snapshot()
    await sell(scene, till, 2)
    const before = scene.hub.disk.entries.map(({ hash }) => hex(hash))
    const posted = scene.hubWatch.posted.size
    expect(posted).toBe(3)
    expect(scene.trace.violations).toEqual([])

    // The watcher of this disk would rightly object to what comes now.
    till.disk.onDurable = () => {}
    till.cutPower('its disk is replaced')
    till.disk.restore(old)
    till.start()
    await scene.pass(20 * SECOND)
    till.scan(APPLE?.gtin ?? '')
    till.command({ type: 'takePayment' })
    till.scan(scene.customers[0]?.show(scene.now()).text ?? '')
    await scene.pass(30 * SECOND)

    const told = [...scene.hub.disk.exceptions.values()].map(({ till: of, code }) => `${of} ${code}`)
    expect(told).toContain(`${till.identity.till} custody.fork`)
    expect(scene.hub.disk.entries.map(({ hash }) => hex(hash)).slice(0, before.length)).toEqual(before)
    expect(scene.hubWatch.posted.size).toBe(posted)
    // Nor does the till believe that its hub has what it has not: its new entries stay in its outbox.
    expect(till.view?.link.waiting.entries).toBeGreaterThan(0)
    expect(till.view?.notices.map(({ code }) => code)).toContain('custody.fork')
  })
})
