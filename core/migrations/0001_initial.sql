-- The vault's first schema. Values a finder must not read are SBX1 blobs; the rest is ids, hashes of ciphertext,
-- signed structures that travel in clear anyway, and scheduling. No capture time stands in clear.

CREATE TABLE epochs (
    epoch   INTEGER PRIMARY KEY,
    alias   TEXT NOT NULL UNIQUE,          -- name of the hardware key
    wrapped BLOB NOT NULL,                 -- root key, wrapped by the hardware key
    canary  BLOB NOT NULL                  -- SBX1 kind 7, opens only under the right root key
) STRICT;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL REFERENCES epochs,
    value BLOB NOT NULL                    -- SBX1 kind 9
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    n     INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL REFERENCES epochs,
    entry BLOB NOT NULL,                   -- SBX1 kind 8
    link  BLOB NOT NULL CHECK (length(link) = 32)
) STRICT;

CREATE TABLE shifts (
    ordinal  INTEGER PRIMARY KEY,
    shift_id BLOB NOT NULL UNIQUE CHECK (length(shift_id) = 16),
    epoch    INTEGER NOT NULL REFERENCES epochs,
    officer  BLOB NOT NULL,                -- SBX1 kind 9, object id = shift id
    first_n  INTEGER NOT NULL,             -- its "shift opened" entry
    last_n   INTEGER,                      -- its "shift closed" entry; NULL while it is open
    opening  BLOB,                         -- COSE, NULL until signed
    seal     BLOB                          -- COSE, NULL until signed
) STRICT;

CREATE TABLE cases (
    ordinal      INTEGER PRIMARY KEY,
    case_id      BLOB NOT NULL UNIQUE CHECK (length(case_id) = 16),
    shift_id     BLOB NOT NULL REFERENCES shifts (shift_id),
    epoch        INTEGER NOT NULL REFERENCES epochs,
    state        INTEGER NOT NULL,         -- see vault/cases.rs
    seq          INTEGER,                  -- number within the shift, once sealed
    wrapped_key  BLOB,                     -- SBX1 kind 7; NULL after the purge
    draft        BLOB,                     -- SBX1 kind 10; NULL once sealed
    payload      BLOB,                     -- manifest payload; NULL after the purge
    payload_hash BLOB,                     -- kept for the shift seal
    manifest     BLOB,                     -- COSE; NULL until signed and after the purge
    receipt      BLOB,                     -- COSE; part of the tombstone
    UNIQUE (shift_id, seq)
) STRICT;

CREATE TABLE objects (
    object_id  BLOB PRIMARY KEY CHECK (length(object_id) = 16),
    case_id    BLOB NOT NULL REFERENCES cases (case_id),
    ordinal    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    scope      INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    length     INTEGER NOT NULL,           -- of the sealed file
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    commitment BLOB NOT NULL CHECK (length(commitment) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX objects_by_case ON objects (case_id, ordinal);

CREATE TABLE events (
    event_id BLOB PRIMARY KEY CHECK (length(event_id) = 16),
    case_id  BLOB NOT NULL REFERENCES cases (case_id),
    payload  BLOB NOT NULL,
    signed   BLOB                          -- COSE; NULL until signed
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    kind       INTEGER NOT NULL,           -- see vault/outbox.rs
    target     BLOB NOT NULL,              -- id of the shift, case, object or event
    owner      BLOB NOT NULL,              -- id of the shift or case it belongs to
    rank       INTEGER NOT NULL,           -- order on the wire
    size       INTEGER NOT NULL,           -- bytes of its body
    state      INTEGER NOT NULL,           -- 0 blocked, 1 ready, 2 done, 3 quarantined
    attempts   INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0, -- unix ms
    upload     TEXT,                       -- announced upload, JSON
    reason     TEXT,                       -- why it is quarantined
    UNIQUE (kind, target)
) STRICT;
CREATE INDEX outbox_ready ON outbox (state, rank, id);
CREATE INDEX outbox_by_owner ON outbox (owner, kind);
