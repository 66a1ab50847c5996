import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { tour } from './tour.ts'

/** `npm run screens`: tours the demo in a real browser and writes the pictures of the README to docs/screens. */
const folder = join(ROOT, 'docs/screens')
const data = mkdtempSync(join(tmpdir(), 'screens-'))
mkdirSync(folder, { recursive: true })
await buildPages({ log: (line) => void process.stderr.write(`${line}\n`) })
const shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
const browser = await launchBrowser()
try {
  await tour(browser, shop, async (name, page) => {
    await page.screenshot({ path: join(folder, `${name}.png`) })
    process.stderr.write(`docs/screens/${name}.png\n`)
  })
} finally {
  await browser.close()
  await shop.stop()
  rmSync(data, { recursive: true, force: true })
}
