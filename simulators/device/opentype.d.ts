/** What is used here of opentype.js, which comes without types. */
declare module 'opentype.js/dist/opentype.mjs' {
  type PathCommand = { readonly type: 'M' | 'L' | 'C' | 'Q' | 'Z'; readonly x?: number; readonly y?: number }
  interface Path {
    readonly commands: readonly PathCommand[]
    toPathData(decimalPlaces: number): string
  }
  interface Glyph {
    /** 0 is the box for what the font has not. */
    readonly index: number
    readonly advanceWidth: number
    /** `y` is the baseline's, downwards. */
    getPath(x: number, y: number, fontSize: number): Path
  }
  export interface Font {
    readonly unitsPerEm: number
    readonly ascender: number
    charToGlyph(char: string): Glyph
  }
  export function parse(font: ArrayBuffer, options?: { readonly lowMemory?: boolean }): Font
}
