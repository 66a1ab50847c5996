import { inLanguage } from './language/chosen.ts'
import { consoleWords as english } from './language/en/console.ts'
import { consoleWords as chinese } from './language/zh/console.ts'

export { formatCount, locale } from './language/chosen.ts'
/** What the console says, in the language that was chosen. */
export const words = inLanguage(english, chinese)
