/**
 * The one web standard that PURE code uses beyond ECMAScript: the Encoding Standard, the same in Node and in every browser. Only
 * `tsconfig.pure.json` reads this file, since those folders compile without the types of Node and of the DOM.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}
