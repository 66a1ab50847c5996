import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { inventPeople } from '../demo/people.ts'
import { ROOT, startShop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { openStand } from './journeys/stand.ts'
import { walkThroughDay } from './guide-walk.ts'
import { tour } from './tour.ts'

/** `npm run screens`: tours the demo in a real browser, then walks through a cashier's day, and writes the pictures of README and guide to docs/screens. */
const folder = join(ROOT, 'docs/screens')
mkdirSync(folder, { recursive: true })

/** Screens have few colours: with a palette they take a third of the room. */
async function keep(name: string, page: Page): Promise<void> {
  const picture = await sharp(await page.screenshot())
    .png({ palette: true, compressionLevel: 9, effort: 10 })
    .toBuffer()
  writeFileSync(join(folder, `${name}.png`), picture)
  process.stderr.write(`docs/screens/${name}.png ${Math.round(picture.length / 1000)} kB\n`)
}

const day = await openStand({ withPeople: true, look: { viewport: { width: 1280, height: 800 } } })
try {
  const display = await day.browser.newPage({ viewport: { width: 1024, height: 768 } })
  await display.goto(day.customerDisplay)
  await walkThroughDay({ ...day, shoot: (name) => keep(name, day.page) }, (name) => keep(name, display))
} finally {
  await day.close()
}

const data = mkdtempSync(join(tmpdir(), 'screens-'))
inventPeople(join(data, 'hub'))
const shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
const browser = await launchBrowser()
try {
  await tour(browser, shop, keep)
} finally {
  await browser.close()
  await shop.stop()
  rmSync(data, { recursive: true, force: true })
}
