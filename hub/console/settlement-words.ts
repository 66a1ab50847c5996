import { inLanguage } from './language/chosen.ts'
import { settlement as english } from './language/en/settlement.ts'
import { settlement as chinese } from './language/zh/settlement.ts'

export const settlementWords = inLanguage(english, chinese)
