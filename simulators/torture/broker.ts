import { accessSync, constants, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from './restarted-process.ts'

/**
 * A broker in a process of its own, on loopback, that lets anybody in and keeps nothing: Mosquitto where it is installed (`STILLPOINT_MOSQUITTO` names it, or it is
 * on the PATH), else a small one.
 */
export function brokerProgram(folder: string, port: number): Program {
  const mosquitto = process.env['STILLPOINT_MOSQUITTO'] ?? onPath('mosquitto')
  if (mosquitto === undefined || mosquitto === '') {
    const program = fileURLToPath(new URL('./broker-process.ts', import.meta.url))
    return { name: 'broker', command: process.execPath, args: [program, String(port)], ours: true }
  }
  const config = join(folder, 'mosquitto.conf')
  const asRoot = process.getuid?.() === 0 ? ['user root'] : []
  writeFileSync(config, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', ...asRoot, ''].join('\n'))
  return { name: 'broker', command: mosquitto, args: ['-c', config], ours: false }
}

function onPath(program: string): string | undefined {
  // Debian keeps it where only root's PATH leads.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
