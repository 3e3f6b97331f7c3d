-- The box's database. Signed bytes are stored as they came; every other column is read out of them for look-up.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    device BLOB PRIMARY KEY CHECK (length(device) = 16),
    key BLOB NOT NULL CHECK (length(key) = 65), -- SEC 1, uncompressed
    enrolled_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32), -- the token itself is not kept
    device BLOB NOT NULL REFERENCES devices (device),
    thumbprint TEXT NOT NULL, -- of the session key that must prove each request
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shifts (
    shift BLOB PRIMARY KEY CHECK (length(shift) = 16),
    device BLOB NOT NULL REFERENCES devices (device),
    opening BLOB NOT NULL,
    seal BLOB,
    seal_flag INTEGER NOT NULL DEFAULT 0 CHECK (seal_flag BETWEEN 0 AND 3) -- open, waiting, fits, contradicts
) STRICT, WITHOUT ROWID;

CREATE TABLE cases (
    log INTEGER PRIMARY KEY AUTOINCREMENT, -- order of arrival
    case_id BLOB NOT NULL UNIQUE CHECK (length(case_id) = 16),
    device BLOB NOT NULL REFERENCES devices (device),
    shift BLOB NOT NULL REFERENCES shifts (shift),
    seq INTEGER NOT NULL,
    sequence_flag INTEGER NOT NULL DEFAULT 0 CHECK (sequence_flag BETWEEN 0 AND 2), -- fits, gap before it, number taken
    manifest BLOB NOT NULL,
    receipt BLOB
) STRICT;
CREATE INDEX cases_of_shift ON cases (shift, seq);

CREATE TABLE objects (
    object BLOB PRIMARY KEY CHECK (length(object) = 16),
    case_id BLOB NOT NULL REFERENCES cases (case_id),
    position INTEGER NOT NULL, -- in the manifest
    length INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    stored INTEGER NOT NULL DEFAULT 0 CHECK (stored IN (0, 1)), -- verified, synced, under its final name
    UNIQUE (case_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    log INTEGER PRIMARY KEY AUTOINCREMENT,
    event BLOB NOT NULL UNIQUE CHECK (length(event) = 16),
    case_id BLOB NOT NULL REFERENCES cases (case_id),
    kind INTEGER NOT NULL,
    cose BLOB NOT NULL
) STRICT;
CREATE INDEX events_of_case ON events (case_id);
