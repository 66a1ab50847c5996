import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiSecrets } from '../../hub/api/v1/secrets.ts'
import { openApi, type Api } from '../../hub/api/server.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import { openCounter, type Counter } from '../../hub/test-counter.ts'
import { cashSale } from '../../hub/test-credits.ts'
import { refund, sale } from '../../hub/test-rig.ts'
import type { ToldInvitation } from '#protocol/hub-api/session.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, SECOND } from '#protocol/time.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT } from '../demo/shop.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const pictures = join(ROOT, '.build/pictures/console')
const PATIENCE = 10 * SECOND

/** The operator's console over a hub in a bottle, which has sold for three days, has a payment without money and a payout that waits. */
describe('the console', () => {
  let counter: Counter
  let api: Api
  let browser: Browser
  let address: string

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    await buildPages({ only: ['console'], log: () => {} })
    counter = await openCounter({ firstTerms: demoTerms(demoShop) })
    const { rig, till, wallet, journal, pass } = counter
    for (const sum of [12_00, 7_50, 21_30]) {
      const one = sale(sum, wallet.show())
      const cash = cashSale(sum / 2)
      await journal(till, one.intended, one.held, one.captured, one.completed, refund(one, 100).made, cash.taken, cash.completed)
      await pass(DAY)
      rig.hub.settlement.wake()
      await rig.hub.settlement.idle()
    }
    const poor = sale(150_00, wallet.show())
    await journal(till, poor.intended, poor.acceptedOffline, poor.captured, poor.completed)
    const { store } = rig.ports
    const warn = (): void => undefined
    api = await openApi({
      hub: rig.hub,
      timers: systemTimers,
      port: 0,
      pages: join(ROOT, '.build/pages/console'),
      demoWallets: undefined,
      bank: { store, clock: rig.clock, desk: undefined },
      programs: {
        store,
        clock: rig.clock,
        timers: rig.clock,
        crypto: nodeCrypto,
        secrets: apiSecrets(new Uint8Array(32).fill(7)),
        shopMerchant: demoShop.merchant.id,
        passwordCost: { memory: 64, passes: 1 },
        resolve: () => Promise.resolve([]),
        warn,
      },
      warn,
    })
    address = api.url.replace('127.0.0.1', 'localhost')
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await api?.close()
  })

  async function open(look: BrowserContextOptions): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    const page = await (await browser.newContext({ reducedMotion: 'reduce', ...look })).newPage()
    page.setDefaultTimeout(PATIENCE)
    const complaints: string[] = []
    // This hub has no bank and sends no receipts, which those pages say.
    const isKnown = (url: string): boolean => /\/api\/(bank|sendings)$/.test(url)
    page.on(
      'console',
      (message) => message.type() === 'error' && !isKnown(message.location().url) && complaints.push(`${message.text()} ${message.location().url}`),
    )
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(address)
    return { page, complaints }
  }

  it('answers four questions, and each figure leads to its postings, a payment and the entry as it was written', async () => {
    const { page, complaints } = await open({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' })
    const money = page.locator('#question-money')
    await money.getByText('Ledger balances').waitFor()
    await money.locator('canvas').waitFor()
    await page.locator('#question-stuck').getByText('1 payment captured without money: €150.00').waitFor()
    await page.locator('#question-stuck').getByText('payouts wait for a second person').waitFor()
    await page.locator('#question-wrong').getByText('€150.00 at risk of').waitFor()
    await page.locator('#question-devices').waitFor()
    await page.screenshot({ path: join(pictures, 'overview.png') })
    complaints.push(...(await violations(page, RULES)))

    await money.getByRole('link', { name: 'Wallets', exact: true }).click()
    await page.locator('#postings tbody tr').first().waitFor()
    expect(page.url()).toContain('#/postings?place=wallets&currency=EUR')
    await page.screenshot({ path: join(pictures, 'postings.png') })
    complaints.push(...(await violations(page, RULES)))
    await page
      .getByRole('button', { name: /^Payment behind/ })
      .first()
      .click()
    const panel = page.getByRole('dialog', { name: 'Payment' })
    await panel.getByText('As it was written').first().click()
    await panel.getByText('"kind":"payment.intended"').waitFor()
    complaints.push(...(await violations(page, RULES)))
    await page.keyboard.press('Escape')
    await page.goBack()
    await money.waitFor()
    await page.context().close()
    expect(complaints).toEqual([])
  }, 60_000)

  it('is whole on a phone, in the dark and in Chinese: every page, nothing sideways, nothing that axe finds', async () => {
    const { page, complaints } = await open({ viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'zh-CN' })
    const menu = page.getByRole('button', { name: /^菜单/ })
    await menu.focus()
    await page.keyboard.press('Enter')
    const links = await page.getByRole('navigation').getByRole('link').all()
    const addresses = await Promise.all(links.map((link) => link.getAttribute('href')))
    expect(addresses.length).toBeGreaterThan(12)
    await page.screenshot({ path: join(pictures, 'phone-menu.png') })
    for (const link of [...addresses, '#/postings?currency=EUR']) {
      await page.evaluate(`location.hash = ${JSON.stringify(link)}`)
      const id = /^#\/([a-z-]*)/.exec(link ?? '')?.[1] || 'overview'
      await page.locator('main > *:not([data-waiting])').first().waitFor()
      await page.waitForLoadState('networkidle')
      await page.screenshot({ path: join(pictures, `phone-${id}.png`), fullPage: true })
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) complaints.push(`${id}: has to be scrolled sideways`)
      complaints.push(...(await violations(page, RULES)).map((what) => `${id}: ${what}`))
    }
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN')
    await page.context().close()
    expect(complaints).toEqual([])
  }, 90_000)

  it('offers a viewer nothing that he may not do', async () => {
    const post = async <T>(path: string, body: object, cookie = ''): Promise<{ readonly told: T; readonly cookie: string }> => {
      const headers = { 'content-type': 'application/json', origin: address, cookie }
      const response = await fetch(address + path, { method: 'POST', headers, body: JSON.stringify(body) })
      return { told: (await response.json()) as T, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
    }
    const password = 'correct horse battery'
    const codeFor = (secret: string): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: counter.rig.clock.now() })
    const enrol = async (token: string) => {
      const { secret } = (await post<ToldInvitation>('/api/invitation', { token })).told
      return { secret, ...(await post('/api/invitation/accept', { token, password, code: codeFor(secret) })) }
    }
    const admin = await enrol((await api.invitation()) ?? '')
    const invited = await post<{ token: string }>('/api/people', { name: 'Vera', role: 'viewer' }, admin.cookie)
    const vera = await enrol(invited.told.token)
    counter.rig.clock.advance(60 * SECOND)

    const { page } = await open({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' })
    await page.getByLabel('Name').fill('Vera')
    await page.getByLabel('Password').fill(password)
    await page.getByLabel('Code of your authenticator').fill(codeFor(vera.secret))
    expect(await violations(page, RULES)).toEqual([])
    await page.screenshot({ path: join(pictures, 'door.png') })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.locator('#question-money').waitFor()
    for (const [link, shown] of [
      ['Tills', '#tills'],
      ['Settlement', '#settlement'],
    ] as const) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: link, exact: true }).click()
      await page.locator(shown).waitFor()
      expect(await page.getByRole('button', { name: /^(Add a till|Revoke|Lost|Approve|Reject)/ }).count()).toBe(0)
    }
    expect(await page.getByRole('link', { name: 'Customer cards' }).count()).toBe(0)
    const refused = await page.evaluate<number>(
      `fetch('/api/tills', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Mine"}' }).then(({ status }) => status)`,
    )
    expect(refused).toBe(403)
    await page.screenshot({ path: join(pictures, 'viewer.png') })
    await page.context().close()
  }, 60_000)
})
