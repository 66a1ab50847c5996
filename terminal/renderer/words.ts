import { createInstance } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import { errors, type ErrorCode, type ErrorText } from '#protocol/errors.ts'
import { errorsInArabic } from '#protocol/errors.ar.ts'
import { errorsInChinese } from '#protocol/errors.zh.ts'
import { ar } from './language/ar.ts'
import { en } from './language/en.ts'
import { languages, type Language } from './language/languages.ts'
import { zh } from './language/zh.ts'

/**
 * Everything that the screen says, in the language that was chosen. A new text goes into `language/en.ts`, `zh.ts` and `ar.ts` (or the parts of them), a new
 * failure into `protocol/errors.ts`, `errors.zh.ts` and `errors.ar.ts`; one that is forgotten does not compile.
 */
declare module 'i18next' {
  interface CustomTypeOptions {
    readonly resources: { readonly translation: typeof en }
  }
}

const i18n = createInstance()

/** A name or a number within right-to-left text keeps its own direction, and leaves that of the text alone (Unicode UAX #9, isolates). */
const isolated = (text: string): string => (languages[language()].dir === 'rtl' ? `\u2068${text}\u2069` : text)

// Everything is at hand, so this is done before the next line runs.
void i18n.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: false,
  resources: { en: { translation: en }, zh: { translation: zh }, ar: { translation: ar } },
  // React escapes what it draws; this is the place where i18next has us see each value.
  interpolation: { escapeValue: true, escape: isolated },
  initAsync: false,
})

/** What was looked up in the language of now. Hundreds of words are at each drawing, and most of them name nothing and count nothing. */
const known = new Map<string, unknown>()
i18n.on('languageChanged', () => known.clear())

/** The text under this key; the same function as i18next's. */
export const t = new Proxy(i18n.t, {
  apply(translate, self, args: Parameters<typeof i18n.t>) {
    const [key, options] = args
    const isPlain = typeof key === 'string' && options === undefined
    if (isPlain && known.has(key)) return known.get(key)
    const text: unknown = Reflect.apply(translate, self, args)
    if (isPlain) known.set(key, text)
    return text
  },
})

export const language = (): Language => languageCalled(i18n.language)

function languageCalled(name: string | undefined): Language {
  return name === 'zh' || name === 'ar' ? name : 'en'
}

export function setLanguage(next: Language): void {
  if (next !== language()) void i18n.changeLanguage(next)
}

/** The language, and a new drawing of the component when it changes. */
export const useLanguage = (): Language => languageCalled(useTranslation(undefined, { i18n }).i18n.language)

/** Calls back with the language now and whenever it changes. */
export function followLanguage(follow: (language: Language) => void): void {
  i18n.on('languageChanged', () => follow(language()))
  follow(language())
}

const sentences = { en: errors, zh: errorsInChinese, ar: errorsInArabic } as const

/** What the person is told about a failure, and what to do next. */
export const errorText = (code: ErrorCode): ErrorText => ({ ...sentences[language()][code], tone: errors[code].tone })
