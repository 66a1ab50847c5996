import { WebSocket } from 'ws'
import type { Overview } from '#protocol/hub-api/overview.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command, ToScreen, View } from '#protocol/till-api/api.ts'
import type { Shop } from '../demo/shop.ts'

/** What a cashier does at the screen, by script: the same commands over the same socket. */
export function openScreen(shop: Shop): { command(command: Command): Promise<Outcome<null>>; close(): void } {
  const url = new URL(shop.till.address ?? '')
  const socket = new WebSocket(`ws://${url.host}/screen?${url.hash.slice(1)}`)
  const waiting = new Map<string, (outcome: Outcome<null>) => void>()
  const opened = new Promise<void>((done, failed) => socket.once('open', done).once('error', failed))
  let n = 0
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as ToScreen
    if (message.type !== 'outcome') return
    waiting.get(message.id)?.(message.outcome)
    waiting.delete(message.id)
  })
  return {
    command: async (command) => {
      await opened
      const id = String(++n)
      return new Promise((done, failed) => {
        waiting.set(id, done)
        socket.send(JSON.stringify({ type: 'command', id, command }), (error) => error && failed(error))
      })
    },
    close: () => socket.terminate(),
  }
}

/** Scans a product with the simulated scanner until the till shows it in the basket. */
export async function scanProduct(shop: Shop, gtin: string): Promise<View> {
  const before = shop.till.view?.tender.stage === 'approved' ? 0 : (shop.till.view?.sale.itemCount ?? 0)
  await shop.counter.scanner.scan(gtin, { aim: ']E0' })
  return shop.till.until(`${gtin} in the basket`, (view) => view.sale.itemCount === before + 1)
}

/** “Take payment”: resolves with the text of the request that the till shows. */
export async function takePayment(shop: Shop): Promise<string> {
  const screen = openScreen(shop)
  await screen.command({ type: 'takePayment' })
  const view = await shop.till.until('a payment is open', ({ tender }) => tender.stage === 'awaiting_code')
  screen.close()
  return view.tender.stage === 'awaiting_code' ? view.tender.request : ''
}

export type Approved = { readonly paymentId: string; readonly amountMinor: number; readonly decidedBy: 'hub' | 'policy' | 'cash' }

/** Holds a code before the scanner and waits until the till says approved: what the cashier believes from then on. */
export async function payWith(shop: Shop, code: string): Promise<Approved> {
  await shop.counter.scanner.scan(code)
  const { tender } = await shop.till.until('approved', (view) => view.tender.stage === 'approved')
  if (tender.stage !== 'approved') throw new Error('unreachable')
  return { paymentId: tender.paymentId, amountMinor: tender.amountMinor, decidedBy: tender.decidedBy }
}

export async function overview(shop: Shop): Promise<Overview> {
  return (await (await fetch(new URL('/api/overview', shop.hub.http))).json()) as Overview
}

/** Asks the hub until what it shows fits. */
export async function untilHub(shop: Shop, what: string, fits: (overview: Overview) => boolean, patience = 20_000): Promise<Overview> {
  const deadline = performance.now() + patience
  for (;;) {
    const seen = await overview(shop).catch(() => undefined)
    if (seen !== undefined && fits(seen)) return seen
    if (performance.now() > deadline) throw new Error(`waited ${patience} ms in vain for the hub: ${what}. It shows ${JSON.stringify(seen)?.slice(0, 2000)}`)
    await new Promise<void>((done) => void systemTimers.after(50, done))
  }
}
