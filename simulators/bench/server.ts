import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import sirv from 'sirv'
import { invariant } from '#protocol/outcome.ts'
import { SECOND } from '#protocol/time.ts'
import { perform } from './acts.ts'
import { act, benchDevices, type BenchDevice, type BenchState, type DeviceView } from './contract.ts'
import { liveValue } from './live.ts'
import { phoneApi, type Handler } from './phone-api.ts'
import { phones as simulatedPhones, type Phones } from './phones.ts'
import type { BenchPorts } from './ports.ts'
import { mayAsk, readJson, refuse, secure, sendBadRequest } from './web.ts'

/** Receipts that the page shows; older pictures stay with the printer. */
const RECEIPTS_SHOWN = 6
const REQUEST_TIMEOUT = 10 * SECOND

export type BenchOptions = {
  /** Built pages: folders of static files. */
  readonly pages: { readonly bench: string; readonly wallet: string }
  /** 0 or absent: any free port. */
  readonly port?: number
}

export type Bench = { readonly url: string; close(): Promise<void> }

/** Serves the bench and the phone on 127.0.0.1. Rejects when the port is taken. */
export async function startBench(ports: BenchPorts, { pages, port = 0 }: BenchOptions): Promise<Bench> {
  const phones = simulatedPhones(ports.clock)
  const live = liveValue(ports.timers, () => benchState(ports, phones))
  const stops = [ports.onChange(live.changed), ports.log.onChange(live.changed)]

  const handlers: Readonly<Record<string, Handler>> = {
    ...phoneApi(ports, phones, live.changed),
    'GET /api/events': (request, response) => {
      if (!live.listen(request, response)) refuse(response, 503, 'Too many pages are open.')
    },
    'POST /api/act': async (request, response) => {
      const body = await readJson(request, act)
      if (!body.ok) return sendBadRequest(response, body)
      const refusal = perform(ports, phones, body.value)
      live.changed()
      if (refusal === undefined) response.writeHead(204).end()
      else refuse(response, 409, refusal.say)
    },
  }
  const files = { bench: staticPages(pages.bench), wallet: staticPages(pages.wallet) }

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
    secure(response)
    // A client that hangs up in the middle is nobody's concern.
    response.on('error', () => undefined)
    if (!mayAsk(request, ownPort)) return refuse(response, 403, 'Only this server’s own pages may ask.')
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    if (url === null) return refuse(response, 400, 'That is no address.')
    answer(request, response, url).catch((error: unknown) => {
      if (request.destroyed || response.headersSent) response.destroy()
      else refuse(response, 500, `The bench has a fault: ${String(error)}`)
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const handler = handlers[`${request.method} ${url.pathname}`]
    if (handler !== undefined) return handler(request, response, url)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'This address takes no such request.')
    const receipt = /^\/api\/receipts\/(\d{1,9})\.svg$/.exec(url.pathname)
    if (receipt) return sendReceipt(ports, Number(receipt[1]), response)
    const held = /^\/api\/held\/(\d{1,9})\.png$/.exec(url.pathname)
    if (held) return sendHeld(ports, Number(held[1]), response)
    if (url.pathname === '/wallet') return void response.writeHead(308, { location: '/wallet/' }).end()
    const wallet = url.pathname.startsWith('/wallet/')
    if (wallet) request.url = (request.url ?? '').slice('/wallet'.length)
    ;(wallet ? files.wallet : files.bench)(request, response, () => refuse(response, 404, 'There is nothing here.'))
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  invariant(address !== null && typeof address === 'object', 'a listening server has a port')
  const ownPort = address.port

  return {
    url: `http://127.0.0.1:${ownPort}/`,
    async close() {
      for (const stop of stops) stop()
      live.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Looked up at each request, since the demo may be built again while it runs; nobody needs it fast. */
const staticPages = (folder: string) => sirv(folder, { dev: true, etag: true })

/** A picture made of what was printed: it may draw and style itself, and nothing else. */
function sendReceipt({ printer }: BenchPorts, n: number, response: ServerResponse): void {
  const svg = printer.receiptSvg(n)
  if (svg === undefined) return refuse(response, 404, 'There is no such receipt.')
  response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox")
  response.writeHead(200, { 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'no-cache' })
  response.end(svg)
}

function sendHeld({ camera }: BenchPorts, n: number, response: ServerResponse): void {
  const png = camera.picture(n)
  if (png === undefined) return refuse(response, 404, 'That is not held before the camera any more.')
  response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'no-store' })
  response.end(png)
}

function benchState(ports: BenchPorts, phones: Phones): BenchState {
  const { printer, scale } = ports
  return {
    shop: ports.shop,
    products: ports.products,
    devices: Object.fromEntries(benchDevices.map((device) => [device, deviceView(ports.devices[device])])) as Record<BenchDevice, DeviceView>,
    cards: ports.cardReader.cards,
    bank: ports.bank.mood,
    printer: {
      paper: printer.paper,
      coverOpen: printer.coverOpen,
      receipts: printer.receipts
        .slice(-RECEIPTS_SHOWN)
        .toReversed()
        .map(({ n, at }) => ({ n, at })),
    },
    drawer: { open: ports.drawer.open },
    scale: { milli: scale.milli, tareMilli: scale.tareMilli, unit: scale.unit, shows: scale.shows },
    display: { lines: ports.display.lines },
    camera: { held: ports.camera.held },
    cable: { pulled: ports.cable.pulled },
    power: ports.power.state,
    lanes: ports.lanes.map(({ name, bench, waiting, cables: { hub, edge } }) => ({
      name,
      bench,
      waiting,
      cables: { hub: { pulled: hub.pulled }, edge: { pulled: edge.pulled } },
    })),
    phones: phones.list(),
    tillAsks: ports.tillRequest() !== null,
    links: ports.links,
    log: ports.log.lines(),
  }
}

const deviceView = ({ plugged, faults }: DeviceView): DeviceView => ({ plugged, faults })
