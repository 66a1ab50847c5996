import { inLanguage } from './language/chosen.ts'
import { fleet as english } from './language/en/fleet.ts'
import { fleet as chinese } from './language/zh/fleet.ts'

export const fleetWords = inLanguage(english, chinese)
