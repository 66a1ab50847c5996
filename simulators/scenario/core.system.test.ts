import { spawn, type ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { ErrorCode } from '#protocol/errors.ts'
import type { ToScreen } from '#protocol/till-api/api.ts'
import { ROOT } from '../demo/shop.ts'

const TOKEN = 'a token that only this test knows'

/** The core as a process, without anything around it: what it lets in, and what it says when it cannot run. */
describe('the till’s core as a process', () => {
  let data: string
  let core: ChildProcess | undefined

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'core-'))
  })
  afterEach(() => {
    core?.kill('SIGKILL')
    rmSync(data, { recursive: true, force: true })
  })

  const start = async (): Promise<URL> => {
    const process_ = spawn(process.execPath, [join(ROOT, 'terminal/core/main.ts'), '--data', data, '--bridge-socket', join(data, 'bridge.sock')], {
      env: { ...process.env, STILLPOINT_SCREEN_TOKEN: TOKEN, STILLPOINT_BRIDGE_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    core = process_
    for await (const line of createInterface({ input: process_.stdout })) return new URL((JSON.parse(line) as { screen: string }).screen)
    throw new Error('the core said nothing')
  }

  /** Resolves with the socket once it is open, or with the refusal's HTTP status. */
  const dial = (url: URL, token: string, headers: Record<string, string> = {}): Promise<WebSocket | number> =>
    new Promise((done) => {
      const socket = new WebSocket(`ws://${url.host}/screen?token=${encodeURIComponent(token)}`, { headers })
      socket.on('open', () => done(socket))
      socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0))
      socket.on('error', () => {
        // A refusal is told by 'unexpected-response'.
      })
    })
  /** The first view. Listened for from the beginning: it may come together with the end of the handshake. */
  const blockedBy = (url: URL): Promise<ErrorCode | undefined> =>
    new Promise((done, failed) => {
      const socket = new WebSocket(`ws://${url.host}/screen?token=${encodeURIComponent(TOKEN)}`)
      socket.on('error', failed)
      socket.on('message', (data_: Buffer) => {
        const message = JSON.parse(data_.toString()) as ToScreen
        if (message.type !== 'view') return
        socket.terminate()
        done(message.view.till.blocked)
      })
    })

  it('lets in only who knows the launch’s token and was served from here', async () => {
    const url = await start()
    expect(await dial(url, 'some other token of the same length!')).toBe(403)
    expect(await dial(url, TOKEN, { origin: 'https://elsewhere.example' })).toBe(403)
    expect(await dial(url, TOKEN, { host: 'rebound.example' })).toBe(403)
    const page = await fetch(url)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    const right = await dial(url, TOKEN, { origin: url.origin })
    expect(right).toBeInstanceOf(WebSocket)
    if (right instanceof WebSocket) right.terminate()
  })

  it('outlives what any page of this machine could send it: an address that is none, and connections that are reset', async () => {
    const url = await start()
    const upgrade = (target: string, then: (socket: Socket) => void): Promise<void> =>
      new Promise((done) => {
        const socket = connect(Number(url.port), url.hostname, () => {
          socket.write(
            `GET ${target} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
          )
          then(socket)
        })
        socket.on('error', () => {})
        socket.on('close', () => done())
        socket.resume()
      })
    await upgrade('//', () => {})
    for (let i = 0; i < 20; i++) await upgrade('/screen?token=wrong', (socket) => socket.resetAndDestroy())
    expect(await blockedBy(url)).toBe('till.not_enrolled')
  })

  it('says that it is not enrolled, and what a wrong code or hub means', async () => {
    const url = await start()
    expect(await blockedBy(url)).toBe('till.not_enrolled')
    const socket = await dial(url, TOKEN)
    if (typeof socket === 'number') throw new Error(`refused: ${socket}`)
    const ask = (code: string, hub: string): Promise<ToScreen> =>
      new Promise((done) => {
        socket.on('message', (data_: Buffer) => {
          const message = JSON.parse(data_.toString()) as ToScreen
          if (message.type === 'outcome' && message.id === code) done(message)
        })
        socket.send(JSON.stringify({ type: 'command', id: code, command: { type: 'enrol', hub, code } }))
      })
    expect(await ask('not a code at all', 'http://127.0.0.1:9')).toMatchObject({ outcome: { ok: false, code: 'enrol.bad_code' } })
    expect(await ask('ABCDEFGH12345678-0123456789abcdef', 'http://127.0.0.1:9')).toMatchObject({ outcome: { ok: false, code: 'enrol.no_hub' } })
    socket.send('not JSON')
    socket.send(JSON.stringify({ type: 'command', id: 'x', command: { type: 'openSafe' } }))
    expect(await ask('still alive?', 'http://127.0.0.1:9')).toMatchObject({ outcome: { ok: false } })
    socket.terminate()
  })

  it('keeps a file that is no journal as it is, under another name, and begins anew', async () => {
    const damaged = Buffer.alloc(16_384, 'this was a database once ')
    writeFileSync(join(data, 'journal.sqlite'), damaged)
    expect(await blockedBy(await start())).toBe('till.not_enrolled')
    const kept = readdirSync(data).find((name) => name.startsWith('journal.sqlite') && name.includes('damaged')) ?? ''
    expect(readFileSync(join(data, kept)).equals(damaged)).toBe(true)
  })
})
