/**
 * What a person agrees to before a face is kept. Another sentence is another version: consent is kept with both, and what somebody agreed to can be shown for
 * ever. Words of people for people; they are shown whole, with the button to refuse as large as the one to agree.
 */
export const CONSENT_VERSION = 1
export const consentLanguages = ['en', 'zh', 'ar'] as const
export type ConsentLanguage = (typeof consentLanguages)[number]

export const consentText: Readonly<Record<ConsentLanguage, readonly string[]>> = {
  en: [
    'You can pay here with your face if you want to. You never have to: a payment code or a card is always enough.',
    'We keep 128 numbers that are computed from your face, encrypted under a key of your own, together with your wallet. We keep no picture.',
    'They are used to recognise you when you press “Pay by smile”, in the shops of this merchant, and for nothing else. Nobody else gets them.',
    'They are deleted when you say so (two taps), and by themselves a year after you last used them. You can see every time they were used.',
  ],
  zh: [
    '如果您愿意，可以在这里刷脸付款。您随时可以不用：付款码或银行卡总是足够的。',
    '我们保存由您的面部计算出的 128 个数字，用只属于您的密钥加密，并与您的钱包关联。我们不保存任何照片。',
    '只有当您按下“微笑付款”时，它们才在本商户的门店里用来认出您，不作他用，也不提供给任何人。',
    '您点两下即可删除；最后一次使用满一年后会自动删除。您可以查看每一次使用记录。',
  ],
  ar: [
    'يمكنك الدفع هنا بوجهك إن أردت. لست مضطرًا أبدًا: رمز الدفع أو البطاقة يكفيان دائمًا.',
    'نحفظ 128 رقمًا محسوبة من وجهك، مشفّرة بمفتاح يخصك وحدك، مع محفظتك. لا نحفظ أي صورة.',
    'تُستخدم للتعرف عليك عندما تضغط «ادفع بابتسامة» في متاجر هذا التاجر، ولا شيء غير ذلك. لا يحصل عليها أحد آخر.',
    'تُحذف متى طلبت (نقرتان)، وتلقائيًا بعد سنة من آخر استخدام. يمكنك رؤية كل مرة استُخدمت فيها.',
  ],
}
