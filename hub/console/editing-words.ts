import { inLanguage } from './language/chosen.ts'
import { editing as english } from './language/en/editing.ts'
import { editing as chinese } from './language/zh/editing.ts'

export const editingWords = inLanguage(english, chinese)
