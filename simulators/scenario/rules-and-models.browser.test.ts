import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApi, type Api } from '../../hub/api/server.ts'
import { RiskEngine } from '../../hub/risk/engine.ts'
import { firstSettings } from '../../hub/risk/settings.ts'
import { labelRow } from '../../hub/risk/labels.ts'
import { inForce } from '../../hub/risk/rule-sets.ts'
import type { RiskRow } from '../../hub/store/documents.ts'
import { openCounter, type Counter } from '../../hub/test-counter.ts'
import { nextId, START } from '../../hub/test-rig.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { DAY, SECOND } from '#protocol/time.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT } from '../demo/shop.ts'
import { Random } from '../world/random.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const pictures = join(ROOT, '.build/pictures/risk')
const PAYMENTS = 6000
const CARDS = 150
const TILLS = 12
const DAYS = 60
const LABELLED_AFTER = 8 * DAY

/** A village: stolen cards pay far more than they used to, and one till in twelve is tampered with. */
function village(): readonly {
  readonly at: number
  readonly card: string
  readonly terminal: string
  readonly amountMinor: number
  readonly isFraud: boolean
}[] {
  const random = new Random('village')
  const cards = Array.from({ length: CARDS }, () => ({
    usual: 500 + random.between(0, 6000),
    stolenOn: random.between(1, 3) === 1 ? random.between(5, DAYS) : Infinity,
  }))
  return Array.from({ length: PAYMENTS }, (_, n) => {
    const day = Math.floor((n / PAYMENTS) * DAYS)
    const who = random.between(0, CARDS - 1)
    const { usual, stolenOn } = cards[who] ?? { usual: 1000, stolenOn: Infinity }
    const till = random.between(0, TILLS - 1)
    const isStolen = day >= stolenOn && day < stolenOn + 10 && random.between(1, 2) === 1
    const isTampered = till === Math.floor(day / 21) && random.between(1, 8) === 1
    const amountMinor = Math.round((usual * (50 + random.between(0, 100)) * (isStolen ? 5 : 1)) / 100)
    return {
      at: START - (DAYS + 1) * DAY + Math.floor((n / PAYMENTS) * DAYS * DAY),
      card: `card-${who}`,
      terminal: `till-${till}`,
      amountMinor,
      isFraud: isStolen || isTampered,
    }
  })
}

/** Two months of it in the hub's risk log, as settling would have put them there, with what was heard of each fraud a week later. */
async function fill({ rig }: Counter): Promise<void> {
  const engine = new RiskEngine(() => ({ judgement: { rules: inForce(0, []), model: undefined, listed: () => undefined }, settings: firstSettings }))
  const rows: RiskRow[] = []
  const labels: ReturnType<typeof labelRow>[] = []
  const waiting: { readonly seq: number; readonly at: number; readonly card: string; readonly terminal: string }[] = []
  for (const { at, card, terminal, amountMinor, isFraud } of village()) {
    while (waiting[0] !== undefined && waiting[0].at + LABELLED_AFTER <= at) {
      const { seq: of, at: made, card: stolen, terminal: place } = waiting.shift() ?? waiting[0]
      const heard = engine.hear({ of, at: made, card: stolen, terminal: place, isFraud: true, heardAt: at })
      rows.push({ seq: heard.seq, at, body: heard.body })
    }
    const payment = nextId(at)
    const { seq, body } = engine.ask({ payment, at, card, terminal, amountMinor, currency: 'EUR', wasTaken: false, wasConfirmed: false })
    rows.push({ seq, at, body })
    engine.committed()
    if (!isFraud) continue
    waiting.push({ seq, at, card, terminal })
    labels.push(labelRow({ payment, isFraud, at: at + LABELLED_AFTER, from: 'chargeback', by: 'acquirer' }, 0, true))
  }
  expect(await rig.ports.store.commit({ riskLog: rows, documents: labels })).toBe('done')
  await rig.hub.risk?.desk.afresh()
}

describe('rules and models at the console', () => {
  let counter: Counter
  let api: Api
  let browser: Browser

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    await buildPages({ only: ['console'], log: () => {} })
    counter = await openCounter({ risk: {} })
    await fill(counter)
    api = await openApi({
      hub: counter.rig.hub,
      timers: systemTimers,
      port: 0,
      pages: join(ROOT, '.build/pages/console'),
      demoWallets: undefined,
      warn: () => undefined,
    })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await api?.close()
  })

  async function open(look: BrowserContextOptions): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    const page = await (await browser.newContext({ reducedMotion: 'reduce', ...look })).newPage()
    page.setDefaultTimeout(15 * SECOND)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(api.url)
    return { page, complaints }
  }
  const goTo = (page: Page, id: string) => page.evaluate(`location.hash = '#/${id}'`)

  it('tries a rule out on what was, puts it in force, and takes it back', async () => {
    const { page, complaints } = await open({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' })
    await goTo(page, 'risk-rules')
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await page.getByLabel('Code (small letters and _)').fill('far_above_usual')
    await page.getByLabel('What it says, in English').fill('Far above what this card usually pays')
    await page.getByLabel('What it says, in Chinese').fill('远高于此卡平常的付款')
    const when = page.getByLabel('When')
    await when.fill('amount > 3 * card_mean_legitimate && card_seen >')
    await page.getByLabel('Then').selectOption('challenge')
    await page.getByRole('button', { name: 'Take over' }).click()
    await page.getByRole('button', { name: 'Try out on the last 30 days' }).click()
    await page.getByRole('alert').getByText('This condition cannot be used. far_above_usual: ').waitFor()
    await page.getByRole('button', { name: 'Change: Far above' }).click()
    await when.fill('amount > 3 * card_mean_legitimate && card_mean_legitimate > 0.0')
    await page.getByRole('button', { name: 'Take over' }).click()
    await page.getByRole('button', { name: 'Try out on the last 30 days' }).click()
    await page.getByText(/^2,\d{3} payments, of which 2,\d{3} are known: \d+ frauds/).waitFor()
    await page.screenshot({ path: join(pictures, 'rules-tried.png'), fullPage: true })
    complaints.push(...(await violations(page, RULES)))

    await page.getByRole('button', { name: 'Put in force' }).click()
    await page.getByLabel('Why (kept with the rules)').fill('Stolen cards in May')
    await page.getByRole('button', { name: 'Put in force' }).click()
    await page.getByText('version 1', { exact: true }).waitFor()
    expect(counter.rig.hub.risk?.rules.inForce).toMatchObject({ version: 1, rules: [{ id: 'far_above_usual', outcome: 'challenge' }] })

    await page.getByRole('button', { name: 'Remove: Far above' }).click()
    await page.getByRole('button', { name: 'Try out on the last 30 days' }).click()
    await page.getByRole('button', { name: 'Put in force' }).click()
    await page.getByLabel('Why (kept with the rules)').fill('They complained')
    await page.getByRole('button', { name: 'Put in force' }).click()
    await page.getByText('version 2', { exact: true }).waitFor()
    await page.getByText('Earlier versions').click()
    await page.getByRole('button', { name: 'Put in force again: version 1' }).click()
    await page.getByLabel('Why (kept with the rules)').fill('It was right')
    await page.getByRole('button', { name: 'Put in force again' }).last().click()
    await page.getByText('version 3', { exact: true }).waitFor()
    expect(counter.rig.hub.risk?.rules.inForce.rules).toHaveLength(1)

    await page.getByLabel('Its id').fill('card-17')
    await page.getByLabel('Why', { exact: true }).fill('Reported stolen')
    await page.getByRole('button', { name: 'Put on the list' }).click()
    await page.getByText('card-17').waitFor()
    expect(counter.rig.hub.risk?.rules.listed.word('card', 'card-17', START)).toBe('blocked')
    await page.screenshot({ path: join(pictures, 'rules.png'), fullPage: true })
    complaints.push(...(await violations(page, RULES)))
    await page.getByRole('button', { name: 'Take off: card-17' }).click()
    await page.getByText('Nothing is listed.').waitFor()
    await page.context().close()
    expect(complaints).toEqual([])
  }, 60_000)

  it('trains a model in a thread, and shows its card, how true its probabilities are, and drift', async () => {
    const { page, complaints } = await open({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' })
    await goTo(page, 'risk-model')
    await page.getByText('There is no model. Rules judge alone.').waitFor()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Train now' }).click()
    await page.getByText('model 1', { exact: true }).waitFor({ timeout: 40_000 })
    counter.rig.hub.risk?.models.wake()
    await counter.rig.hub.risk?.models.idle()
    await page.reload()
    await page
      .getByText(/Nothing has drifted|lies differently|says nothing more often|one value/)
      .first()
      .waitFor()
    await page.locator('.line-chart-room canvas').nth(2).waitFor()
    await page.screenshot({ path: join(pictures, 'model.png'), fullPage: true })
    complaints.push(...(await violations(page, RULES)))
    const card = await page.evaluate<string>(`fetch('/api/risk/models/1/card').then((response) => response.text())`)
    expect(card).toContain('# Risk model 1')
    await page.context().close()
    expect(complaints).toEqual([])
  }, 90_000)

  it('is whole on a phone, in the dark and in Chinese', async () => {
    const { page, complaints } = await open({ viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'zh-CN' })
    for (const [id, ready] of [
      ['risk-rules', '远高于此卡平常的付款'],
      ['risk-model', '平均精度'],
    ] as const) {
      await goTo(page, id)
      await page.getByText(ready).first().waitFor()
      if (id === 'risk-rules') {
        await page.getByRole('button', { name: '用最近 30 天试运行' }).click()
        await page.getByText('拦住的欺诈').waitFor()
      } else await page.locator('.line-chart-room canvas').nth(2).waitFor()
      await page.screenshot({ path: join(pictures, `phone-${id}.png`), fullPage: true })
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) complaints.push(`${id}: has to be scrolled sideways`)
      complaints.push(...(await violations(page, RULES)).map((what) => `${id}: ${what}`))
    }
    await page.context().close()
    expect(complaints).toEqual([])
  }, 60_000)
})
