import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { featureNames } from './features.ts'
import { readKept, riskKeptIn } from './keeping.ts'
import { createRiskDesk } from './desk.ts'
import { openMemoryStore } from '../store/memory.ts'
import { openCounter } from '../test-counter.ts'
import { sale } from '../test-rig.ts'
import { rulesAsClosures } from '#protocol/risk/rules.ts'

test('what is kept behind a running hub is what it remembers, and a start goes on from there; torn, it reads the log', async () => {
  const data = mkdtempSync(join(tmpdir(), 'risk-kept-'))
  const kept = riskKeptIn(data)
  const judgement = { rules: { version: 0, rules: [], fire: rulesAsClosures([], featureNames) }, model: undefined, listed: () => undefined }
  const { rig, till, wallet, journal } = await openCounter({ risk: { judgement } })
  await journal(till, sale(500, wallet.show()).intended, sale(600, wallet.show()).intended)
  expect(await kept.behind(rig.ports.store)).toBe(2)
  const engine = await rig.hub.risk?.desk.engine()
  expect(readKept(kept.read())).toEqual(engine?.save())
  await journal(till, sale(700, wallet.show()).intended)

  let read = 0
  const store = openMemoryStore(rig.disk)
  const counting = { ...store, riskLog: (after: number, limit: number) => ((read = Math.max(read, limit > 1 ? 3 - after : 0)), store.riskLog(after, limit)) }
  const desk = (): ReturnType<typeof createRiskDesk> =>
    createRiskDesk({ clock: rig.clock, store: counting, judgement, kept, warn: (line) => rig.warnings.push(line) })
  expect((await desk().engine()).save()).toEqual(engine?.save())
  expect(read).toBe(1)
  writeFileSync(join(data, 'risk.kept'), 'torn')
  expect((await desk().engine()).save()).toEqual(engine?.save())
  expect([read, rig.warnings]).toEqual([3, []])
})
