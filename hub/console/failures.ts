import { errors as english, type ErrorCode, type ErrorText } from '#protocol/errors.ts'
import { errorsInChinese } from '#protocol/errors.zh.ts'
import { language } from './language/chosen.ts'

const translated = (): Readonly<Record<ErrorCode, ErrorText>> =>
  Object.fromEntries(Object.entries(english).map(([code, text]) => [code, { ...text, ...errorsInChinese[code as ErrorCode] }])) as Record<ErrorCode, ErrorText>

/** The table of failures in the language that was chosen. */
export const errors: Readonly<Record<ErrorCode, ErrorText>> = language === 'zh' ? translated() : english
