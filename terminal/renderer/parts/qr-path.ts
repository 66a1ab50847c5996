import { encode } from 'uqr'

/** ISO/IEC 18004 asks for four modules of white around the code. */
export const QUIET_ZONE = 4

/** Rows of modules, true for dark, quiet zone included. Level M: read across a counter, from a screen with reflections. */
export const modulesOf = (text: string): readonly (readonly boolean[])[] => encode(text, { ecc: 'M', border: QUIET_ZONE }).data

/** SVG path of all dark modules on a grid of one unit; neighbours in a row are one rectangle, so that no hairline shows between them. */
export function pathOf(modules: readonly (readonly boolean[])[]): string {
  let path = ''
  modules.forEach((row, y) => {
    let from = -1
    for (let x = 0; x <= row.length; x++) {
      const dark = row[x] === true
      if (dark && from < 0) from = x
      if (!dark && from >= 0) {
        path += `M${from} ${y}h${x - from}v1h${from - x}z`
        from = -1
      }
    }
  })
  return path
}
