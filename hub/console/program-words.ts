import { inLanguage } from './language/chosen.ts'
import { programs as english } from './language/en/programs.ts'
import { programs as chinese } from './language/zh/programs.ts'

export const programWords = inLanguage(english, chinese)
