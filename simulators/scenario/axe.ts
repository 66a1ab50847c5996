import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds against these rules in the page, or `within` the elements of a selector: each rule once, with where and why. */
export async function violations(page: Page, rules: readonly string[], within = 'html'): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(within)}, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`)
  return found.violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target, any }) => `${String(target)} ${any[0]?.message ?? ''}`).join(' | ')}`)
}
