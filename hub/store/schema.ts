/**
 * The SQLite schema, one step for each `user_version`. A step is never edited once it was released: change means another step.
 * Columns are named as the fields of `hub-store.ts`. Amounts and totals are minor units; times are milliseconds since 1970.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE standing (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    hubEpoch INTEGER NOT NULL,
    settledSeq INTEGER NOT NULL
  ) STRICT;
  INSERT INTO standing VALUES (1, 1, 0);

  CREATE TABLE tills (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    registeredAt INTEGER NOT NULL,
    codeHash TEXT,
    codeExpiresAt INTEGER,
    publicKey TEXT,
    passwordHash TEXT,
    enrolledAt INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE heads (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hash BLOB NOT NULL,
    seq INTEGER NOT NULL,
    receivedAt INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    till TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    receivedAt INTEGER NOT NULL,
    UNIQUE (till, epoch, n)
  ) STRICT;

  CREATE TABLE accounts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    label TEXT NOT NULL,
    currency TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
    rule TEXT NOT NULL CHECK (rule IN ('none', 'debits_must_not_exceed_credits')),
    debitsPosted INTEGER NOT NULL CHECK (debitsPosted >= 0),
    creditsPosted INTEGER NOT NULL CHECK (creditsPosted >= 0),
    debitsPending INTEGER NOT NULL CHECK (debitsPending >= 0),
    creditsPending INTEGER NOT NULL CHECK (creditsPending >= 0),
    CHECK (rule = 'none' OR debitsPosted + debitsPending <= creditsPosted)
  ) STRICT;

  CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('single', 'pending', 'post', 'void', 'expire')),
    debit TEXT NOT NULL REFERENCES accounts (id),
    credit TEXT NOT NULL REFERENCES accounts (id),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    status TEXT CHECK (status IN ('open', 'posted', 'voided', 'expired')),
    expiresAt INTEGER,
    pendingId TEXT REFERENCES transfers (id),
    payment TEXT,
    at INTEGER NOT NULL,
    CHECK ((kind = 'pending') = (status IS NOT NULL)),
    CHECK ((kind IN ('post', 'void', 'expire')) = (pendingId IS NOT NULL))
  ) STRICT;
  CREATE INDEX transfersOpen ON transfers (expiresAt) WHERE status = 'open';

  CREATE TABLE wallets (
    id TEXT PRIMARY KEY,
    publicKey TEXT NOT NULL,
    currency TEXT NOT NULL,
    account TEXT NOT NULL UNIQUE REFERENCES accounts (id),
    createdAt INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE payments (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    till TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    intended TEXT NOT NULL,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    saleId TEXT NOT NULL,
    amountMinor INTEGER NOT NULL CHECK (amountMinor >= 0),
    currency TEXT NOT NULL,
    wallet TEXT,
    profile TEXT,
    state TEXT NOT NULL,
    decidedBy TEXT,
    verdict TEXT,
    decision BLOB,
    funds TEXT NOT NULL CHECK (funds IN ('none', 'held', 'posted', 'released', 'expired')),
    receiptNumber TEXT,
    settledAt INTEGER,
    exception TEXT
  ) STRICT;
  CREATE INDEX paymentsUndecided ON payments (till) WHERE state = 'INTENDED';
  CREATE INDEX paymentsWallet ON payments (wallet) WHERE wallet IS NOT NULL;

  CREATE TABLE codes (
    id TEXT PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payments (id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE links (
    payment TEXT NOT NULL REFERENCES payments (id),
    seq INTEGER NOT NULL REFERENCES entries (seq),
    PRIMARY KEY (payment, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE exceptions (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    till TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    code TEXT NOT NULL,
    detail TEXT,
    paymentId TEXT,
    UNIQUE (till, epoch, n, code)
  ) STRICT;
  `,

  // What becomes of a payment after its capture. Captured without money had no name before: a person has to look.
  `
  ALTER TABLE payments ADD COLUMN capturedMinor INTEGER NOT NULL DEFAULT 0 CHECK (capturedMinor >= 0);
  ALTER TABLE payments ADD COLUMN refundedMinor INTEGER NOT NULL DEFAULT 0 CHECK (refundedMinor BETWEEN 0 AND capturedMinor);
  ALTER TABLE payments ADD COLUMN unpaidSince INTEGER;
  ALTER TABLE payments ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE payments ADD COLUMN nextAttemptAt INTEGER;
  UPDATE payments SET capturedMinor = amountMinor WHERE state = 'CAPTURED';
  UPDATE payments SET state = 'RECOVERY', unpaidSince = at WHERE state = 'CAPTURED' AND funds <> 'posted';
  UPDATE payments SET state = 'EXPIRED' WHERE state IN ('INTENDED', 'HELD', 'ACCEPTED_OFFLINE') AND funds = 'expired';
  DROP INDEX paymentsUndecided;
  CREATE INDEX paymentsUndecided ON payments (till) WHERE state IN ('INTENDED', 'UNKNOWN');
  CREATE INDEX paymentsReceipt ON payments (receiptNumber) WHERE receiptNumber IS NOT NULL;
  CREATE INDEX paymentsAtRisk ON payments (unpaidSince) WHERE state IN ('RETRY', 'RECOVERY');
  CREATE INDEX paymentsRetry ON payments (nextAttemptAt) WHERE state = 'RETRY';

  CREATE TABLE refunds (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    till TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    payment TEXT REFERENCES payments (id),
    amountMinor INTEGER NOT NULL CHECK (amountMinor > 0),
    currency TEXT NOT NULL,
    verdict TEXT NOT NULL,
    requested TEXT,
    decision BLOB,
    answeredAt INTEGER
  ) STRICT;
  CREATE INDEX refundsPayment ON refunds (payment) WHERE payment IS NOT NULL;
  CREATE INDEX refundsOpen ON refunds (till) WHERE decision IS NOT NULL AND answeredAt IS NULL;

  CREATE TABLE steps (
    seq INTEGER PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payments (id),
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail TEXT
  ) STRICT;
  CREATE INDEX stepsPayment ON steps (payment);

  CREATE TABLE salvaged (id TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE shifts (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    payments INTEGER NOT NULL,
    capturedMinor INTEGER NOT NULL,
    refunds INTEGER NOT NULL,
    refundedMinor INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,

  // Custody keeps batches as they came. Entries from before have no batch any more: each becomes a segment without a signature.
  `
  CREATE TABLE segments (
    seq INTEGER PRIMARY KEY,
    count INTEGER NOT NULL CHECK (count > 0),
    till TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    head BLOB NOT NULL CHECK (length(head) = 32),
    receivedAt INTEGER NOT NULL,
    floorAt INTEGER,
    known INTEGER NOT NULL,
    signed INTEGER NOT NULL CHECK (signed IN (0, 1)),
    bytes BLOB NOT NULL,
    UNIQUE (till, epoch, n)
  ) STRICT;
  CREATE INDEX segmentsOfTill ON segments (till, epoch, seq);
  INSERT INTO segments SELECT seq, 1, till, epoch, n, hash, receivedAt, NULL, 0, 0, bytes FROM entries ORDER BY seq;

  CREATE TABLE linksToSegments (
    payment TEXT NOT NULL REFERENCES payments (id),
    seq INTEGER NOT NULL,
    PRIMARY KEY (payment, seq)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO linksToSegments SELECT payment, seq FROM links;
  DROP TABLE links;
  ALTER TABLE linksToSegments RENAME TO links;
  DROP TABLE entries;

  ALTER TABLE tills ADD COLUMN revokedAt INTEGER;
  ALTER TABLE heads ADD COLUMN floorAt INTEGER;
  ALTER TABLE heads ADD COLUMN acks TEXT NOT NULL DEFAULT '[]';
  `,

  // Gift cards and store credit.
  `
  CREATE TABLE credits (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    till TEXT NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    amountMinor INTEGER NOT NULL CHECK (amountMinor > 0),
    currency TEXT NOT NULL,
    seal TEXT NOT NULL,
    backing TEXT NOT NULL,
    fundedAt INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX creditsWaiting ON credits (at) WHERE fundedAt IS NULL;
  CREATE TABLE creditDays (id TEXT PRIMARY KEY, version INTEGER NOT NULL, issuedMinor INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,

  // Payments by card: what the acquirer has said, and what it has yet to be asked.
  `
  CREATE TABLE cards (
    id TEXT PRIMARY KEY REFERENCES payments (id),
    version INTEGER NOT NULL,
    dueAt INTEGER,
    reversingSince INTEGER,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cardsDue ON cards (dueAt) WHERE dueAt IS NOT NULL;
  CREATE INDEX cardsReversing ON cards (reversingSince) WHERE reversingSince IS NOT NULL;
  CREATE TABLE counters (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,

  // Goods that come back.
  `
  ALTER TABLE refunds ADD COLUMN paidAs TEXT;
  ALTER TABLE refunds ADD COLUMN returnId TEXT;
  CREATE TABLE returns (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    till TEXT NOT NULL,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    receipt TEXT,
    staff TEXT,
    paidMinor INTEGER NOT NULL,
    paidAs TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX returnsWithoutReceipt ON returns (at) WHERE receipt IS NULL;
  `,

  // What wallets may spend without the hub, and with which phones.
  `
  CREATE TABLE lendings (id TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,

  // Which payments were for a piece with a serial number, or from a batch.
  `
  CREATE TABLE numbers (
    number TEXT NOT NULL,
    seq INTEGER NOT NULL,
    payment TEXT NOT NULL REFERENCES payments (id),
    PRIMARY KEY (number, seq, payment)
  ) STRICT, WITHOUT ROWID;
  `,

  // Receipts that customers want sent.
  `
  CREATE TABLE sendings (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    till TEXT NOT NULL,
    at INTEGER NOT NULL,
    receiptNumber TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    changedAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sendingsUnderWay ON sendings (state) WHERE state IN ('waiting', 'handing');
  `,

  // What is beside money and journals: who may use the API, what it answered, what has to be told to whom.
  `
  CREATE TABLE documents (id TEXT PRIMARY KEY, version INTEGER NOT NULL, dueAt INTEGER, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX documentsDue ON documents (dueAt) WHERE dueAt IS NOT NULL;
  `,

  // Which settlement window counts a posting, and what the merchant paid for it.
  `
  ALTER TABLE transfers ADD COLUMN window INTEGER;
  ALTER TABLE transfers ADD COLUMN feeMinor INTEGER;
  ALTER TABLE transfers ADD COLUMN taxMinor INTEGER;
  CREATE INDEX transfersWindow ON transfers (window) WHERE window IS NOT NULL;
  `,

  // A phone that pays here uses its code up before any till has spoken of the payment.
  `
  ALTER TABLE codes RENAME TO codesOfPayments;
  CREATE TABLE codes (id TEXT PRIMARY KEY, payment TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO codes (id, payment) SELECT id, payment FROM codesOfPayments;
  DROP TABLE codesOfPayments;
  `,

  // What was thought of each payment, and how its features came about.
  `
  CREATE TABLE riskLog (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  ALTER TABLE payments ADD COLUMN risk TEXT;
  ALTER TABLE payments ADD COLUMN riskSeq INTEGER;
  `,
]
