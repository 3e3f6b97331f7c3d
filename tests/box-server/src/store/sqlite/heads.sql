-- How far the journal of each device has come, and what was told against it.

CREATE TABLE heads (
    device BLOB PRIMARY KEY REFERENCES devices (device),
    n INTEGER NOT NULL, -- the highest place of its journal that it has told
    link BLOB NOT NULL CHECK (length(link) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarms (
    id INTEGER PRIMARY KEY,
    device BLOB NOT NULL REFERENCES devices (device),
    at INTEGER NOT NULL, -- unix ms
    known_n INTEGER NOT NULL,
    known_link BLOB NOT NULL CHECK (length(known_link) = 32),
    told_n INTEGER NOT NULL,
    told_link BLOB NOT NULL CHECK (length(told_link) = 32),
    UNIQUE (device, told_n, told_link)
) STRICT;
