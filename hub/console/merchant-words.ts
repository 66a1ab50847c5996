import { inLanguage } from './language/chosen.ts'
import { merchants as english } from './language/en/merchants.ts'
import { merchants as chinese } from './language/zh/merchants.ts'

export const merchantWords = inLanguage(english, chinese)
