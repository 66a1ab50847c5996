import { inLanguage } from './language/chosen.ts'
import { riskCases as english } from './language/en/risk-cases.ts'
import { riskCases as chinese } from './language/zh/risk-cases.ts'

export const riskCaseWords = inLanguage(english, chinese)
