import { inLanguage } from './language/chosen.ts'
import { rates as english } from './language/en/rates.ts'
import { rates as chinese } from './language/zh/rates.ts'

export const ratesWords = inLanguage(english, chinese)
