import { inLanguage } from './language/chosen.ts'
import { escrow as english } from './language/en/escrow.ts'
import { escrow as chinese } from './language/zh/escrow.ts'

export const escrowWords = inLanguage(english, chinese)
