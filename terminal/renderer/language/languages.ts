/** The languages of the screen: how each calls itself, how it writes numbers and times (BCP 47), and which way it runs. */
export const languages = {
  en: { name: 'English', tag: 'en', locale: 'en-GB', dir: 'ltr' },
  zh: { name: '简体中文', tag: 'zh-Hans', locale: 'zh-CN', dir: 'ltr' },
  // Western digits: those on the keypad, on price labels and on the receipt.
  ar: { name: 'العربية', tag: 'ar', locale: 'ar-u-nu-latn', dir: 'rtl' },
} as const satisfies Record<string, { readonly name: string; readonly tag: string; readonly locale: string; readonly dir: 'ltr' | 'rtl' }>

export type Language = keyof typeof languages

export const languageNames = Object.keys(languages) as readonly Language[]

export const isLanguage = (text: string): text is Language => Object.hasOwn(languages, text)

/** The first of the system's preferred languages (BCP 47 tags) that the screen speaks. */
export const languageOfSystem = (tags: readonly string[]): Language => tags.map((tag) => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en'
