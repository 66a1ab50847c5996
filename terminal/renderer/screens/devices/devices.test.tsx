import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { errors } from '#protocol/errors.ts'
import type { Session } from '../../session/session.ts'
import { testView } from '../../test-view.ts'
import { Devices } from './devices.tsx'

const reader: DeviceHealth = { device: 'card-reader-1', kind: 'card_reader', state: 'ready', counters: {} }
const drawn = (...devices: readonly DeviceHealth[]): string =>
  renderToStaticMarkup(<Devices view={testView({ devices })} now={0} session={{} as Session} onCamera={() => {}} onClose={() => {}} />)

test('a device that is ready and has something to say all the same says it in its row', () => {
  expect(drawn(reader)).not.toContain('device-trouble')
  const plain = drawn({ ...reader, code: 'device.card_unencrypted' })
  expect(plain).toContain('ready')
  expect(plain).toContain(errors['device.card_unencrypted'].say)
})
