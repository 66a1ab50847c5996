import { expect, test } from 'vitest'
import { modulesOf, pathOf, QUIET_ZONE } from './qr-path.ts'

/** Paints a path of `M x y h w v1 h-w z` rectangles back onto a grid. */
function painted(path: string, size: number): boolean[][] {
  const grid = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let i = 0; i < Number(width); i++) grid[Number(y)]?.splice(Number(x) + i, 1, true)
  }
  return grid
}

test('the drawing has exactly the modules of the code', () => {
  const modules = modulesOf('SPR1:6BF4Z0LKD3G.RSX9 1$SV5$MAQ%T8*JY2V9DM%TJ+ZE3DKX6H:O2KBTNHD$QVBT2N6F8')
  expect(painted(pathOf(modules), modules.length)).toEqual(modules)
})

test('the quiet zone is white on all four sides', () => {
  const modules = modulesOf('SPR1:A')
  const inner = (index: number) => index >= QUIET_ZONE && index < modules.length - QUIET_ZONE
  modules.forEach((row, y) => row.forEach((dark, x) => expect(dark && !(inner(x) && inner(y))).toBe(false)))
})
