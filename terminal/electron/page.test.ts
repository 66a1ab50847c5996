import { join, sep } from 'node:path'
import { expect, test } from 'vitest'
import { fileOf, isPage } from './page.ts'

const folder = join(sep, 'app', 'pages', 'till')

test('addresses below the page’s folder name files there', () => {
  expect(fileOf('stillpoint://till/index.html', 'till', folder)).toBe(join(folder, 'index.html'))
  expect(fileOf('stillpoint://till/assets/till-a1.js?v=1#top', 'till', folder)).toBe(join(folder, 'assets', 'till-a1.js'))
})

test.each([
  'stillpoint://till/..%2f..%2fcore.pid',
  'stillpoint://till/%2e%2e/%2e%2e/..%2fjournal.sqlite',
  'stillpoint://till/../till-backup/a.html/..%2f..%2f..%2ftill-backup%2fa.html',
  'stillpoint://till/%',
  'stillpoint://other/index.html',
  'stillpoint://customer/index.html',
  'https://till/index.html',
  'file:///app/pages/till/index.html',
  'no address',
])('%s names no file', (url) => {
  expect(fileOf(url, 'till', folder)).toBeUndefined()
})

test.each(['stillpoint://customer/index.html', 'stillpoint://till.example/', 'stillpoint://till:80/', 'stillpoint:till', 'https://stillpoint/till', ''])(
  '%s is not the page',
  (url) => {
    expect(isPage(url, 'till')).toBe(false)
  },
)
