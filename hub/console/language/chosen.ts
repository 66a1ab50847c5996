/** The language of whoever looks: as chosen here before, or as his browser asks for. Another choice loads the page anew, so that nothing is half in each. */
export const languages = { en: { name: 'English', locale: 'en-GB' }, zh: { name: '简体中文', locale: 'zh-CN' } } as const
export type Language = keyof typeof languages
const isLanguage = (text: string | null): text is Language => text !== null && text in languages

const KEPT = 'stillpoint.console.language'
/** Tests of what is written here run where there is no page. */
const page = typeof document === 'undefined' ? undefined : document

function read(): Language {
  if (page === undefined) return 'en'
  const kept = localStorage.getItem(KEPT)
  if (isLanguage(kept)) return kept
  return navigator.language.startsWith('zh') ? 'zh' : 'en'
}
export const language: Language = read()
export const { locale } = languages[language]
if (page !== undefined) page.documentElement.lang = locale

export function choose(next: Language): void {
  localStorage.setItem(KEPT, next)
  location.reload()
}

const count = new Intl.NumberFormat(locale)
export const formatCount = (value: number): string => count.format(value)

/** The same words in another language: every key, and everything that is asked for. */
export type Translated<English> = English extends string
  ? string
  : English extends (...asked: infer Asked) => string
    ? (...asked: Asked) => string
    : { readonly [Key in keyof English]: Translated<English[Key]> }

export const inLanguage = <English>(english: English & Translated<English>, chinese: Translated<English>): Translated<English> =>
  language === 'zh' ? chinese : english
