import { relative, resolve, sep } from 'node:path'

/**
 * What a program did to the files of one folder, in its order, as far as a power cut cares. `file` is a name inside the folder. A `mark` is something that the
 * program said to the world: from then on whatever it promised has to be on the disk.
 */
export type FileOp =
  | { readonly type: 'create'; readonly file: string }
  | { readonly type: 'write'; readonly file: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly file: string; readonly size: number }
  | { readonly type: 'rename'; readonly file: string; readonly to: string }
  | { readonly type: 'unlink'; readonly file: string }
  | { readonly type: 'sync'; readonly file: string }
  | { readonly type: 'syncFolder' }
  | { readonly type: 'mark'; readonly text: string }

/** Calls that change files. `?`: where this processor has it. Anything of these on the folder that is not modelled is an error, never overlooked. */
const CALLS =
  'openat,write,pwrite64,ftruncate,fallocate,fsync,fdatasync,mmap,unlinkat,renameat2,' +
  '?open,?creat,?unlink,?rename,?renameat,?truncate,?writev,?pwritev,?pwritev2,?copy_file_range,?sync_file_range'

/** As strace has to be told: strings whole and in hex, descriptors with the path of their file. */
export const STRACE_OPTIONS = ['-y', '-xx', '-s', '16777216', '-e', `trace=${CALLS}`]

/** The shared-memory index is not a file that has to survive: SQLite builds it anew from the write-ahead log. */
const isIndex = (file: string): boolean => file.endsWith('-shm')

type Call = { readonly name: string; readonly args: readonly string[]; readonly result: number; readonly resultPath: string | undefined }

/**
 * Reads what strace wrote about one thread with `STRACE_OPTIONS`. `marksIn` finds the promises in what the program wrote elsewhere: to its stdout, to a screen's
 * socket. Throws where it did something to the folder that a crash image would not show.
 */
export function readTrace(text: string, folder: string, marksIn: (said: string) => readonly string[]): FileOp[] {
  const root = resolve(folder)
  const state: Reading = { root, marksIn, existing: new Set(), sizes: new Map(), positions: new Map(), ops: [] }
  for (const line of text.split('\n')) {
    const call = readCall(line)
    if (call !== undefined && call.result >= 0) take(state, call)
  }
  return state.ops
}

type Reading = {
  readonly root: string
  readonly marksIn: (said: string) => readonly string[]
  readonly existing: Set<string>
  readonly sizes: Map<string, number>
  /** Where the next plain `write` of a descriptor goes. */
  readonly positions: Map<number, number>
  readonly ops: FileOp[]
}

function take(state: Reading, { name, args, result, resultPath }: Call): void {
  const [first = '', second = '', third = '', fourth = ''] = args
  switch (name) {
    case 'open':
    case 'creat':
    case 'openat':
      return opened(state, result, resultPath, args.join(' '))
    case 'write':
      if (!isInside(state, pathOf(first))) return said(state, bytesOf(second).subarray(0, result))
      return written(state, first, bytesOf(second).subarray(0, result), undefined)
    case 'writev':
      if (isInside(state, pathOf(first))) unmodelled(name, first)
      return said(state, Buffer.concat(args.filter((arg) => BASE.test(arg)).map((arg) => bytesOf(arg.replace(BASE, '')))).subarray(0, result))
    case 'pwrite64':
      return written(state, first, bytesOf(second).subarray(0, result), Number(fourth))
    case 'ftruncate':
      return on(state, pathOf(first), (file) => truncated(state, file, Number(second)))
    case 'fallocate':
      return on(state, pathOf(first), (file) => truncated(state, file, Math.max(state.sizes.get(file) ?? 0, Number(third) + Number(fourth))))
    case 'fsync':
    case 'fdatasync':
      if (pathOf(first) === state.root) state.ops.push({ type: 'syncFolder' })
      else on(state, pathOf(first), (file) => state.ops.push({ type: 'sync', file }))
      return
    case 'unlink':
    case 'unlinkat':
      return on(state, textOf(name === 'unlink' ? first : second), (file) => {
        state.existing.delete(file)
        state.ops.push({ type: 'unlink', file })
      })
    case 'rename':
    case 'renameat':
    case 'renameat2': {
      const [from, to] = name === 'rename' ? [first, second] : [second, fourth]
      return on(state, textOf(from), (file) =>
        on(state, textOf(to), (target) => {
          state.existing.delete(file)
          state.existing.add(target)
          state.sizes.set(target, state.sizes.get(file) ?? 0)
          state.ops.push({ type: 'rename', file, to: target })
        }),
      )
    }
    case 'mmap':
      if (!third.includes('PROT_WRITE') || !fourth.includes('MAP_SHARED')) return
      return on(state, pathOf(args[4] ?? ''), (file) => unmodelled(name, file))
    default:
      return on(state, pathOf(first), (file) => unmodelled(name, file))
  }
}

function unmodelled(call: string, file: string): never {
  throw new Error(`${call} on ${file}: crash images do not model that call`)
}

function isInside({ root }: Reading, path: string | undefined): path is string {
  const file = path === undefined ? '' : relative(root, path)
  return file !== '' && !file.startsWith('..') && !isIndex(file)
}

/** Only for files of the folder. Throws for folders below it. */
function on(state: Reading, path: string | undefined, act: (file: string) => void): void {
  if (!isInside(state, path)) return
  const file = relative(state.root, path)
  if (file.includes(sep)) throw new Error(`${file}: crash images do not model folders in folders`)
  act(file)
}

function opened(state: Reading, descriptor: number, path: string | undefined, flags: string): void {
  on(state, path, (file) => {
    const isNew = flags.includes('O_CREAT') && !state.existing.has(file)
    if (isNew) {
      state.existing.add(file)
      state.sizes.set(file, 0)
      state.ops.push({ type: 'create', file })
    } else if (flags.includes('O_TRUNC')) truncated(state, file, 0)
    state.positions.set(descriptor, flags.includes('O_APPEND') ? (state.sizes.get(file) ?? 0) : 0)
  })
}

function written(state: Reading, descriptor: string, bytes: Uint8Array, at: number | undefined): void {
  on(state, pathOf(descriptor), (file) => {
    const number = descriptorOf(descriptor)
    const offset = at ?? state.positions.get(number) ?? 0
    if (at === undefined) state.positions.set(number, offset + bytes.length)
    state.sizes.set(file, Math.max(state.sizes.get(file) ?? 0, offset + bytes.length))
    state.ops.push({ type: 'write', file, offset, bytes })
  })
}

function truncated(state: Reading, file: string, size: number): void {
  state.sizes.set(file, size)
  state.ops.push({ type: 'truncate', file, size })
}

function said(state: Reading, bytes: Uint8Array): void {
  for (const text of state.marksIn(Buffer.from(bytes).toString('latin1'))) state.ops.push({ type: 'mark', text })
}

// ---------------------------------------------------------------- lines

/** Before the bytes of one piece of a gathered write. */
const BASE = /^\[?\{iov_base=/

/** `name(arg, arg) = result<path>`. Undefined for signals, exits and calls that did not return. Strings are in hex, so that no comma hides in one. */
function readCall(line: string): Call | undefined {
  const open = line.indexOf('(')
  const close = line.lastIndexOf(') ')
  const equals = line.indexOf('= ', close)
  if (open < 1 || close < open || equals < 0) return undefined
  const name = line.slice(0, open)
  const answer = line.slice(equals + 2)
  if (!/^\w+$/.test(name) || !/^-?\d/.test(answer)) return undefined
  return { name, args: line.slice(open + 1, close).split(', '), result: Number.parseInt(answer, 10), resultPath: pathOf(answer) }
}

const descriptorOf = (argument: string): number => Number.parseInt(argument, 10)

/** Of a file that is still there: a descriptor of a deleted one is followed by `(deleted)`. */
function pathOf(argument: string): string | undefined {
  const match = /^-?\d+<((?:\\x[0-9a-f]{2})*)>$/.exec(argument.trim())
  return match === null ? undefined : Buffer.from(unescaped(match[1] ?? '')).toString('utf8')
}

/** The argument in quotes. */
function bytesOf(argument: string): Uint8Array {
  if (!argument.startsWith('"') || !argument.endsWith('"')) throw new Error(`the trace cut a string short: ${argument.slice(-20)}`)
  return unescaped(argument.slice(1, -1))
}
const textOf = (argument: string): string => Buffer.from(bytesOf(argument)).toString('utf8')
const unescaped = (text: string): Uint8Array => Buffer.from(text.replaceAll('\\x', ''), 'hex')
