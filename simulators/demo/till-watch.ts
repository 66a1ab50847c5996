import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command, FromScreen, ProductView, ToScreen, View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'

const RETRY = 200

/** A second screen of the till, for the bench and for scripts. It watches; what it sends is what a scenario's cashier presses. */
export type TillWatch = {
  /** The screen's address with its token, once the till runs. */
  readonly address: string | undefined
  readonly up: boolean
  readonly view: View | undefined
  readonly products: readonly ProductView[]
  onChange(listener: () => void): () => void
  /** What the till answered; undefined when it went down before it could. */
  send(command: Command): Promise<Outcome<null> | undefined>
  /** Resolves with the first view, now or later, that fits; rejects after `patience` ms with what was shown last. */
  until(what: string, fits: (view: View) => boolean, patience?: number): Promise<View>
  close(): void
}

/** Follows the till whose core writes `addressFile`, through its restarts, whoever started it. */
export function watchTill(addressFile: string, timers: Timers): TillWatch {
  const listeners = new Set<() => void>()
  const unanswered = new Map<string, (outcome: Outcome<null> | undefined) => void>()
  let socket: WebSocket | undefined
  let cancelRetry = (): void => {}
  let closed = false
  const state: { address: string | undefined; up: boolean; view: View | undefined; products: readonly ProductView[] } = {
    address: undefined,
    up: false,
    view: undefined,
    products: [],
  }
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const again = (): void => {
    if (closed) return
    cancelRetry = timers.after(RETRY, connect)
  }

  const connect = (): void => {
    const address = readAddress(addressFile)
    if (address === undefined) return again()
    const url = new URL(address)
    socket = new WebSocket(`ws://${url.host}/screen?${url.hash.slice(1)}`)
    socket.on('open', () => {
      state.address = address
    })
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as ToScreen
      // What it showed before it went down is no view of it now: it is up when it has shown the first.
      if (message.type === 'view') {
        state.view = message.view
        state.up = true
      }
      if (message.type === 'catalogue') state.products = message.products
      if (message.type === 'outcome') {
        unanswered.get(message.id)?.(message.outcome)
        unanswered.delete(message.id)
      }
      changed()
    })
    socket.on('error', () => {
      // 'close' follows, and tries again.
    })
    socket.on('close', () => {
      state.up = false
      for (const answer of unanswered.values()) answer(undefined)
      unanswered.clear()
      changed()
      again()
    })
  }

  connect()
  const watch: TillWatch = {
    get address() {
      return state.address
    },
    get up() {
      return state.up
    },
    get view() {
      return state.view
    },
    get products() {
      return state.products
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    send: (command) =>
      new Promise((answer) => {
        if (socket?.readyState !== WebSocket.OPEN) return answer(undefined)
        const message: FromScreen = { type: 'command', id: randomUUID(), command }
        unanswered.set(message.id, answer)
        socket.send(JSON.stringify(message))
      }),
    until: (what, fits, patience = 15_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!state.up || state.view === undefined || !fits(state.view)) return
          end()
          resolve(state.view)
        }
        const stop = watch.onChange(look)
        const cancel = timers.after(patience, () => {
          end()
          reject(new Error(`waited ${patience} ms in vain for the till: ${what}. Up: ${state.up}. It shows ${JSON.stringify(state.view)}`))
        })
        const end = (): void => {
          stop()
          cancel()
        }
        look()
      }),
    close: () => {
      closed = true
      cancelRetry()
      socket?.terminate()
    },
  }
  return watch
}

function readAddress(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
