import { expect, it } from 'vitest'
import { openApi } from '../api/server.ts'
import { demoShop } from '../demo-shop.ts'
import { makeRig } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import { readCard } from '#protocol/loyalty/card.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'

async function ask(shop = demoShop, headers: Record<string, string> = {}) {
  const rig = await makeRig({ shop })
  const api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
  const post = () => fetch(new URL('/api/customers', api.url), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' })
  try {
    const [first, second] = [await post(), await post()]
    return { rig, status: first.status, one: (await first.json()) as NewCard, two: (await second.json()) as NewCard }
  } finally {
    await api.close()
  }
}

it('makes cards that a till of this hub reads, each of another customer', async () => {
  const { rig, one, two } = await ask()
  const issuer = rig.keys.signer('issuer')
  const now = rig.clock.now()
  const key = { publicKey: issuer.publicKey, notBefore: now - DAY, notAfter: now + DAY }
  const read = (code: string) => readCard(nodeCrypto, code, (id) => (id === hex(issuer.keyId) ? key : undefined))
  expect(read(one.code)).toMatchObject({ ok: true, value: { customer: one.customer } })
  expect(read(two.code)).toMatchObject({ ok: true, value: { customer: two.customer } })
  expect(one.customer).not.toBe(two.customer)
})

it('makes none for a shop without points, nor for another page of the same browser', async () => {
  const { loyalty: _, ...plain } = demoShop
  expect(await ask(plain)).toMatchObject({ one: { code: 'sale.no_points' } })
  expect((await ask(demoShop, { origin: 'https://elsewhere.example' })).status).toBe(403)
})
