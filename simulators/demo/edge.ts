import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { edgeSetup } from '#protocol/lanes/edge-setup.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { configureEdge, readEdge } from '../../hub/edge-setup.ts'
import { keepRunning } from '../../terminal/electron/supervised-process.ts'

const HOST = '127.0.0.1'
const ready = z.object({ ready: z.literal(true), port: z.int() })

export type EdgeOptions = {
  /** The shop's folder: the edge's own is in it, beside the hub's. */
  readonly data: string
  readonly root: string
  /** Where it listens, if it has to be set up; one that was, stays where its tills know it. */
  readonly port: number
  readonly log: (line: string) => void
}

export type Edge = { readonly port: number; readonly pidFile: string; stop(): Promise<void> }

const folderOf = (data: string): string => join(data, 'edge')

/** Where the shop's edge listens; undefined before `setUpEdge`. */
export function portOfEdge(data: string): number | undefined {
  try {
    if (readEdge(join(data, 'hub')) === undefined) return undefined
    return edgeSetup.parse(JSON.parse(readFileSync(join(folderOf(data), 'edge.json'), 'utf8'))).port
  } catch {
    return undefined
  }
}

/** What a person does with `hub/edge-cli.ts`. Before the hub starts, or while it runs. */
export const setUpEdge = (data: string, port: number): void => configureEdge(join(data, 'hub'), { host: HOST, port, mdns: false }, folderOf(data))

/** Where the shop's tills find their edge at this moment: the one above, or whichever machine `npm run edge` has made it since. */
export const placeOfEdge = (data: string, port: number): { readonly host: string; readonly port: number } => {
  const now = (): { readonly host: string; readonly port: number } => {
    const url = readEdge(join(data, 'hub'))?.edge?.url
    return url === undefined ? { host: HOST, port } : { host: new URL(url).hostname.replace(/^\[|\]$/g, ''), port: Number(new URL(url).port) }
  }
  return {
    get host() {
      return now().host
    },
    get port() {
      return now().port
    },
  }
}

/** The store's edge in a process of its own; killed, it comes back. Rejects when it does not start. */
export function startEdge({ data, root, port, log }: EdgeOptions): Promise<Edge> {
  return new Promise((resolve, reject) => {
    let isUp = false
    const pidFile = join(data, 'edge.pid')
    const edge = keepRunning(
      { name: 'edge', command: process.execPath, args: [join(root, 'terminal/store-edge/main.ts'), '--data', folderOf(data)], env: process.env, pidFile },
      {
        onReady: (line) => {
          isUp = true
          if (ready.safeParse(line).success) resolve({ port, pidFile, stop: () => edge.stop() })
          else reject(new Error('The edge said something else than that it is ready.'))
        },
        onMessage: () => {},
        onEnded: () => {
          if (!isUp) reject(new Error('The edge did not start.'))
        },
      },
      { timers: systemTimers, log },
    )
  })
}
