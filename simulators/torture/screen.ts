import { WebSocket } from 'ws'
import { systemTimers } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command, ProductView, ToScreen, View } from '#protocol/till-api/api.ts'

/** A cashier's screen that finds its core again whenever it is back: commands and views over the loopback socket, as the page has them. */
export type Screen = {
  /** What is shown; undefined while the core is away. */
  readonly view: View | undefined
  readonly products: readonly ProductView[]
  /** Undefined: the core went away, or said nothing for long, and whether it heard the command nobody knows. */
  command(command: Command): Promise<Outcome<null> | undefined>
  /** Resolves with what is shown once it fits, or with undefined when patience is over. */
  until(fits: (view: View) => boolean, patience: DurationMs): Promise<View | undefined>
  close(): void
}

const RETRY: DurationMs = 50
const ANSWER_PATIENCE: DurationMs = 10 * SECOND

export function openScreen(port: number, token: string, shown: (view: View) => void): Screen {
  const waiting = new Map<string, (outcome: Outcome<null> | undefined) => void>()
  const watchers = new Set<() => void>()
  const state: { view: View | undefined; products: readonly ProductView[] } = { view: undefined, products: [] }
  let socket: WebSocket | undefined
  let closed = false
  let commands = 0

  const changed = (): void => {
    for (const watcher of watchers) watcher()
  }
  const connect = (): void => {
    const mine = new WebSocket(`ws://127.0.0.1:${port}/screen?token=${encodeURIComponent(token)}`)
    socket = mine
    mine.on('message', (data) => {
      const message = JSON.parse(data.toString()) as ToScreen
      if (message.type === 'catalogue') state.products = message.products
      if (message.type === 'outcome') waiting.get(message.id)?.(message.outcome)
      if (message.type !== 'view') return
      state.view = message.view
      shown(message.view)
      changed()
    })
    // 'close' follows.
    mine.on('error', () => {})
    mine.on('close', () => {
      state.view = undefined
      for (const give of waiting.values()) give(undefined)
      changed()
      if (!closed) systemTimers.after(RETRY, connect)
    })
  }
  connect()

  return {
    get view() {
      return state.view
    },
    get products() {
      return state.products
    },
    command: (command) =>
      new Promise((resolve) => {
        if (socket === undefined || socket.readyState !== WebSocket.OPEN) return resolve(undefined)
        const id = String(++commands)
        const cancel = systemTimers.after(ANSWER_PATIENCE, () => give(undefined))
        const give = (outcome: Outcome<null> | undefined): void => {
          cancel()
          waiting.delete(id)
          resolve(outcome)
        }
        waiting.set(id, give)
        socket.send(JSON.stringify({ type: 'command', id, command }))
      }),
    until: (fits, patience) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (state.view !== undefined && fits(state.view)) end(state.view)
        }
        const cancel = systemTimers.after(patience, () => end(undefined))
        const end = (view: View | undefined): void => {
          cancel()
          watchers.delete(look)
          resolve(view)
        }
        watchers.add(look)
        look()
      }),
    close() {
      closed = true
      socket?.terminate()
    },
  }
}
