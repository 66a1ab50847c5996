import type { RiskRule } from '#protocol/risk/rules.ts'
import { inLanguage, language } from './language/chosen.ts'
import { riskModel as modelEnglish, riskRules as rulesEnglish } from './language/en/risk-rules.ts'
import { riskModel as modelChinese, riskRules as rulesChinese } from './language/zh/risk-rules.ts'

export const riskRuleWords = inLanguage(rulesEnglish, rulesChinese)
export const riskModelWords = inLanguage(modelEnglish, modelChinese)

/** What a rule says of itself, in the language of whoever looks. */
export const ruleSays = ({ says, saysZh }: Pick<RiskRule, 'says' | 'saysZh'>): string => (language === 'zh' ? (saysZh ?? says) : says)
