import type { Picture } from '#protocol/hub/messages.ts'
import type { ProductView } from '#protocol/till-api/api.ts'

/** On a square of 64. `cap` is darker than the body; `label` is light. */
const drawings: Readonly<Record<Picture, { readonly body: string; readonly cap?: string; readonly label?: string }>> = {
  bottle: {
    body: 'M27 12h10v8l5 7v29a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V27l5-7z',
    cap: 'M26 4h12v8H26z',
    label: 'M22 33h20v15H22z',
  },
  can: { body: 'M18 12h28v42a4 4 0 0 1-4 4H22a4 4 0 0 1-4-4z', cap: 'M20 6h24l2 6H18z', label: 'M18 24h28v18H18z' },
  carton: { body: 'M18 22h28v36H18z', cap: 'M24 8h16l6 14H18zM26 4h12v4H26z', label: 'M32 31a9 9 0 1 1 0 18a9 9 0 0 1 0-18z' },
  jar: { body: 'M20 16h24a4 4 0 0 1 4 5v32a5 5 0 0 1-5 5H21a5 5 0 0 1-5-5V21a4 4 0 0 1 4-5z', cap: 'M18 6h28v8H18z', label: 'M20 28h24v16H20z' },
  bag: {
    body: 'M16 12l4-3 4 3 4-3 4 3 4-3 4 3 4-3 4 3-2 22 4 24H14l4-24z',
    cap: 'M14.600 54h34.800l.6 4H14z',
    label: 'M32 24a10 10 0 1 1 0 20a10 10 0 0 1 0-20z',
  },
  box: { body: 'M12 20h40v36a2 2 0 0 1-2 2H14a2 2 0 0 1-2-2z', cap: 'M18 10h28l6 10H12z', label: 'M20 30h24v16H20z' },
  tube: { body: 'M22 6h20l3 40H19z', cap: 'M23 48h18v11H23z', label: 'M23 18h18l1 16H22z' },
  cup: { body: 'M15 18h34l-5 38a3 3 0 0 1-3 2H23a3 3 0 0 1-3-2z', cap: 'M12 10h40v7H12z', label: 'M17 28h30l-2 14H19z' },
  loaf: { body: 'M8 38c0-14 11-21 24-21s24 7 24 21v11a4 4 0 0 1-4 4H12a4 4 0 0 1-4-4z', label: 'M20 24l5-2 4 12-5 2zM33 22h5l2 12h-5z' },
  fruit: {
    body: 'M32 20c5-4 22-3 22 15S42 58 32 58 10 52 10 35 27 16 32 20z',
    cap: 'M31 20c0-6 1-10 4-14l3 2c-3 3-4 7-4 12z',
    label: 'M18 32c1-5 4-7 7-8l1 3c-3 1-4 3-5 6z',
  },
  leaf: { body: 'M32 60C10 46 10 20 32 4c22 16 22 42 0 56z', label: 'M31 14h2v40h-2zM33 30l9-8 1 2-10 9zM31 40l-9-8-1 2 10 9z' },
  wedge: {
    body: 'M6 44L56 20v24a4 4 0 0 1-4 4H10a4 4 0 0 1-4-4z',
    label: 'M40 34a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM26 39a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM49 27a3 3 0 1 1 0 6a3 3 0 0 1 0-6z',
  },
  bar: { body: 'M10 20h44v26H10z', cap: 'M5 20h5v26H5zM54 20h5v26h-5z', label: 'M16 26h32v14H16z' },
  tool: { body: 'M16 36h32v16a6 6 0 0 1-6 6H22a6 6 0 0 1-6-6z', cap: 'M28 4h8v32h-8z', label: 'M22 43h20v5H22z' },
}

/** FNV-1a, 32 bits: the same name has the same colours on every till. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const sign of text) hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

/** What grows and is baked has a colour of its own: the middle of its hues, and how far they go to both sides. */
const grown: Partial<Record<Picture, readonly [number, number]>> = { loaf: [32, 10], leaf: [115, 30], wedge: [45, 12], fruit: [50, 60] }
const PACKED = 60

/** Near its category's hue, so that a shelf looks like one; how near and how dark is the product's own. */
function coloursOf(
  { category, name }: Pick<ProductView, 'category' | 'name'>,
  picture: Picture,
): { readonly body: string; readonly cap: string; readonly label: string } {
  const own = hashOf(name)
  const [middle, aside] = grown[picture] ?? [hashOf(category) % 360, PACKED]
  const hue = (middle + (own % (2 * aside)) - aside + 360) % 360
  const lightness = 42 + ((own >>> 8) % 16)
  return { body: `hsl(${hue} 52% ${lightness}%)`, cap: `hsl(${hue} 45% ${lightness - 18}%)`, label: `hsl(${(hue + 40) % 360} 70% 92%)` }
}

/** A drawing in place of a photograph: decoration, since the name stands beside it. */
export function ProductPicture({ product, picture }: { readonly product: Pick<ProductView, 'category' | 'name'>; readonly picture: Picture }) {
  const { body, cap, label } = drawings[picture]
  const colours = coloursOf(product, picture)
  return (
    <svg className="product-picture" viewBox="0 0 64 64" aria-hidden="true">
      <path d={body} fill={colours.body} />
      {cap !== undefined && <path d={cap} fill={colours.cap} />}
      {label !== undefined && <path d={label} fill={colours.label} />}
    </svg>
  )
}
