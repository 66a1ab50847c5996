import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { systemTimers } from '#protocol/node/clock.ts'
import { fromScreen, type FromScreen, type ToScreen } from '#protocol/till-api/api.ts'
import { watchTill, type TillWatch } from './till-watch.ts'

let folder: string
let till: WebSocketServer
let watch: TillWatch
/** What the till does with a command. */
let onCommand: (command: FromScreen, answer: (message: ToScreen) => void) => void

/** The revision that the till shows to who connects; undefined: nothing yet. */
let shown: number | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'till-watch-'))
  till = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  shown = 1
  till.on('connection', (socket) => {
    if (shown !== undefined) socket.send(JSON.stringify({ type: 'view', view: { revision: shown } }))
    socket.on('message', (data) => onCommand(fromScreen.parse(JSON.parse(data.toString())), (message) => socket.send(JSON.stringify(message))))
  })
  await once(till, 'listening')
  const address = till.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  writeFileSync(join(folder, 'screen-address'), `http://127.0.0.1:${port}/#token=x`)
  watch = watchTill(join(folder, 'screen-address'), systemTimers)
  await vi.waitUntil(() => watch.up)
})

afterEach(() => {
  watch.close()
  till.close()
  rmSync(folder, { recursive: true })
})

it('presses a key and hears what the till makes of it, each answer for its own command', async () => {
  const waiting: (() => void)[] = []
  onCommand = ({ id, command }, answer) => {
    const outcome = command.type === 'takePayment' ? ({ ok: true, value: null } as const) : ({ ok: false, code: 'sale.nothing_to_pay' } as const)
    waiting.unshift(() => answer({ type: 'outcome', id, outcome }))
    if (waiting.length === 2) for (const send of waiting) send()
  }
  expect(await Promise.all([watch.send({ type: 'takePayment' }), watch.send({ type: 'takeWeight' })])).toEqual([
    { ok: true, value: null },
    { ok: false, code: 'sale.nothing_to_pay' },
  ])
})

it('hears nothing of a till that goes down over it, or is down', async () => {
  onCommand = () => {
    for (const client of till.clients) client.terminate()
  }
  expect(await watch.send({ type: 'takePayment' })).toBeUndefined()
  watch.close()
  expect(await watch.send({ type: 'takePayment' })).toBeUndefined()
})

it('is up with what the till shows now, and never with what it showed before it went down', async () => {
  expect(watch.view?.revision).toBe(1)
  shown = undefined
  for (const client of till.clients) client.terminate()
  await vi.waitUntil(() => !watch.up)
  await vi.waitUntil(() => till.clients.size === 1)
  const seen = watch.until('its first view', () => true)
  for (const client of till.clients) client.send(JSON.stringify({ type: 'view', view: { revision: 2 } }))
  expect((await seen).revision).toBe(2)
})
