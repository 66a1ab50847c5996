import { describe, expect, test } from 'vitest'
import { recorderMarks } from './recorder.ts'
import { readTrace, type FileOp } from './system-calls.ts'

/** As strace 6.1 writes them with our options. */
const hex = (text: string): string => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
const FOLDER = '/data/till'
const at = (fd: number, path: string): string => `${fd}<${hex(path)}>`
const open = (fd: number, file: string, flags = 'O_RDWR|O_CREAT') =>
  `openat(AT_FDCWD<${hex('/')}>, "${hex(`${FOLDER}/${file}`)}", ${flags}, 0600) = ${at(fd, `${FOLDER}/${file}`)}`
const ops = (...lines: string[]): FileOp[] => readTrace(lines.join('\n'), FOLDER, recorderMarks)
const bytes = (text: string): Uint8Array => Buffer.from(text)
const A = at(9, `${FOLDER}/a`)

describe('a trace of system calls', () => {
  test('files that are made, written, fsynced, renamed and removed', () => {
    expect(
      ops(
        open(9, 'a'),
        `pwrite64(${A}, "${hex('hello, world) = 3')}", 17, 4096) = 17`,
        `fdatasync(${A}) = 0`,
        `fsync(${at(10, FOLDER)}) = 0`,
        `ftruncate(${A}, 5) = 0`,
        `rename("${hex(`${FOLDER}/a`)}", "${hex(`${FOLDER}/b`)}") = 0`,
        `unlink("${hex(`${FOLDER}/b`)}") = 0`,
      ),
    ).toEqual([
      { type: 'create', file: 'a' },
      { type: 'write', file: 'a', offset: 4096, bytes: bytes('hello, world) = 3') },
      { type: 'sync', file: 'a' },
      { type: 'syncFolder' },
      { type: 'truncate', file: 'a', size: 5 },
      { type: 'rename', file: 'a', to: 'b' },
      { type: 'unlink', file: 'b' },
    ])
  })

  test('plain writes go on where the last one ended, and a short write is as long as it was', () => {
    expect(ops(open(9, 'a'), `write(${A}, "${hex('abc')}", 3) = 3`, `write(${A}, "${hex('defg')}", 4) = 2`)).toEqual([
      { type: 'create', file: 'a' },
      { type: 'write', file: 'a', offset: 0, bytes: bytes('abc') },
      { type: 'write', file: 'a', offset: 3, bytes: bytes('de') },
    ])
  })

  test('what the program says on stdout is a mark, in its place between the calls', () => {
    const said = `write(1<${hex('pipe:[1]')}>, "${hex('mark 12\n')}", 8) = 8`
    expect(ops(open(9, 'a'), said, `fsync(${A}) = 0`)).toEqual([
      { type: 'create', file: 'a' },
      { type: 'mark', text: '12' },
      { type: 'sync', file: 'a' },
    ])
  })

  test('a gathered write elsewhere is one saying', () => {
    const said = `writev(20<${hex('socket:[77]')}>, [{iov_base="${hex('mar')}", iov_len=3}, {iov_base="${hex('k 7\n')}", iov_len=4}], 2) = 7`
    expect(ops(said)).toEqual([{ type: 'mark', text: '7' }])
  })

  test('opening what is there makes nothing, and failures, other folders, the shared-memory index and deleted files do not count', () => {
    expect(
      ops(
        open(9, 'a'),
        open(10, 'a'),
        `openat(AT_FDCWD<${hex('/')}>, "${hex(`${FOLDER}/none`)}", O_RDONLY) = -1 ENOENT (No such file or directory)`,
        `pwrite64(${at(11, '/elsewhere/a')}, "${hex('x')}", 1, 0) = 1`,
        open(12, 'a-shm'),
        `mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, ${at(12, `${FOLDER}/a-shm`)}, 0) = 0x7f0000000000`,
        `pwrite64(${A}(deleted), "${hex('x')}", 1, 0) = 1`,
        '--- SIGCHLD {si_signo=SIGCHLD} ---',
        '+++ killed by SIGKILL +++',
      ),
    ).toEqual([{ type: 'create', file: 'a' }])
  })

  test.each([
    ['a shared mapping', `mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, ${A}, 0) = 139637976727552`],
    ['a gathered write into a file', `writev(${A}, [{iov_base="${hex('x')}", iov_len=1}], 1) = 1`],
    ['a gathered write at a place', `pwritev(${A}, [{iov_base="${hex('x')}", iov_len=1}], 1, 0) = 1`],
    ['a folder in the folder', open(9, 'deeper/a')],
    ['a string that was cut short', `pwrite64(${A}, "${hex('x')}"..., 5000, 0) = 5000`],
  ])('%s is an error, and not overlooked', (_what, line) => {
    expect(() => ops(open(9, 'a'), line)).toThrow()
  })
})
