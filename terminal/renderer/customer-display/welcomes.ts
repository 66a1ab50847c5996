import type { Language } from '../language/languages.ts'

/** Shown side by side, so not a text of one language. */
export const welcomes: Readonly<Record<Language, string>> = { en: 'Welcome', zh: '欢迎光临', ar: 'أهلاً وسهلاً' }
