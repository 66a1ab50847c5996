/**
 * The same texts in another language: every key, and every plural of English in the forms that the other language has (CLDR plural rules).
 */
export type Texts<English, Forms extends string> = {
  readonly [Key in keyof English as Key extends `${infer Stem}_${'one' | 'other'}` ? `${Stem}_${Forms}` : Key]: English[Key] extends string
    ? string
    : Texts<English[Key], Forms>
}
