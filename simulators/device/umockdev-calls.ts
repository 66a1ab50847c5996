import type { Socket } from 'node:net'

/**
 * The calls that libumockdev-preload takes away from a program and sends here, over the unix socket of the device that the program has open. Both
 * sides speak in frames of three little-endian 64-bit numbers: a command and two values (umockdev 0.17, src/ioctl_tree.h, src/umockdev-ioctl.vala).
 */
const FROM_PROGRAM = { ioctl: 1n, read: 7n, write: 8n } as const
const TO_PROGRAM = { done: 3, callTerminal: 4, readMemory: 5, writeMemory: 6 } as const
const FRAME_BYTES = 24

/** A call that a program is making, while it waits. */
export type Call =
  | { readonly kind: 'ioctl'; readonly request: number; readonly argument: bigint }
  | { readonly kind: 'read' | 'write'; readonly buffer: bigint; readonly length: number }

/** What a call comes to: the value that it returns, or the errno with which it fails. */
export type CallResult = { readonly value: number } | { readonly errno: number }

/** What can be done to the program that waits. Undefined: it is gone. */
export interface Caller {
  readMemory(address: bigint, length: number): Promise<Uint8Array | undefined>
  writeMemory(address: bigint, bytes: Uint8Array): void
  /** Has it make the same call on the terminal that stands for the device. */
  callTerminal(): Promise<CallResult | undefined>
}

/** Answers the calls of one program, one after another, until it closes the device or `answer` has nobody to answer any more. */
export async function answerCalls(socket: Socket, answer: (call: Call, caller: Caller) => Promise<CallResult | undefined>): Promise<void> {
  const send = (command: number, first: bigint, second: bigint) => {
    const frame = Buffer.alloc(FRAME_BYTES)
    frame.writeBigUInt64LE(BigInt(command), 0)
    frame.writeBigUInt64LE(BigInt.asUintN(64, first), 8)
    frame.writeBigUInt64LE(BigInt.asUintN(64, second), 16)
    socket.write(frame)
  }
  const caller: Caller = {
    async readMemory(address, length) {
      if (length === 0) return new Uint8Array(0)
      send(TO_PROGRAM.readMemory, address, BigInt(length))
      return take(socket, length)
    },
    writeMemory(address, bytes) {
      send(TO_PROGRAM.writeMemory, address, BigInt(bytes.length))
      socket.write(bytes)
    },
    async callTerminal() {
      send(TO_PROGRAM.callTerminal, 0n, 0n)
      const frame = await take(socket, FRAME_BYTES)
      const value = Number(frame?.readBigInt64LE(8) ?? 0n)
      return frame && (value < 0 ? { errno: Number(frame.readBigInt64LE(16)) } : { value })
    },
  }
  for (let frame = await take(socket, FRAME_BYTES); frame; frame = await take(socket, FRAME_BYTES)) {
    const call = readCall(frame)
    const result = call && (await answer(call, caller))
    if (!result) return void socket.destroy()
    if ('errno' in result) send(TO_PROGRAM.done, -1n, BigInt(result.errno))
    else send(TO_PROGRAM.done, BigInt(result.value), 0n)
  }
}

function readCall(frame: Buffer): Call | undefined {
  const [command, first, second] = [frame.readBigUInt64LE(0), frame.readBigUInt64LE(8), frame.readBigUInt64LE(16)]
  switch (command) {
    case FROM_PROGRAM.ioctl:
      return { kind: 'ioctl', request: Number(first & 0xffffffffn), argument: second }
    case FROM_PROGRAM.read:
      return { kind: 'read', buffer: first, length: Number(second) }
    case FROM_PROGRAM.write:
      return { kind: 'write', buffer: first, length: Number(second) }
    default:
      return undefined
  }
}

/** Exactly so many bytes, or undefined when there will be no more. */
async function take(socket: Socket, length: number): Promise<Buffer | undefined> {
  for (;;) {
    const bytes: unknown = socket.read(length)
    if (bytes instanceof Buffer) return bytes.length === length ? bytes : undefined
    if (socket.destroyed || socket.readableEnded) return undefined
    await new Promise<void>((resolve) => {
      const wake = () => {
        socket.off('readable', wake).off('end', wake).off('close', wake)
        resolve()
      }
      socket.on('readable', wake).on('end', wake).on('close', wake)
    })
  }
}
