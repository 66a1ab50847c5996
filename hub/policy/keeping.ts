import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'
import type { PolicyKeeping } from './policies.ts'

/** In a hub's folder: `policy.json` with what was signed, and `denied.jsonl` with what was denied, a change a line. */
export function policyKeptIn(data: string): PolicyKeeping {
  const policy = join(data, 'policy.json')
  const denied = join(data, 'denied.jsonl')
  return {
    policy: { read: () => (existsSync(policy) ? readFileSync(policy, 'utf8') : undefined), write: (text) => writeDurably(policy, text, 0o600) },
    denied: { read: () => (existsSync(denied) ? wholeLines(readFileSync(denied, 'utf8')) : []), append: (line) => appendDurably(denied, line) },
  }
}

/** A line without its end was never said to be kept. */
const wholeLines = (text: string): readonly string[] => text.split('\n').slice(0, -1)

function appendDurably(path: string, line: string): void {
  const isNew = !existsSync(path)
  const file = openSync(path, 'a+', 0o600)
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    if (size > 0) readSync(file, last, 0, 1, size - 1)
    // What a power cut left without its end must not become a part of this line.
    if (size > 0 && last.toString() !== '\n') ftruncateSync(file, readFileSync(path).lastIndexOf('\n') + 1)
    writeSync(file, `${line}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (isNew) syncFolder(dirname(path))
}
