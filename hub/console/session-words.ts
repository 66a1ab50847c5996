import { inLanguage } from './language/chosen.ts'
import { door as english } from './language/en/door.ts'
import { door as chinese } from './language/zh/door.ts'

export const door = inLanguage(english, chinese)
