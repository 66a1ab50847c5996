import { inLanguage } from './language/chosen.ts'
import { overview as english } from './language/en/overview.ts'
import { overview as chinese } from './language/zh/overview.ts'

export const overviewWords = inLanguage(english, chinese)
