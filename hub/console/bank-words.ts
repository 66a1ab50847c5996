import { inLanguage } from './language/chosen.ts'
import { bank as english } from './language/en/bank.ts'
import { bank as chinese } from './language/zh/bank.ts'

export const bankWords = inLanguage(english, chinese)
