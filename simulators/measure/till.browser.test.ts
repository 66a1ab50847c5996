import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../demo/shop.ts'

const asked = ['ready_ms', 'scan_to_paint_p50_ms', 'scan_to_paint_p99_ms', 'throttled_interaction_p99_ms', 'search_p99_ms', 'bundle_gzip_kb', 'heap_growth_mb']

/** How long anything takes is for the bench itself to say: on a busy machine a short run says nothing about it. */
test('the bench of the screen measures everything that it promises', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['simulators/measure/bench.ts', 'till', '--quick', '--json'], { cwd: ROOT })
  const { name, metrics, detail } = JSON.parse(stdout) as { name: string; metrics: Record<string, number>; detail: Record<string, unknown> }
  expect(name).toBe('till')
  for (const [metric, value] of Object.entries(metrics)) expect(value, metric).not.toBeNaN()
  expect(Object.keys(metrics)).toEqual(expect.arrayContaining(asked))
  expect(metrics['ready_ms']).toBeGreaterThan(0)
  // No scan is painted before the core has heard of it, nor in less than the least that a change takes.
  expect(metrics['scan_to_paint_p50_ms']).toBeGreaterThan(metrics['scan_to_core_p50_ms'] ?? NaN)
  expect(metrics['bundle_gzip_kb']).toBeLessThan(250)
  expect(Object.keys(detail)).toEqual([
    'add_by_touch',
    'one_more',
    'take_payment',
    'open_cash_dialog',
    'open_menu',
    'close_menu',
    'cancel_payment',
    'switch_language',
  ])
}, 300_000)
