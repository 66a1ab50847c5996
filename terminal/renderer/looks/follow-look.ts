/** How the screen looks: as the system asks, in one of two schemes, or with strong contrast in the system's scheme. */
export const looks = ['system', 'light', 'dark', 'contrast'] as const
export type Look = (typeof looks)[number]
export const isLook = (text: string): text is Look => looks.some((look) => look === text)

type Page = {
  readonly document: { readonly documentElement: { readonly dataset: DOMStringMap } }
  matchMedia(query: string): { readonly matches: boolean; addEventListener(type: 'change', listener: () => void): void }
}

/** Says the look to the style sheet (`tokens.css`), and what the system asks for while nobody has chosen. Returns what changes it. */
export function followLook(page: Page): (look: Look) => void {
  const system = page.matchMedia('(prefers-contrast: more)')
  const { dataset } = page.document.documentElement
  let chosen: Look = 'system'
  const draw = () => {
    if (chosen === 'light' || chosen === 'dark') dataset['scheme'] = chosen
    else delete dataset['scheme']
    if (chosen === 'contrast' || system.matches) dataset['contrast'] = 'more'
    else delete dataset['contrast']
  }
  system.addEventListener('change', draw)
  draw()
  return (look) => {
    chosen = look
    draw()
  }
}
