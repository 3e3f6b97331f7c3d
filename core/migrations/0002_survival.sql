-- Key epochs that follow each other, officers that can be stated anew under another key, documents that must be read
-- while no key is there, and indexes so that no call costs more because the queue is long.

CREATE TABLE epochs_next (
    epoch    INTEGER PRIMARY KEY,
    alias    TEXT UNIQUE,                  -- name of the hardware key; NULL while only the recovery keys hold the root
    state    INTEGER NOT NULL DEFAULT 1,   -- see vault/epochs.rs; what schema 1 had is the current one
    wrapped  BLOB,                         -- root key, wrapped by the hardware key; NULL before and after it is held
    canary   BLOB,                         -- SBX1 kind 7, opens only under the right root key
    recovery BLOB                          -- root key, wrapped to the recovery keys: CBOR array of wraps
) STRICT;
INSERT INTO epochs_next (epoch, alias, wrapped, canary) SELECT epoch, alias, wrapped, canary FROM epochs;
DROP TABLE epochs;
ALTER TABLE epochs_next RENAME TO epochs;

-- Journal entries outlive the epochs they were written in: their key is carried from root to root.
CREATE TABLE journal_keys (
    epoch      INTEGER NOT NULL REFERENCES epochs,  -- whose root seals it here
    generation INTEGER NOT NULL,                    -- the epoch in which it was made
    sealed     BLOB NOT NULL,                       -- SBX1 kind 7
    PRIMARY KEY (epoch, generation)
) STRICT, WITHOUT ROWID;
ALTER TABLE journal ADD COLUMN generation INTEGER;  -- NULL: sealed under the root itself, as schema 1 did

CREATE TABLE officers (
    shift_id BLOB NOT NULL REFERENCES shifts (shift_id),
    epoch    INTEGER NOT NULL REFERENCES epochs,
    officer  BLOB NOT NULL,                -- SBX1 kind 9, object id = shift id
    PRIMARY KEY (shift_id, epoch)
) STRICT, WITHOUT ROWID;
INSERT INTO officers (shift_id, epoch, officer) SELECT shift_id, epoch, officer FROM shifts;
ALTER TABLE shifts DROP COLUMN officer;
ALTER TABLE shifts ADD COLUMN salvaged INTEGER NOT NULL DEFAULT 0;  -- see vault/shifts.rs; what a salvage did not find

-- In clear: signed by the agency, or known to the box anyway.
CREATE TABLE documents (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE cases ADD COLUMN begun_n INTEGER;   -- its "case begun" entry
ALTER TABLE cases ADD COLUMN sealed_n INTEGER;  -- its "case sealed" entry

CREATE INDEX cases_by_state ON cases (state, ordinal);
CREATE INDEX cases_by_shift ON cases (shift_id, ordinal);
CREATE INDEX events_unsigned ON events (event_id) WHERE signed IS NULL;
CREATE INDEX events_by_case ON events (case_id);
CREATE INDEX shifts_open ON shifts (ordinal) WHERE last_n IS NULL;
CREATE INDEX shifts_unsealed ON shifts (ordinal) WHERE seal IS NULL;
CREATE INDEX outbox_due ON outbox (state, not_before);
