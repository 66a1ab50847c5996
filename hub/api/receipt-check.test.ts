import { expect, test } from 'vitest'
import { openApi } from './server.ts'
import { makeRig } from '../test-rig.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { signReceiptText } from '#protocol/receipt-text.ts'

test('a receipt that somebody shows is of the till that signed it, to the last letter', async () => {
  const rig = await makeRig()
  const till = await rig.till()
  const api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
  const check = async (text: string): Promise<unknown> => {
    const body = JSON.stringify({ text })
    return (await fetch(new URL('/api/receipts/check', api.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()
  }
  const signed = signReceiptText(till.signer, nodeCrypto, 'Harbour Corner\nTOTAL EUR 14.90')
  expect(await check(signed)).toEqual({ signedBy: 'Counter 1' })
  expect(await check(signed.replace('14.90', '19.40'))).toEqual({ signedBy: null })
  expect(await check('TOTAL EUR 14.90')).toEqual({ signedBy: null })
  await api.close()
})
