import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readLaunchOptions } from './launch-options.ts'

const bare = { bridgeConfig: undefined, coreArgs: [], feed: undefined, kiosk: false, customerDisplay: false, devtools: false }

test('without a word the till keeps its data where the system wants it', () => {
  expect(readLaunchOptions([], {}, '/home/a/.config/stillpoint')).toEqual({ ...bare, dataDir: resolve('/home/a/.config/stillpoint') })
})

test('Chromium’s switches and the application’s path do not disturb ours', () => {
  const args = [
    '--inspect=0',
    '.',
    '--no-sandbox',
    '--data',
    '/data/till',
    '--remote-debugging-port=0',
    '--kiosk',
    '--feed=https://hub.example/updates/',
    '--customer-display',
    '--bridge-config=/etc/bridge.json',
    '--hub',
    'http://127.0.0.1:1',
    '--enrol',
    'A-B',
  ]
  expect(readLaunchOptions(args, { STILLPOINT_DATA: '/elsewhere' }, '/default')).toEqual({
    ...bare,
    dataDir: resolve('/data/till'),
    bridgeConfig: resolve('/etc/bridge.json'),
    coreArgs: ['--hub', 'http://127.0.0.1:1', '--enrol', 'A-B', '--kiosk'],
    feed: 'https://hub.example/updates/',
    kiosk: true,
    customerDisplay: true,
  })
})

test('the environment names the folder when no argument does, and an empty value names nothing', () => {
  expect(readLaunchOptions(['--data='], { STILLPOINT_DATA: '/elsewhere' }, '/default').dataDir).toBe(resolve('/elsewhere'))
  expect(readLaunchOptions([], { STILLPOINT_DATA: '' }, '/default').dataDir).toBe(resolve('/default'))
})
