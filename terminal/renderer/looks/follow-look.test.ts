import { expect, test } from 'vitest'
import { followLook } from './follow-look.ts'

function page(asksForMore: boolean) {
  const dataset: DOMStringMap = {}
  let changed = () => {}
  const system = { matches: asksForMore, addEventListener: (_: string, listener: () => void) => (changed = listener) }
  return { dataset, system, change: () => changed(), page: { document: { documentElement: { dataset } }, matchMedia: () => system } }
}

test('a chosen scheme replaces that of the system, and goes with the choice', () => {
  const { dataset, page: one } = page(false)
  const look = followLook(one)
  expect(dataset).toEqual({})
  look('dark')
  expect(dataset).toEqual({ scheme: 'dark' })
  look('contrast')
  expect(dataset).toEqual({ contrast: 'more' })
  look('system')
  expect(dataset).toEqual({})
})

test('the system’s wish for contrast is never taken away, and is heard when it comes later', () => {
  const { dataset, system, change, page: one } = page(true)
  const look = followLook(one)
  look('light')
  expect(dataset).toEqual({ scheme: 'light', contrast: 'more' })
  system.matches = false
  change()
  expect(dataset).toEqual({ scheme: 'light' })
})
