import { existsSync, mkdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { BankDesk } from './desk.ts'
import { bankFoldersIn } from './folders.ts'
import { readBankSettings } from './settings.ts'
import type { BankPorts } from './ports.ts'
import { SECOND, type Timers } from '#protocol/time.ts'

/** How often the folder is looked into. */
const LOOK_EVERY = 2 * SECOND

export type OpenBank = { readonly desk: BankDesk; stop(): Promise<void> }

/**
 * The bank side of a hub whose folder has a `bank.json`; undefined without one. XML and its schemas are loaded only then. Files are exchanged in `bank/` beside it.
 * What goes wrong inside stops the bank side and not the hub: nothing is lost, since everything goes on from its rows at the next start.
 */
export async function openBank(data: string, ports: Omit<BankPorts, 'settings' | 'schemas' | 'folders'>, timers: Timers): Promise<OpenBank | undefined> {
  const settings = readBankSettings(data)
  if (settings === undefined) return undefined
  const { createBankDesk } = await import('./desk.ts')
  const { openSchemas } = await import('./xml.ts')
  const folder = join(data, 'bank')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const place = settings.schemas === undefined || isAbsolute(settings.schemas) ? settings.schemas : join(data, settings.schemas)
  if (place !== undefined && !existsSync(place)) throw new Error(`${join(data, 'bank.json')}: there is no folder ${place}`)
  const { schemas, missing } = place === undefined ? { schemas: new Map(), missing: ['all of them'] } : openSchemas(place)
  if (missing.length > 0) ports.warn(`bank: XSD validation is off for ${missing.join(', ')}: files are checked by the hub’s own reading`)

  const desk = createBankDesk({ ...ports, settings, schemas, folders: bankFoldersIn(folder) })
  let cancel: () => void = () => undefined
  let isStopped = false
  const look = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      isStopped = true
      ports.warn(`bank: stopped until the next start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
    if (!isStopped) cancel = timers.after(LOOK_EVERY, () => void look(desk.readFiles))
  }
  await look(desk.start)
  return {
    desk,
    async stop() {
      isStopped = true
      cancel()
      await desk.idle()
    },
  }
}
