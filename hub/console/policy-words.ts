import { inLanguage } from './language/chosen.ts'
import { policy as english } from './language/en/policy.ts'
import { policy as chinese } from './language/zh/policy.ts'

export const policyWords = inLanguage(english, chinese)
