const NEWLINE = 0x0a

/**
 * Cuts a byte stream into lines of UTF-8 text, however it arrives. `add` returns undefined once a line is longer than `maxBytes`: the
 * connection is then past saving.
 */
export function splitLines(maxBytes: number): { add(bytes: Uint8Array): readonly string[] | undefined } {
  let held: Uint8Array[] = []
  let heldBytes = 0
  const hold = (part: Uint8Array): boolean => {
    held.push(part)
    heldBytes += part.length
    return heldBytes <= maxBytes
  }
  return {
    add(bytes) {
      const lines: string[] = []
      let start = 0
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        if (!hold(bytes.subarray(start, end))) return undefined
        lines.push(Buffer.concat(held).toString())
        held = []
        heldBytes = 0
        start = end + 1
      }
      return hold(bytes.subarray(start)) ? lines : undefined
    },
  }
}
