/**
 * Every expected failure, in one table: what the person at the till is told, and what to do next.
 * `tone` is how the screen shows it: `refused` (this payment does not go through), `attention` (somebody must act),
 * `note` (a calm fact).
 */
export type ErrorText = { readonly say: string; readonly next: string; readonly tone: 'refused' | 'attention' | 'note' }

const refused = (say: string, next: string): ErrorText => ({ say, next, tone: 'refused' })
const attention = (say: string, next: string): ErrorText => ({ say, next, tone: 'attention' })
const note = (say: string, next: string): ErrorText => ({ say, next, tone: 'note' })

export const errors = {
  // Payment codes
  'code.malformed': refused('This code cannot be read as a payment code.', 'Ask the customer to show the code again.'),
  'code.unknown_scheme': refused('This is a code of another wallet.', 'Ask for a Stillpoint wallet code or another way to pay.'),
  'code.unknown_issuer': refused('The issuer of this wallet is not known here.', 'Ask for another way to pay.'),
  'code.forged': refused('The signature of this code is not genuine.', 'Do not accept it. Ask for another way to pay.'),
  'code.credential_expired': refused('The wallet has been offline for too long.', 'Ask the customer to open the wallet with network, then try again.'),
  'code.expired': refused('This code is too old.', 'Ask the customer to show a fresh code.'),
  'code.from_the_future': refused('The clock of the phone or of this till is wrong.', 'Compare both clocks; ask for another way to pay.'),
  'code.replayed': refused('This code was used already.', 'Ask the customer to show a fresh code.'),
  'code.wrong_currency': refused('This wallet pays in another currency.', 'Ask for another way to pay.'),
  'code.over_credential_limit': refused('The amount is above what this wallet may spend offline.', 'Ask for another way to pay.'),
  'code.bound_required': refused(
    'Above this amount the phone must confirm the exact sum.',
    'Let the customer scan the QR code on the display, then scan the phone.',
  ),
  'code.wrong_request': refused('The phone confirmed another payment, not this one.', 'Let the customer scan the QR code on the display again.'),
  // Offline policy
  'policy.payment_cap': refused('Too high an amount while this till is offline.', 'Split the payment, take another way to pay, or wait for the network.'),
  'policy.instrument_cap': refused('This wallet has reached its limit while this till is offline.', 'Ask for another way to pay, or wait for the network.'),
  'policy.till_cap': refused('This till has reached its limit for payments while offline.', 'Take cash or use another till until the network is back.'),
  'policy.too_long_offline': refused('This till has been offline for too long to accept this.', 'Take cash until the network is back.'),
  'policy.stale': refused('This till has no valid rules for payments while offline.', 'Take cash until the network is back.'),
  'policy.clock_doubtful': refused('The clock of this till is in doubt.', 'Take cash until the network is back; it sets the clock.'),
  'policy.wrong_currency': refused('This till does not take that currency.', 'Ask for another way to pay.'),
  // Decisions of the hub
  'hub.insufficient_funds': refused('The wallet has not enough money.', 'Ask for another way to pay.'),
  'hub.unknown_wallet': refused('The hub does not know this wallet.', 'Ask for another way to pay.'),
  'hub.duplicate_code': refused('This code paid somewhere else already.', 'Ask the customer to show a fresh code.'),
  'hub.refused': refused('The payment was refused.', 'Ask for another way to pay.'),
  // Sale
  'sale.unknown_product': note('Not in the catalogue.', 'Look the product up by name, or set it aside.'),
  'sale.empty': note('The basket is empty.', 'Scan a product first.'),
  'sale.nothing_to_pay': note('There is nothing to pay.', 'Scan a product that has a price.'),
  'sale.already_paying': note('A payment is under way.', 'Finish or cancel the payment first.'),
  'sale.not_paying': note('This looks like a payment code, but no payment is open.', 'Press “Take payment”, then scan it again.'),
  'sale.payment_in_flight': note('The hub is being asked about this payment.', 'Wait a moment.'),
  'sale.unknown_line': note('That line is not in the basket any more.', 'Look at the basket.'),
  'sale.limit': note('The basket is full.', 'Finish this sale and start another one.'),
  'sale.weigh_first': note('A product is being weighed.', 'Take its weight or cancel it first.'),
  'sale.weight_taken': note('This weight is in the basket already.', 'Take the goods off the scale, then put on the next ones.'),
  'sale.bad_label': note('The price or weight on this label cannot be right.', 'Weigh the product, or type its number.'),
  'sale.price_fixed': note('The price of this product is fixed.', 'Take something off instead, if you may.'),
  'sale.price_first': note('A product in the basket has no price yet.', 'Say what it costs first.'),
  'sale.unknown_coupon': note('This coupon does not count here, or not today.', 'Look at what is printed on it.'),
  'sale.too_many_parked': note('Too many sales are put aside.', 'Take one back and finish it first.'),
  'sale.not_parked': note('That sale is not put aside any more.', 'Look at the list of parked sales.'),
  'sale.cash_too_little': note('This is less than there is to pay.', 'Type what the customer gave.'),
  'sale.voided': note('The sale was undone at the till.', 'Nothing to do.'),
  'sale.unknown_receipt': note('This till knows no sale with that receipt number.', 'Check the number on the receipt.'),
  'sale.receipt_scanned': note('This is the number of a receipt.', 'Open “Sales” to give money back for it.'),
  // Refunds and voids
  'refund.exceeds_captured': refused('More would be given back than was paid.', 'Look at what was refunded already.'),
  'refund.not_captured': refused('This payment cannot be refunded.', 'Look at the payment’s history.'),
  'refund.unknown_receipt': refused('The hub knows no payment with that receipt number.', 'Check the number on the receipt.'),
  'refund.ambiguous_receipt': refused(
    'Several sales have that receipt number, so nobody can tell whose money it is.',
    'Refund it at the till that sold it, or look for the payment in the console.',
  ),
  'refund.needs_hub': note('Only the till that took this payment can refund it while offline.', 'The request goes to the hub when the network is back.'),
  'refund.paid_in_cash': refused(
    'This was paid in cash, which only the till that took it gives back.',
    'Go to that till. If it asks the hub as well, take the cash out of the drawer and say why.',
  ),
  'refund.wrong_currency': refused('That payment was made in another currency.', 'Check the receipt.'),
  'payment.late_decline': attention('Captured by the till, but the wallet had no money.', 'The hub tries again; see the list of payments at risk.'),
  'payment.hold_expired': attention(
    'A till asked for this money, never said how the payment ended, and the hold was given back.',
    'Look for that till: if it approved the payment, its journal still has the claim.',
  ),
  'payment.given_up': attention('No further attempt will be made to collect this payment.', 'Recover it from the customer, or write it off.'),
  'payment.unknown': note('There is no such payment.', 'Look at the list again.'),
  'payment.unresolved': attention('It is not known whether this payment went through.', 'Wait: the till is asking the hub. Do not charge again.'),
  'payment.undone': refused('The hub did not answer, so this payment was undone.', 'Take the payment again, or ask for another way to pay.'),
  // Gates: what must not be done while money would be lost
  'gate.open_payment': attention('A payment is not finished.', 'Finish or cancel it first.'),
  'gate.outbox': attention('Payments on this till are not safe at the hub yet.', 'Sync now, or export them first.'),
  'gate.open_basket': note('There are products in the basket.', 'Finish or clear the sale first.'),
  'gate.parked_sale': note('A sale is put aside.', 'Take it back, then finish or clear it.'),
  'gate.open_refund': attention('A refund has not been answered by the hub yet.', 'Sync now, or export the journal first.'),
  'shift.already_open': note('The shift is open already.', 'Close it first, or put cash in or take it out.'),
  'shift.count_again': note('Cash has moved since it was counted.', 'Count the drawer again.'),
  'till.signed_out': note('Nobody is signed in at this till.', 'Sign in to sell.'),
  // Staff
  'staff.wrong_pin': note('That PIN is not right.', 'Try again.'),
  'staff.locked_out': attention('Too many wrong PINs.', 'Wait until the time is over, or scan a badge.'),
  'staff.unknown': attention('Somebody is named who is not on the staff list.', 'Look at the staff list.'),
  'staff.needs_role': note('This is for somebody with another role.', 'Ask a colleague who may do it for their PIN or badge.'),
  'staff.nothing_asked': note('Nothing waits to be allowed any more.', 'Do it again, then ask again.'),
  'staff.not_allowed': attention('Somebody did at a till what their role does not allow.', 'Look at the till and at the staff list.'),
  'till.training': note('This till is in training mode.', 'End the training first.'),
  // Devices
  'device.absent': attention('The device is not connected.', 'Check its plug and power.'),
  'device.timeout': attention('The device does not answer.', 'Check its plug and power.'),
  'device.unknown_result': attention('It is not known whether the receipt was printed.', 'Look at the printer; print a copy if there is none.'),
  'device.unknown_order': attention('It is not known whether the device did that.', 'Look at it. If it did not, press again.'),
  'device.paper_out': attention('The printer has no paper.', 'Put in a new roll.'),
  'device.cover_open': attention('The printer is open.', 'Close its cover.'),
  'device.fault': attention('The device reports a fault.', 'Switch it off and on again. If it stays, call support.'),
  'device.busy': note('The device is busy with what came before.', 'Wait a moment, then try again.'),
  'device.unsupported': note('This device cannot do that.', 'Nothing to do.'),
  'device.no_permission': attention('This till may not open the device.', 'Call support: the system must give it access.'),
  'device.in_use': attention('Another program is using the device.', 'Close the other program.'),
  'device.flooding': attention('The device sends without end.', 'Unplug it and plug it in again. If it stays, call support.'),
  'device.card_unreadable': note('The card could not be read.', 'Swipe it again, at a steady speed.'),
  'device.card_unencrypted': attention('This reader gives card numbers away unencrypted.', 'Use it for test cards only.'),
  'device.card_not_taken': note('Cards are read here, but not taken yet.', 'Ask for a wallet code.'),
  'device.scale_unstable': note('The scale is still moving.', 'Wait until it rests.'),
  'device.scale_zero': note('Nothing lies on the scale.', 'Put the goods on the scale.'),
  'device.scale_over': attention('Too much lies on the scale.', 'Take something off.'),
  'device.scale_under': attention('The scale shows less than zero.', 'Empty the scale and press “Zero”.'),
  'device.scale_unit': attention('The scale weighs in another unit than this product is sold by.', 'Call support.'),
  'device.bad_config': attention('The settings of the devices cannot be used.', 'Call support; the log names the field that is wrong.'),
  'device.garbage': note('The scanner sent something unreadable.', 'Scan again.'),
  // The till itself
  'till.disk_full': attention('This till cannot record payments: its disk is full.', 'Free space on the disk. Until then nothing can be sold here.'),
  'till.disk_nearly_full': attention('The disk of this till is nearly full.', 'Free space on the disk. No new payment is begun until then.'),
  'till.newer_journal': attention('This till’s data was written by a newer version of the program.', 'Install that version again; the data was left as it is.'),
  'till.journal_salvaged': attention(
    'Part of this till’s journal was damaged. What could be read goes to the hub under a new number.',
    'Call support; the damaged file was kept.',
  ),
  'till.restored': attention('This till’s data was restored from a backup. It goes on under a new number.', 'Call support if nobody restored it.'),
  'till.backlog_old': attention('Payments have been waiting on this till for a long time.', 'Check the network, press “Sync now”, or export the journal.'),
  'till.no_export_key': attention('This till has no key of the hub to seal an export with.', 'Connect it to the hub once, then export again.'),
  'till.journal_corrupt': attention(
    'The journal of this till is damaged.',
    'Call support. The damaged file was kept; nothing can be sold here until it is checked.',
  ),
  'till.busy': attention('Another program is using the data of this till.', 'Close the other program, or start with another --data folder.'),
  'till.not_enrolled': attention('This till is not known to a hub yet.', 'Enter the one-time code from the hub’s console.'),
  'till.core_restarting': attention('The till is restarting itself.', 'Wait a moment; the basket is safe.'),
  'till.input_discarded': note('The till was held up for a moment. What was pressed meanwhile was not done.', 'Look at the screen, then do it again.'),
  // Link and wire
  'wire.malformed': attention('A message could not be read.', 'Nothing was lost. If this repeats, call support.'),
  'wire.bad_signature': attention(
    'A message claims to come from the hub but its signature is wrong. It was ignored.',
    'If this repeats, call support: somebody may be interfering with the network.',
  ),
  'wire.wrong_till': attention('A message for another till arrived here. It was ignored.', 'If this repeats, call support.'),
  'wire.version': attention('The hub speaks another version.', 'Update this till.'),
  'wire.lower_version': attention('The hub sent older rules than this till has. They were ignored.', 'If this repeats, call support.'),
  'wire.no_answer': note('The hub did not answer in time.', 'Nothing to do: the payment goes on under the offline rules.'),
  // Hub: enrolment and custody
  'enrol.bad_code': attention('The one-time code is wrong, used up or expired.', 'Get a new one from the hub’s console.'),
  'enrol.no_hub': attention('The hub could not be reached.', 'Check its address and the network, then try again.'),
  'custody.bad_signature': attention('A batch is not signed by its till.', 'Check the till: it may have been tampered with.'),
  'custody.revoked': attention('A till whose key was revoked sends entries.', 'Somebody uses a lost or stolen till: find it.'),
  'custody.unknown_till': attention('An unknown till sends entries.', 'Enrol it, or find out what it is.'),
  'custody.gap': note('Entries are missing; the till is asked to send them again.', 'Nothing to do.'),
  'custody.lost': attention(
    'Entries are lost: a till and its hub were both restored from older copies.',
    'Compare the till’s receipts of that time with its payments here.',
  ),
  'custody.fork': attention('A till sent two different entries under one number.', 'Take the till out of service and compare its journal.'),
  'custody.rollback': attention('A till’s journal went back in time.', 'Take the till out of service; it was restored without a new epoch.'),
  'entry.malformed': attention('An entry cannot be read.', 'Look at the entry; the rest of the journal goes on.'),
  'entry.conflict': attention('Two different payments carry one id.', 'Look at both; only the first one counts.'),
  'entry.illegal_transition': attention('An entry does not follow from the state of its payment.', 'Look at the payment’s history.'),
  'entry.unknown_incident': attention('A till reports something that this hub has no words for.', 'Read the detail; update the hub.'),
  'entry.backdated': attention('An entry says that it is older than it can be.', 'Look at the till: its clock is wrong, or somebody tampers with it.'),
  'entry.postdated': attention('An entry is dated in the future.', 'Look at the till’s clock.'),
  'journal.malformed': attention('This is not a journal export, or it is damaged.', 'Export it again from the till.'),
  'journal.wrong_key': attention('This export is not sealed for this hub.', 'Import it at the hub that the till belongs to.'),
  'entry.currency_mismatch': attention('The entry’s currency differs from its payment’s.', 'Look at the payment’s history.'),
  'entry.amount_mismatch': attention('The amounts of an entry do not add up.', 'Look at the sale’s history and compare it with its receipt.'),
  // Ledger
  'ledger.exceeds_credits': refused('The account has not enough money.', 'Ask for another way to pay.'),
  'ledger.conflict': attention('A posting with this id exists with other contents.', 'Look at both postings.'),
  'ledger.not_pending': attention('The hold is already posted, voided or expired.', 'Look at the hold’s history.'),
  'ledger.unknown_account': attention('An account of this posting does not exist.', 'Look at the posting.'),
  'ledger.exceeds_pending': attention('More is captured than was held.', 'Look at the hold.'),
  'ledger.currency_mismatch': attention('The accounts of a posting have different currencies.', 'Look at the posting.'),
} as const satisfies Record<string, ErrorText>

export type ErrorCode = keyof typeof errors

/** The sentences in another language (`errors.zh.ts`, `errors.ar.ts`): a code that has none there does not compile. How each is shown stays with this table. */
export type TranslatedErrors = Readonly<Record<ErrorCode, Pick<ErrorText, 'say' | 'next'>>>

export const errorCodes = Object.keys(errors) as readonly ErrorCode[]

/** The code itself, or for one that a later version has added the closest thing that can be said about it here. */
export const knownError = (text: string, otherwise: ErrorCode): ErrorCode => (isErrorCode(text) ? text : otherwise)

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errors, text)
