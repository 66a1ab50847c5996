import { expect, it } from 'vitest'
import { makeRig, sale } from './test-rig.ts'
import { memoryDisk, openMemoryStore } from './store/memory.ts'

it('a summary that failed keeps no later one from being right', async () => {
  const store = openMemoryStore(memoryDisk())
  let broken = false
  const rig = await makeRig({
    store: { ...store, summary: (after) => (broken ? Promise.reject(new Error('the disk is gone')) : store.summary(after)) },
  })
  const [till, wallet] = [await rig.till(), await rig.wallet()]
  const one = sale(420, wallet.show())
  for (const fact of [one.intended, one.acceptedOffline]) till.write(fact)
  await rig.send(till, till.batch())
  const before = await rig.hub.overview()
  expect(before.counts).toMatchObject({ settled: 0, held: 1 })
  broken = true
  till.write(one.captured)
  await rig.send(till, till.batch())
  await expect(rig.hub.overview()).rejects.toThrow('the disk is gone')
  broken = false
  const after = await rig.hub.overview()
  expect(after.counts).toMatchObject({ settled: 1, held: 0 })
  expect(after.money.balanced).toBe(true)
})
