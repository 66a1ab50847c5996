import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECOND } from '#protocol/time.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'

const pictures = join(ROOT, '.build/pictures')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']

/** Three lanes as `npm start -- --tills 3` has them: the console signs what they may do alone, and the bench shows and pulls their cables. */
describe('lanes and their policy in the browser', () => {
  let data: string
  let shop: Shop
  let browser: Browser

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'lanes-'))
    mkdirSync(pictures, { recursive: true })
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, tills: 3, log: () => {} })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('shows what a policy could cost before it is signed, and every till has it a moment later', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.goto(`${shop.hub.http}/#/policy`)
    const policy = page.locator('#policy')
    await policy.getByLabel('All tills of the store (empty: no cap)').fill('90.00')
    await policy.getByLabel('One till', { exact: true }).fill('60.00')
    await policy.getByRole('button', { name: 'Show what this would do' }).click()
    const worst = policy.getByRole('row', { name: /^At worst/ })
    await worst.waitFor()
    expect(await worst.innerText()).toContain('90.00')
    expect(await violations(page, RULES, '#policy')).toEqual([])
    await policy.screenshot({ path: join(pictures, 'console-policy.png') })
    await policy.getByRole('button', { name: 'Sign, and send to all tills' }).click()
    await policy.getByText(/^Signed as version/).waitFor()
    for (const { till } of shop.lanes) await till.until('its slice', ({ link }) => (link.allowance.tillLeftMinor ?? Infinity) <= 60_00, 20 * SECOND)

    await policy.getByLabel('Each payment, at most').fill('much')
    await policy.getByRole('alert').waitFor()
    expect(await policy.getByRole('button', { name: 'Show what this would do' }).isDisabled()).toBe(true)
    await policy.getByLabel('Its id').fill('somebody-lost-it')
    await policy.getByLabel('Why').fill('lost on the way home')
    await policy.getByRole('button', { name: 'Deny, on all tills' }).click()
    await policy.getByText('Wallet somebody-lost-it · lost on the way home').waitFor()
    expect(await violations(page, RULES, '#policy')).toEqual([])
    await policy.getByRole('button', { name: 'Let it pay again' }).click()
    await policy.getByText('Wallet somebody-lost-it').waitFor({ state: 'detached' })
    await page.close()
  }, 90_000)

  it('pulls the cables of each lane, and the tills say so', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
    await page.goto(shop.bench)
    const lanes = page.locator('section.lanes')
    await lanes.waitFor()
    expect(await lanes.getByRole('listitem').count()).toBe(3)
    expect(await violations(page, RULES, 'section.lanes')).toEqual([])
    const pull = lanes.getByRole('listitem').nth(1).getByRole('button').first()
    await pull.click()
    await shop.lanes[1]?.till.until('offline', ({ link }) => link.state === 'offline', 30 * SECOND)
    expect(shop.lanes[0]?.till.view?.link.state).toBe('online')
    await page.screenshot({ path: join(pictures, 'bench-lanes.png') })
    await pull.click()
    await shop.lanes[1]?.till.until('online', ({ link }) => link.state === 'online', 30 * SECOND)
    await page.close()
  }, 90_000)
})
