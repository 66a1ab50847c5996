import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { benchDevices, type BenchState } from './contract.ts'
import { fakeCounter, type FakeCounter } from './fake-ports.ts'
import { MAX_LISTENERS } from './live.ts'
import { MAX_PHONES } from './phones.ts'
import { startBench, type Bench } from './server.ts'
import { MAX_BODY_BYTES } from './web.ts'

const WALLET = 'a'.repeat(32)

let folder: string
let hub: Server
let hubAnswers: Record<string, { status: number; body: string }>
let hubAsked: string[]
let counter: FakeCounter
let bench: Bench

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stillpoint-bench-'))
  for (const page of ['bench', 'wallet']) {
    await mkdir(join(folder, page))
    await writeFile(join(folder, page, 'index.html'), `<title>${page}</title>`)
  }
  hubAnswers = {}
  hubAsked = []
  hub = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const what = `${request.method} ${request.url}`
      hubAsked.push(`${what} ${body}`.trim())
      const answer = hubAnswers[what] ?? { status: 404, body: '{}' }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  })
  hub.listen(0, '127.0.0.1')
  await once(hub, 'listening')
  counter = fakeCounter({
    hub: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    products: [{ gtin: '4006381333931', name: 'Pencil', priceMinor: 129, symbol: '✏️' }],
  })
  bench = await startBench(counter.ports, { pages: { bench: join(folder, 'bench'), wallet: join(folder, 'wallet') } })
})

afterEach(async () => {
  await bench.close()
  hub.close()
  hub.closeAllConnections()
  await rm(folder, { recursive: true })
})

const at = (path: string) => new URL(path, bench.url)
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(at(path), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
const perform = (body: unknown) => post('/api/act', body)

/** As `fetch`, which does not let a program choose its Host. */
async function ask(path: string, headers: Record<string, string>): Promise<number> {
  const asked = httpRequest(at(path), { headers })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode ?? 0
}

/** Follows the events; `state` is the last one. */
async function follow(): Promise<{ state(): BenchState | undefined; count(): number; stop(): void }> {
  const stop = new AbortController()
  const response = await fetch(at('/api/events'), { signal: stop.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const states: BenchState[] = []
  const reading = async () => {
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = text.slice(0, end).match(/^data: (.*)$/m)?.[1]
        if (data !== undefined) states.push(JSON.parse(data) as BenchState)
        text = text.slice(end + 2)
      }
    }
  }
  reading().catch(() => undefined)
  await vi.waitFor(() => expect(states.length).toBe(1))
  return { state: () => states.at(-1), count: () => states.length, stop: () => stop.abort() }
}

describe('who may ask', () => {
  it('answers under its own names only', async () => {
    const { port } = new URL(bench.url)
    expect(await ask('/', {})).toBe(200)
    expect(await ask('/', { host: `localhost:${port}` })).toBe(200)
    for (const host of ['rebound.example', `rebound.example:${port}`, '127.0.0.1', `127.0.0.1:${Number(port) + 1}`]) expect(await ask('/', { host })).toBe(403)
  })

  it('answers no other site’s page', async () => {
    const scan = { act: 'scan', text: '1' }
    expect((await post('/api/act', scan, { origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await post('/api/act', scan, { origin: 'null' })).status).toBe(403)
    expect(await ask('/api/events', { origin: 'http://127.0.0.1:1' })).toBe(403)
    expect(counter.asked).toEqual([])
    expect((await post('/api/act', scan, { origin: new URL(bench.url).origin })).status).toBe(204)
  })

  it('sends a strict policy with everything', async () => {
    for (const path of ['/', '/wallet/', '/api/act', '/nothing']) {
      const policy = (await fetch(at(path))).headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'self'")
      expect(policy).toContain("frame-ancestors 'self'")
      expect(policy).not.toContain('unsafe')
    }
  })
})

describe('bad requests', () => {
  it.each([
    ['an unknown act', { act: 'explode' }],
    ['a device that is none', { act: 'plug', device: 'toaster', plugged: false }],
    ['a fault that is no word', { act: 'fault', device: 'scale', kind: '../x' }],
    ['less than nothing on the scale', { act: 'put_on_scale', milli: -1 }],
    ['a field too many', { act: 'cut_power', why: 'fun' }],
    ['an empty scan', { act: 'scan', text: '' }],
    ['a scan without end', { act: 'scan', text: 'x'.repeat(5000) }],
    ['a wallet that is none', { act: 'hold_phone', wallet: '../../etc' }],
    ['no object', 7],
  ])('refuses %s', async (_what, body) => {
    const answer = await perform(body)
    expect(answer.status).toBe(400)
    expect(counter.asked).toEqual([])
  })

  it('refuses what is no JSON, and forms', async () => {
    expect((await perform('{"act":')).status).toBe(415)
    expect((await post('/api/act', { act: 'cut_power' }, { 'content-type': 'text/plain' })).status).toBe(415)
    expect(counter.asked).toEqual([])
  })

  it('stops reading a body that is too large', async () => {
    const answer = await perform(JSON.stringify({ act: 'scan', text: 'x'.repeat(MAX_BODY_BYTES) }))
    expect(answer.status).toBe(413)
  })

  it('survives a client that hangs up in the middle', async () => {
    const asked = httpRequest(at('/api/act'), { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': '100' } })
    asked.on('error', () => undefined)
    asked.write('{"act"')
    asked.destroy()
    expect((await perform({ act: 'scan', text: '1' })).status).toBe(204)
  })

  it('knows no other methods and no other files', async () => {
    expect((await fetch(at('/'), { method: 'DELETE' })).status).toBe(405)
    for (const path of ['/../package.json', '/%2e%2e/%2e%2e/etc/passwd', '/wallet/..%2fbench/', '/api/receipts/x.svg']) expect(await ask(path, {})).toBe(404)
  })
})

describe('acts', () => {
  it('reach the devices', async () => {
    const acts = [
      { act: 'scan', text: '4006381333931' },
      { act: 'hid_scan', text: '4006381333931' },
      { act: 'hold_before_camera', text: '4006381333931' },
      { act: 'swipe', card: 'Visa test card' },
      { act: 'put_on_scale', milli: 182 },
      { act: 'press_scale', key: 'tare' },
      { act: 'fault', device: 'scale', kind: 'half_frame' },
      { act: 'printer_paper', paper: 'near_end' },
      { act: 'printer_cover', open: true },
      { act: 'drawer', open: true },
      { act: 'plug', device: 'printer', plugged: false },
      { act: 'press_till', key: 'take_payment' },
      { act: 'cable', pulled: true },
      { act: 'cut_power' },
    ]
    for (const body of acts) expect((await perform(body)).status).toBe(204)
    expect(counter.asked).toEqual([
      'scan 4006381333931',
      'hid scan 4006381333931',
      'hold 4006381333931',
      'swipe Visa test card',
      'milli 182',
      'tareMilli 182',
      'scale fault half_frame',
      'paper near_end',
      'cover true',
      'drawer true',
      'printer false',
      'press take_payment',
      'pulled true',
      'cut',
    ])
    const lines = counter.ports.log.lines().toReversed()
    expect(lines.map(({ source }) => source).join(' ')).toBe(
      'scanner hid_scanner camera card_reader scale scale scale printer printer printer till cable power',
    )
    expect((await perform({ act: 'press_till', key: 'take_payment' })).status, 'without power').toBe(409)
    expect(lines.slice(0, 5).map(({ text }) => text)).toEqual([
      'Scanned Pencil',
      'Scanned Pencil',
      'Held before it: Pencil',
      'Swiped Visa test card',
      '0.182 kg put on the scale',
    ])
  })

  it('unplug and plug in every device', async () => {
    for (const device of benchDevices) {
      await perform({ act: 'plug', device, plugged: false })
      expect((await perform({ act: 'fault', device, kind: 'half_frame' })).status).toBe(409)
      await perform({ act: 'plug', device, plugged: true })
    }
    expect(counter.asked).toEqual(benchDevices.flatMap((device) => [`${device} false`, `${device} true`]))
  })

  it('are refused with a sentence when they make no sense now', async () => {
    await perform({ act: 'cut_power' })
    const again = await perform({ act: 'cut_power' })
    expect([again.status, await again.text()]).toEqual([409, expect.stringContaining('coming back')])
    expect(await (await perform({ act: 'fault', device: 'scale', kind: 'levitates' })).json()).toEqual({
      say: `The scale has no fault “levitates”. It has: ${counter.ports.devices.scale.faults.join(', ')}.`,
    })
    expect((await perform({ act: 'swipe', card: 'A card of my own' })).status).toBe(409)
    const unplugged = { scanner: 'scan', hid_scanner: 'hid_scan', camera: 'hold_before_camera' } as const
    for (const [device, act] of Object.entries(unplugged)) {
      await perform({ act: 'plug', device, plugged: false })
      expect((await perform({ act, text: '1' })).status).toBe(409)
    }
    expect(counter.asked).toEqual(['cut', 'scanner false', 'hid_scanner false', 'camera false'])
  })

  it('hold a phone before a reader', async () => {
    expect((await perform({ act: 'hold_phone', wallet: WALLET })).status).toBe(409)
    await post('/wallet/api/screen', { wallet: WALLET, text: 'SP1:SECRET' })
    expect((await perform({ act: 'hold_phone', wallet: WALLET })).status).toBe(204)
    expect((await perform({ act: 'hold_phone', before: 'camera' })).status).toBe(204)
    expect((await perform({ act: 'hold_phone', before: 'hid_scanner' })).status).toBe(204)
    expect(counter.asked).toEqual(['scan SP1:SECRET', 'hold SP1:SECRET', 'hid scan SP1:SECRET'])
    await post('/wallet/api/screen', { wallet: WALLET, text: null })
    expect((await perform({ act: 'hold_phone', wallet: WALLET })).status).toBe(409)
  })

  it('never write a payment code into the log', async () => {
    await post('/wallet/api/screen', { wallet: WALLET, text: 'SP1:SECRET' })
    await perform({ act: 'hold_phone', wallet: WALLET })
    await perform({ act: 'scan', text: 'SP1:SECRET' })
    await perform({ act: 'hold_before_camera', text: 'SP1:SECRET' })
    await perform({ act: 'scan', text: `4${'1'.repeat(15)}` })
    expect(JSON.stringify(counter.ports.log.lines())).not.toMatch(/SECRET|4111/)
  })
})

describe('events', () => {
  it('send the whole state at once and after a change, gathered', async () => {
    const events = await follow()
    expect(events.state()).toMatchObject({ cable: { pulled: false }, power: 'on', phones: [], tillAsks: false, products: [{ name: 'Pencil' }] })
    counter.request = 'SPR1:…'
    await perform({ act: 'cable', pulled: true })
    await post('/wallet/api/screen', { wallet: WALLET, text: 'SP1:SECRET' })
    expect(events.count()).toBe(1)
    counter.run()
    await vi.waitFor(() => expect(events.count()).toBe(2))
    expect(events.state()).toMatchObject({ cable: { pulled: true }, tillAsks: true, phones: [{ wallet: WALLET, at: counter.now }] })
    expect(JSON.stringify(events.state())).not.toContain('SECRET')
    events.stop()
  })

  it('go to a bounded number of pages, and a place that is left is free again', async () => {
    const pages = await Promise.all(Array.from({ length: MAX_LISTENERS }, follow))
    expect((await fetch(at('/api/events'))).status).toBe(503)
    pages[0]?.stop()
    await vi.waitFor(async () => expect(await ask('/api/events', {})).toBe(200))
    for (const page of pages) page.stop()
  })

  it('keep the phones of the last few that changed', async () => {
    const wallets = Array.from({ length: MAX_PHONES + 1 }, (_, index) => String(index).repeat(32).slice(0, 32))
    for (const wallet of wallets) await post('/wallet/api/screen', { wallet, text: 'SP1:A' })
    const events = await follow()
    expect(events.state()?.phones.map(({ wallet }) => wallet)).toEqual(wallets.slice(1).toReversed())
    events.stop()
  })
})

describe('pictures', () => {
  it('of receipts may do nothing else', async () => {
    counter.print('<svg xmlns="http://www.w3.org/2000/svg"/>')
    const answer = await fetch(at('/api/receipts/1.svg'))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8'])
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await fetch(at('/api/receipts/2.svg'))).status).toBe(404)
  })

  it('show what is held before the camera', async () => {
    expect((await fetch(at('/api/held/1.png'))).status).toBe(404)
    await perform({ act: 'hold_before_camera', text: '1' })
    const answer = await fetch(at('/api/held/1.png'))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
  })

  it('of receipts are listed newest first', async () => {
    for (let n = 0; n < 20; n++) counter.print('<svg/>')
    const events = await follow()
    expect(
      events
        .state()
        ?.printer.receipts.map(({ n }) => n)
        .slice(0, 2),
    ).toEqual([20, 19])
    expect(events.state()?.printer.receipts.length).toBe(6)
    events.stop()
  })
})

describe('the phone', () => {
  const answered = { wallet: WALLET, credential: 'd28443', balanceMinor: 5000, currency: 'EUR', expiresAtMs: 1_700_000_100_000 }

  it('gets its own page', async () => {
    expect(await (await fetch(at('/wallet/'))).text()).toContain('wallet')
    expect((await fetch(at('/wallet'))).url).toBe(at('/wallet/').href)
  })

  it('asks its bank by what it signed, which nobody here can read more from', async () => {
    hubAnswers['POST /wallet/nonce'] = { status: 200, body: JSON.stringify({ nonce: 'ab'.repeat(30), extra: 'dropped' }) }
    hubAnswers['POST /wallet/ask'] = { status: 200, body: JSON.stringify(answered) }
    expect(await (await post('/wallet/api/nonce', {})).json()).toEqual({ nonce: 'ab'.repeat(30) })
    const asked = await post('/wallet/api/ask', { message: 'hEOh' })
    expect([asked.status, await asked.json()]).toEqual([200, answered])
    expect(hubAsked).toEqual(['POST /wallet/nonce {}', 'POST /wallet/ask {"message":"hEOh"}'])
  })

  it('hears the hub’s refusal in a sentence', async () => {
    hubAnswers['POST /wallet/ask'] = { status: 404, body: '{"code":"hub.unknown_wallet"}' }
    const refused = await post('/wallet/api/ask', { message: 'hEOh' })
    expect([refused.status, await refused.json()]).toEqual([404, { say: 'The hub does not know this wallet.', code: 'hub.unknown_wallet' }])
  })

  it.each([
    ['no JSON', { status: 200, body: '<html>' }],
    ['another shape', { status: 200, body: '{"wallet":1}' }],
    ['far too much', { status: 200, body: JSON.stringify('x'.repeat(300_000)) }],
    ['its own fault', { status: 500, body: '{}' }],
  ])('is told when the hub answers %s', async (_what, answer) => {
    hubAnswers['POST /wallet/nonce'] = answer
    expect((await post('/wallet/api/nonce', {})).status).toBe(502)
  })

  it('is told when the hub is away', async () => {
    hub.close()
    hub.closeAllConnections()
    expect((await post('/wallet/api/nonce', {})).status).toBe(502)
  })

  it('sends no nonsense on to the hub', async () => {
    for (const body of [{}, { message: 1 }, { message: 'x'.repeat(6000) }, { message: 'hEOh', admin: true }])
      expect((await post('/wallet/api/ask', body)).status).toBe(400)
    expect(hubAsked).toEqual([])
  })

  it('sees what the till asks for', async () => {
    expect(await (await fetch(at('/wallet/api/till-request'))).json()).toEqual({ text: null })
    counter.request = 'SPR1:ABC'
    expect(await (await fetch(at('/wallet/api/till-request'))).json()).toEqual({ text: 'SPR1:ABC' })
  })
})
