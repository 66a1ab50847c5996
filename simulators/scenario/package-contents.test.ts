import { expect, test } from 'vitest'
import { ROOT } from '../demo/shop.ts'
import { importsOf, PROGRAMS } from './package-contents.ts'

test('nothing that the till runs bears the name of something for tests: that stays out of the package', () => {
  const { files } = importsOf(ROOT, PROGRAMS)
  expect(files).toContain('terminal/core/till.ts')
  expect([...files].filter((path) => /(\.test|\/test-[^/]*|\/golden)\.ts$/.test(path))).toEqual([])
})
