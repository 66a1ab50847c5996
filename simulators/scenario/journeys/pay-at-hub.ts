import { expect } from 'vitest'
import { z } from 'zod'
import { makeMerchantRequest, readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { nextCustomer, scan, tenderAt, type Stand } from './stand.ts'

/** A phone that is online pays what the till shows. It reaches the hub whether the till does or not. */

async function shownRequest({ shop }: Stand): Promise<string> {
  const { tender } = await shop.till.until('a code for phones', (view) => view.tender.stage === 'awaiting_code')
  return tender.stage === 'awaiting_code' ? tender.request : ''
}

const refusedFor = ({ shop }: Stand, code: string) =>
  shop.till.until(`refused for ${code}`, ({ tender }) => tender.stage === 'awaiting_code' && tender.refused?.code === code)

const awaitCode = async (stand: Stand, product: string): Promise<string> => {
  await scan(stand, product)
  await stand.page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  return await shownRequest(stand)
}

/** What a phone would pay for another till of this shop, which is registered and not here. */
async function requestOfAnother(stand: Stand, like: string): Promise<string> {
  const body = JSON.stringify({ name: 'Another till' })
  const response = await fetch(new URL('/api/tills', stand.shop.hub.http), { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { till } = z.object({ till: z.string() }).parse(await response.json())
  const read = readShownRequest(like)
  if (!read.ok) throw new Error(read.code)
  const request = { ...read.value.request, till, nonce: '5a'.repeat(16), issuedAtMs: systemClock.now() }
  return makeMerchantRequest(request, { merchantCity: 'Hamburg', country: 'DE', categoryCode: '5411' }).text
}

/** The hub tells the till; a receipt pays once. */
export async function payAtHub(stand: Stand): Promise<void> {
  const { customer, page, shop } = stand
  const request = await awaitCode(stand, 'Cola, 0.33 l')
  await page.getByTestId('possible-ways').getByText('Phone that is online').waitFor()
  await stand.shoot('pay-at-hub')
  const receipt = await customer.payAtHub(request)
  await tenderAt(stand, 'approved').waitFor()
  expect(shop.till.view?.tender).toMatchObject({ decidedBy: 'hub', amountMinor: 149 })
  await nextCustomer(stand)
  await awaitCode(stand, 'Cola, 0.33 l')
  await shop.counter.scanner.scan(receipt)
  await refusedFor(stand, 'code.replayed')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Take payment' }).waitFor()
}

/** Begins with what `payAtHub` left in the basket. Without its line the till goes by the receipt on the phone; and another scheme's wallet cannot be asked. */
export async function payAtHubOffline(stand: Stand): Promise<void> {
  const { customer, page, shop } = stand
  const linkIs = (state: string) => page.locator(`[data-testid="link-strip"][data-state="${state}"]`).waitFor({ timeout: 30_000 })
  shop.counter.cable.pull()
  await linkIs('offline')
  await page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  const request = await shownRequest(stand)
  await shop.counter.scanner.scan(`28${'0'.repeat(16)}`)
  await refusedFor(stand, 'scheme.alipay_offline')
  await tenderAt(stand, 'awaiting_code').getByText('Alipay can only be asked online').waitFor()
  await stand.shoot('alipay-offline')
  await shop.counter.scanner.scan(await customer.payAtHub(await requestOfAnother(stand, request)))
  await refusedFor(stand, 'qr.other_till')
  await shop.counter.scanner.scan(await customer.payAtHub(request))
  await tenderAt(stand, 'approved').waitFor()
  expect(shop.till.view?.tender).toMatchObject({ decidedBy: 'hub', amountMinor: 149 })
  await stand.shoot('pay-at-hub-offline')
  shop.counter.cable.plug()
  await linkIs('online')
  await nextCustomer(stand)
}
