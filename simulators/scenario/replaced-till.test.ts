import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { enrolmentRequest, makeRig, testSeed, type Rig } from '../../hub/test-rig.ts'
import { Authority } from '../../terminal/core/authority.ts'
import { openSqliteStore } from '../../terminal/core/store-sqlite.ts'
import { Till } from '../../terminal/core/till.ts'
import { unhex } from '#protocol/bytes.ts'
import { packed } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { ok } from '#protocol/outcome.ts'
import type { View } from '#protocol/till-api/api.ts'
import { HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { parseTopic, upTopic } from '#protocol/topics.ts'

/** A machine with the real till on it, enrolled with this code; its line to the hub is up only while `talks` runs. */
async function machine(rig: Rig, code: string) {
  const folder = mkdtempSync(join(tmpdir(), 'sp-replaced-'))
  const signer = signerFromSeed(testSeed())
  const enrolled = await rig.hub.enrol(enrolmentRequest(signer, code))
  if (!enrolled.ok) throw new Error(enrolled.code)
  const { till: id, answer } = enrolled.value
  const rootPublicKey = unhex(answer.rootPublicKey) ?? new Uint8Array(0)
  const store = openSqliteStore(join(folder, 'journal.sqlite'))
  const authority = new Authority(nodeCrypto, store, id, rootPublicKey)
  for (const kind of ['keys', 'policy', 'catalogue'] as const) authority.accept(kind, packed.bytes(kind === 'keys' ? answer.keySet : answer[kind]))
  let heard = rig.carrier.sent.length
  let isUp = false
  let view: View | undefined
  const till = new Till(
    { till: id, name: 'Counter 1', signer, rootPublicKey },
    {
      clock: rig.clock,
      timers: rig.clock,
      crypto: nodeCrypto,
      store,
      link: { send: (message) => (isUp ? rig.carrier.deliver(upTopic(id), message) : undefined), reconnect: () => undefined },
      printer: { print: () => true },
      devices: { order: () => false },
      exporter: { exportJournal: () => ok({ file: 'x', entries: 0 }) },
      leave: () => undefined,
      show: (message) => void (message.type === 'view' && (view = message.view)),
      log: () => undefined,
    },
  )
  till.start()
  onTestFinished(() => {
    till.stop()
    store.close()
    rmSync(folder, { recursive: true })
  })
  const passOn = (): void => {
    for (const { topic, payload } of rig.carrier.sent.slice(heard)) {
      const parsed = parseTopic(topic)
      if (parsed?.till === id && parsed.channel !== 'up' && parsed.channel !== 'health' && parsed.channel !== 'link') till.received(parsed.channel, payload)
    }
    heard = rig.carrier.sent.length
  }
  return {
    id,
    head: () => store.head(),
    view: () => view,
    /** Sells something for cash, which needs nobody’s leave. */
    sells(): void {
      const [product] = authority.products
      till.scanned(product?.gtin ?? '')
      till.command({ type: 'takePayment' })
      expect(till.command({ type: 'payCash', tenderedMinor: 5000 })).toEqual({ ok: true, value: null })
      rig.clock.advance(SECOND)
    },
    async talks(): Promise<void> {
      isUp = true
      till.connected()
      for (let turn = 0; turn < 30; turn++) {
        rig.clock.advance(SECOND)
        await rig.hub.idle()
        passOn()
      }
      isUp = false
      till.disconnected()
    },
  }
}

test('a machine in a lost till’s place sells at once, goes on in the next epoch, and nothing is paid twice or lost', async () => {
  const rig = await makeRig()
  const register = async (id?: Id) => {
    const code = id === undefined ? await rig.hub.registerTill('Counter 1') : await rig.hub.renewCode(id, 'ann')
    if (!code.ok) throw new Error(code.code)
    return code.value.code
  }
  const lost = await machine(rig, await register())
  lost.sells()
  await lost.talks()
  expect((await rig.hub.overview()).counts.settled).toBe(1)

  // It sells once more, which nobody hears of, and is gone.
  rig.clock.advance(MINUTE)
  lost.sells()
  rig.clock.advance(MINUTE)
  await rig.hub.revokeTill(lost.id, 'ann', 'stolen')
  rig.clock.advance(HOUR)
  await lost.talks()
  expect((await rig.hub.overview()).counts.settled).toBe(1)

  const next = await machine(rig, await register(lost.id))
  expect(next.id).toBe(lost.id)
  // Before it has heard where the hub stands.
  next.sells()
  expect(next.head()).toMatchObject({ epoch: 1 })
  await next.talks()
  expect(next.head()?.epoch).toBe(2)
  next.sells()
  await next.talks()

  const { counts, money } = await rig.hub.overview()
  expect(money.balanced).toBe(true)
  expect(counts.settled).toBe(3)
  const [head] = await rig.ports.store.get('heads', [next.id])
  expect(head).toMatchObject({ epoch: 2, n: next.head()?.n })
  expect(next.view()?.link.waiting.payments).toBe(0)
  const file = await rig.hub.tillFile(next.id)
  expect(file).toMatchObject({ state: 'in use', keys: [{ state: 'lost' }, { state: 'current' }] })
  const codes = (await rig.exceptions()).map(([, , code]) => code)
  expect(codes).toContain('custody.revoked')
  expect(codes).not.toContain('custody.fork')
  expect(codes).not.toContain('custody.rollback')
})
